"""`requirements`: print what is judged."""

from __future__ import annotations

import argparse
import json

from .common import OK, say


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    parser.add_argument("--format", choices=("md", "json"), default="md")
    parser.add_argument("--lang", choices=("en", "zh"), default="en")
    parser.set_defaults(run=_requirements)


def _requirements(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from ..requirements.registry import load

    rows = load().values()
    if options.format == "json":
        say(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
        return OK
    say("| id | level | requirement | provenance |\n| --- | --- | --- | --- |")
    for row in rows:
        say(f"| `{row.id}` | {row.level} | {row.sentence(options.lang)} | {row.provenance}: {row.source} |")
    return OK
