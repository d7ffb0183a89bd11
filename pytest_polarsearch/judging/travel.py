"""Whole judgements as builtin types, to travel between processes of a run. What reports need is `Judgement.plain`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..exchange import Exchange
from .verdicts import Judgement, Verdict

Json = Any

#: Fields that hold exchanges.
EXCHANGES = ("exchanges", "story", "own")


def packed(judged: Judgement) -> dict[str, Json]:
    """The judgement in builtin types, exchanges with their bytes too."""
    return {**asdict(judged), "verdict": judged.verdict.value}


def unpacked(row: Mapping[str, Json]) -> Judgement:
    """The judgement that `packed` took apart."""
    exchanges = {name: tuple(Exchange(**one) for one in row[name]) for name in EXCHANGES}
    return Judgement(**{**row, **exchanges, "verdict": Verdict(row["verdict"])})
