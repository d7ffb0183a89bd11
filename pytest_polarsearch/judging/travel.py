"""Whole judgements as builtin types, to travel between processes of a run. What reports need is `Judgement.plain`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from ..exchange import Exchange
from ..words import plain_text, text_of
from .verdicts import LISTS, TEXTS, Judgement, Verdict

Json = Any

#: Fields that hold exchanges.
EXCHANGES = ("exchanges", "story", "own")


def packed(judged: Judgement) -> dict[str, Json]:
    """The judgement in builtin types, exchanges with their bytes too."""
    texts = {name: plain_text(getattr(judged, name)) for name in TEXTS}
    bare = replace(judged, why="", looked_at="", expected="", actual="", notes=(), left=())
    lists = {name: [*map(plain_text, getattr(judged, name))] for name in LISTS}
    return {**asdict(bare), **texts, **lists, "verdict": judged.verdict.value}


def unpacked(row: Mapping[str, Json]) -> Judgement:
    """The judgement that `packed` took apart."""
    exchanges = {name: tuple(Exchange(**one) for one in row[name]) for name in EXCHANGES}
    texts: dict[str, Json] = {name: text_of(row[name]) for name in TEXTS}
    texts.update({name: tuple(map(text_of, row[name])) for name in LISTS})
    return Judgement(**{**row, **exchanges, **texts, "verdict": Verdict(row["verdict"])})
