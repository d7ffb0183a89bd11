"""`selftest`: prove that each check turns red under its faults and no other."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..userfile import make_folder
from ..words import said
from .common import FINDINGS, OK, say, settings_of, take_options, wrong

#: Options of a run that say what it is judged on.
TARGET = (
    "host",
    "endpoint",
    "advertise",
    "profile",
    "ca",
    "insecure",
    "allow-settings",
    "budget",
    "rate",
    "timeout",
    "journal",
    "engine",
    "nodes",
)


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="only these, such as mlcommons.tensor-lost")
    parser.add_argument("--matrix", metavar="FILE", help="write the kill matrix there, as Markdown")
    take_options(parser, TARGET)
    parser.set_defaults(run=_selftest)


def _selftest(options: argparse.Namespace) -> int:
    from polarsearch_mock.faults import UnknownFault

    from ..client import NoAnswer
    from ..preflight import TargetUnusable
    from ..provision.cluster_settings import SettingsRefused
    from ..selftest import KillMatrix, kill_matrix
    from ..selftest.stage import redacting

    def tell(fault: str, matrix: KillMatrix) -> None:
        say(f"{fault} turns {len(matrix.victims(fault))} red")
        for sentence in matrix.problems_of(fault):
            say(redact(f"  PROBLEM {sentence}"))

    settings = settings_of(options)
    redact = redacting(settings)
    if options.matrix:  # before the work: afterwards it would be lost
        make_folder(Path(options.matrix), "--matrix")
    try:
        matrix = kill_matrix(settings, options.faults or None, tell=tell)
    except (UnknownFault, TargetUnusable, NoAnswer, SettingsRefused) as error:
        return wrong(redact(str(error)))
    for sentence in matrix.problems_without_fault():
        say(redact(f"  PROBLEM {sentence}"))
    for sentence in matrix.not_here():
        say(redact(sentence))
    problems = list(matrix.problems())
    say(f"{len(matrix.checks)} checks, {len(matrix.rows)} faults, {len(problems)} problems")
    if options.matrix:
        return _write(Path(options.matrix), redact(matrix.page()), FINDINGS if problems else OK)
    return FINDINGS if problems else OK


def _write(path: Path, page: str, status: int) -> int:
    """The matrix into its file; gives the exit status."""
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        return wrong(said("usage.no-file", option="--matrix", path=str(path), why=error.strerror))
    return status
