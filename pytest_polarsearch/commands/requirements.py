"""`requirements`: print what is judged: the registry, a frozen set, or what a run with these options would judge."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..settings import Settings
from ..words import WORDS
from .common import OK, say, settings_of, take_options

if TYPE_CHECKING:
    from ..requirements.registry import Requirement

#: Options of a run that decide what it can judge.
DECISIVE = ("host", "endpoint", "advertise", "allow-settings", "engine", "nodes", "profile", "lang")


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    parser.add_argument("--format", choices=("md", "json"), default="md")
    parser.add_argument(
        "--set", dest="polarsearch_requirements", metavar="SET", help="only what this frozen set scores"
    )
    parser.add_argument(
        "--list",
        action="store_true",
        help="what a run with the options below would judge; nothing is asked of a target",
    )
    take_options(parser, DECISIVE)
    parser.set_defaults(run=_requirements)


def _requirements(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    return _list(settings, options.format) if options.list else _print(settings, options.format)


def _print(settings: Settings, form: str) -> int:
    from dataclasses import asdict

    rows, lang = _chosen(settings), settings["lang"]
    if form == "json":
        say(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
        return OK
    columns = ("id", "level", "requirement", "provenance", WORDS[lang]["loss"])
    _say_table(columns, ((f"`{row.id}`", row.level, row.sentence(lang), _said_by(row), row.loss(lang)) for row in rows))
    return OK


def _said_by(row: Requirement) -> str:
    return f"{row.provenance}: {row.source}"


def _chosen(settings: Settings) -> list[Requirement]:
    """The whole registry, or what the named set scores."""
    from ..requirements.registry import load
    from ..requirements.sets import golden

    rows = load()
    return [rows[one] for one in rows if one in golden(settings["requirements"])] if settings.given("requirements") \
        else list(rows.values())  # fmt: skip


def _list(settings: Settings, form: str) -> int:
    from ..requirements.plan import planned

    plan = list(planned(settings))
    if form == "json":
        say(json.dumps([one._asdict() for one in plan], ensure_ascii=False, indent=1))
        return OK
    _say_table(("id", "level", "needs", "state", "why"), plan)
    return OK


def _say_table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    titles = list(head)
    for cells in (titles, ["---"] * len(titles), *rows):
        say(f"| {' | '.join(', '.join(one) if isinstance(one, tuple) else str(one) for one in cells)} |")
