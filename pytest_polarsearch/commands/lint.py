"""`lint`: judge recipes before anything is sent. Exit status 1 on findings, 2 on input that cannot be read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..recipes.lint import Finding, lint, rules
from ..recipes.sarif import sarif
from .common import FINDINGS, OK, say

UNREADABLE = 2


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="JSON bodies, or text with curl or Dashboards requests"
    )
    parser.add_argument("--format", choices=("text", "sarif"), default="text")
    parser.add_argument("--lang", choices=("en", "zh"), default="en")
    parser.add_argument("--ignore", metavar="RULE", action="append", default=[], choices=sorted(rules()))
    parser.set_defaults(run=_lint)


def _lint(options: argparse.Namespace) -> int:
    found: dict[str, list[tuple[int, int, Finding]]] = {}
    unreadable = False
    for file in options.files:
        try:
            text = Path(file).read_text(encoding="utf-8")
            some = [one for one in lint(text) if one.rule not in options.ignore]
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{file}: cannot be judged: {error}\n")
            unreadable = True
            continue
        found[file] = [(*_place(text, one.offset), one) for one in some]
    _tell(found, options)
    return UNREADABLE if unreadable else FINDINGS if any(found.values()) else OK


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _tell(found: dict[str, list[tuple[int, int, Finding]]], options: argparse.Namespace) -> None:
    if options.format == "sarif":
        say(sarif(found, options.lang))
        return
    for line in _lines(found, options.lang):
        say(line)


def _lines(found: dict[str, list[tuple[int, int, Finding]]], lang: str) -> Sequence[str]:
    told: list[str] = []
    for file, some in found.items():
        for line, column, finding in some:
            wrong, fix = finding.said(lang)
            told += [f"{file}:{line}:{column}: {finding.rule} {wrong}", f"    {fix}"]
    return told
