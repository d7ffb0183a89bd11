"""`deviations init`: write a first ledger of what a target does otherwise."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..judging.honesty import SUBJECT
from ..userfile import make_folder
from ..words import said, spoken
from .check import check
from .common import FINDINGS, OK, language, say, wrong


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    init = actions.add_parser("init", help="run the suite, and declare in FILE what fails")
    init.add_argument("file", metavar="FILE", help="the ledger to write; it must not exist")
    init.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="arguments of the run, as for `check`")
    init.set_defaults(run=_init_deviations)


class _Reds:
    """What failed in a run of pytest: ids that a ledger may declare, and all else; and how much was judged."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.others: list[str] = []
        self.judged = 0

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep what is red."""
        row = getattr(report, "polarsearch", None)
        self.judged += bool(row)
        if row and row["verdict"] in ("fail", "not-observed") and not row["id"].startswith(f"{SUBJECT}."):
            self.ids.append(row["id"])
        elif report.failed:
            self.others.append(report.nodeid)


def _init_deviations(options: argparse.Namespace) -> int:
    path, reds = Path(options.file), _Reds()
    if path.exists():
        return wrong(spoken(said("usage.ledger-there", path=str(path)), language(options)))
    make_folder(path, "deviations init")  # before the run: afterwards what it found would be lost
    status = check(options.arguments, reds)
    if status not in (OK, FINDINGS):
        return status
    if not reds.judged:
        return wrong(spoken(said("usage.ledger-of-nothing", path=str(path)), language(options)))
    return _write_ledger(path, reds)


def _write_ledger(path: Path, reds: _Reds) -> int:
    from datetime import datetime, timezone

    from ..judging.deviations import first_ledger
    from ..requirements.registry import load

    try:
        path.write_text(first_ledger(reds.ids, load().get, datetime.now(timezone.utc).date()), encoding="utf-8")
    except OSError as error:
        return wrong(f"{path} cannot be written: {error.strerror}")
    say(f"wrote {len(reds.ids)} deviations to {path}")
    for node in reds.others:
        say(f"no ledger excuses {node}")
    return FINDINGS if reds.others else OK
