"""The command `pytest-polarsearch`, its subcommands from check to selftest; its exit status says how it went."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .options import OPTIONS, Option
from .settings import Settings, SettingsError, resolve

if TYPE_CHECKING:
    from .client import MlCommons

OK, FINDINGS, USAGE = 0, 1, 4
#: Options of a run that say how to reach a cluster; `sweep` takes them without their prefix.
CONNECTION = ("host", "ca", "insecure", "timeout", "journal")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; gives the exit status: 0 well, 1 findings, 4 wrong use."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["check"]:
        return _check(given[1:])
    options = _parser().parse_args(given)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except SettingsError as error:
        return _wrong(str(error))


class _Parser(argparse.ArgumentParser):
    """Wrong use exits 4, as pytest does."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="pytest-polarsearch", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("check", help="run the conformance suite: pytest --polarsearch with the arguments that follow")
    _add_serve(commands.add_parser("serve", help="run the emulator and the DashScope mock until interrupted"))
    _add_sweep(commands.add_parser("sweep", help="remove what interrupted runs left on a cluster"))
    _add_requirements(commands.add_parser("requirements", help="print what is judged"))
    _add_deviations(commands.add_parser("deviations", help="write a first ledger of what a target does otherwise"))
    _add_selftest(commands.add_parser("selftest", help="prove that each check turns red under its faults and no other"))
    return parser


def _wrong(sentence: str) -> int:
    sys.stderr.write(f"pytest-polarsearch: {sentence}\n")
    return USAGE


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


# --- check ------------------------------------------------------------------------------------------------------


def _check(arguments: Sequence[str], *plugins: object) -> int:
    import pytest

    return int(pytest.main(["--polarsearch", *arguments], plugins=plugins))


# --- serve ------------------------------------------------------------------------------------------------------


def _add_serve(parser: argparse.ArgumentParser) -> None:
    from polarsearch_mock.options import add_arguments

    add_arguments(parser)
    parser.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> int:
    from polarsearch_mock.options import ServeOptions
    from polarsearch_mock.process import serve

    return serve(ServeOptions.from_arguments(options))


# --- sweep ------------------------------------------------------------------------------------------------------


def _add_sweep(parser: argparse.ArgumentParser) -> None:
    for option in OPTIONS:
        if option.name in CONNECTION:
            action = (
                {"action": "store_const", "const": "true"} if option.kind == "flag" else {"metavar": option.metavar}
            )
            parser.add_argument(f"--{option.name}", dest=option.dest, help=option.help, **action)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--run-id", help="only what this run left, however young")
    which.add_argument(
        "--older-than", type=_age, default=_age("2h"), metavar="AGE", help="such as 90m or 2h [default: 2h]"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    parser.set_defaults(run=_sweep)


def _age(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no age; write a number and s, m, h or d, such as 2h")
    return float(found[1]) * UNITS[found[2]]


def _settings(options: argparse.Namespace) -> Settings:
    def command_line(option: Option) -> object:
        return getattr(options, option.dest, None)

    return resolve(command_line, lambda _option: None, os.environ)


def _sweep(options: argparse.Namespace) -> int:
    from .client import Client, MlCommons, NoAnswer, Trust
    from .preflight import TargetUnusable, look

    settings = _settings(options)
    host = settings.address("host")
    if host is None:
        return _wrong("sweep needs to know the cluster: give --host HOST:PORT, or set POLARSEARCH_HOST")
    try:
        trust = Trust(settings["ca"], settings["insecure"])
        with closing(Client(host.url, account=settings.account, trust=trust, timeout=settings["timeout"])) as client:
            ml = MlCommons(client)
            look(ml)
            return _sweep_cluster(ml, settings, options)
    except (TargetUnusable, NoAnswer, ValueError) as error:
        return _wrong(str(error))


def _sweep_cluster(ml: MlCommons, settings: Settings, options: argparse.Namespace) -> int:
    from .provision.journal import journal_folder
    from .provision.sweep import Sweep, sweep_run

    sweep = Sweep(ml, settings["timeout"], options.run_id, 0.0 if options.run_id else options.older_than)
    found = sweep.find()
    for one in found:
        _say(f"{'would remove' if options.dry_run else 'removing'} {one.kind} {one.id} {one.name}")
    if options.dry_run:
        return OK
    if options.run_id:
        sweep = sweep_run(ml, settings["timeout"], journal_folder(settings["journal"]), options.run_id)
    else:
        sweep.gone = sweep.remove(found)
    for sentence in (
        *sweep.said,
        f"removed {len(sweep.gone)} of {len(found)}",
        *(f"left: {one}" for one in sweep.left),
    ):
        _say(sentence)
    return FINDINGS if sweep.left else OK


# --- requirements -----------------------------------------------------------------------------------------------


def _add_requirements(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("md", "json"), default="md")
    parser.add_argument("--lang", choices=("en", "zh"), default="en")
    parser.set_defaults(run=_requirements)


def _requirements(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from .requirements.registry import load

    rows = load().values()
    if options.format == "json":
        _say(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
        return OK
    _say("| id | level | requirement | provenance |\n| --- | --- | --- | --- |")
    for row in rows:
        _say(f"| `{row.id}` | {row.level} | {row.sentence(options.lang)} | {row.provenance}: {row.source} |")
    return OK


# --- deviations -------------------------------------------------------------------------------------------------


def _add_deviations(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    init = actions.add_parser("init", help="run the suite, and declare in FILE what fails")
    init.add_argument("file", metavar="FILE", help="the ledger to write; it must not exist")
    init.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="arguments of the run, as for `check`")
    init.set_defaults(run=_init_deviations)


class _Reds:
    """What failed in a run of pytest: ids that a ledger may declare, and all else."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.others: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep what is red."""
        row = getattr(report, "polarsearch", None)
        if row and row["verdict"] in ("fail", "not-observed"):
            self.ids.append(row["id"])
        elif report.failed:
            self.others.append(report.nodeid)


def _init_deviations(options: argparse.Namespace) -> int:
    path, reds = Path(options.file), _Reds()
    if path.exists():
        return _wrong(f"{path} is there already, and a ledger is not written over; name another file")
    status = _check(options.arguments, reds)
    if status not in (OK, FINDINGS):
        return status
    return _write_ledger(path, reds)


def _write_ledger(path: Path, reds: _Reds) -> int:
    from datetime import datetime, timezone

    from .judging.deviations import first_ledger
    from .requirements.registry import load

    try:
        path.write_text(first_ledger(reds.ids, load().get, datetime.now(timezone.utc).date()), encoding="utf-8")
    except OSError as error:
        return _wrong(f"{path} cannot be written: {error.strerror}")
    _say(f"wrote {len(reds.ids)} deviations to {path}")
    for node in reds.others:
        _say(f"no ledger excuses {node}")
    return FINDINGS if reds.others else OK


# --- selftest ---------------------------------------------------------------------------------------------------


def _add_selftest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="only these, such as mlcommons.tensor-lost")
    parser.add_argument("--matrix", metavar="FILE", help="write the kill matrix there, as Markdown")
    for name in ("engine", "nodes"):
        option = next(one for one in OPTIONS if one.name == name)
        parser.add_argument(f"--{name}", dest=option.dest, metavar=option.metavar, help=option.help)
    parser.set_defaults(run=_selftest)


def _selftest(options: argparse.Namespace) -> int:
    from polarsearch_mock.faults import UnknownFault

    from .selftest import KillMatrix, kill_matrix

    def tell(fault: str, matrix: KillMatrix) -> None:
        _say(f"{fault} turns {len(matrix.victims(fault))} red")
        for sentence in matrix.problems_of(fault):
            _say(f"  PROBLEM {sentence}")

    settings = resolve(lambda option: getattr(options, option.dest, None), lambda _option: None, {})
    try:
        matrix = kill_matrix(settings, options.faults or None, tell=tell)
    except UnknownFault as error:
        return _wrong(str(error))
    problems = list(matrix.problems())
    _say(f"{len(matrix.checks)} checks, {len(matrix.rows)} faults, {len(problems)} problems")
    if options.matrix:
        Path(options.matrix).write_text(matrix.page(), encoding="utf-8")
    return FINDINGS if problems else OK
