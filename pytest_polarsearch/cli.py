"""The command `pytest-polarsearch`: a table of its subcommands; its exit status says how it went."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from .commands.common import READER_GONE, USAGE, language, told, wrong
from .settings import SettingsError

#: Subcommand -> what it does. Each is the module of that name in `commands`.
COMMANDS = {
    "serve": "run the emulator and the DashScope mock until interrupted",
    "proxy": "stand before a cluster or a model service and misbehave by name until interrupted",
    "sweep": "remove what interrupted runs left on a cluster",
    "requirements": "print what is judged",
    "profiles": "list what vendors are known to offer, or print such a profile",
    "deviations": "write a first ledger of what a target does otherwise",
    "judge": "give the verdicts of a recorded run again, without a network",
    "lint": "judge connector bodies, settings and curl blocks before anything is sent",
    "report": "make reports of a run's event stream",
    "compare": "compare runs by their event streams",
    "selftest": "prove that each check turns red under its faults and no other",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; gives the exit status: 0 well, 1 findings, 4 wrong use."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_gone()
    return status


def _run(given: Sequence[str]) -> int:
    if given[:1] == ["check"]:
        from .commands.check import check

        return check(given[1:])
    options = _parser(given[:1]).parse_args(given)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except SettingsError as error:
        return wrong(told(error, language(options)))


def _reader_gone() -> int:
    """Whoever read the output wants no more of it, as `head`: end quietly, with the status shells give for SIGPIPE."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is flushed at the exit goes nowhere
    return READER_GONE


class _Parser(argparse.ArgumentParser):
    """Wrong use exits 4, as pytest does."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _parser(asked: Sequence[str]) -> argparse.ArgumentParser:
    """Knows all subcommands by name, and what the asked one takes: the others' modules are not loaded for it."""
    parser = _Parser(prog="pytest-polarsearch", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("check", help="run the conformance suite: pytest --polarsearch with the arguments that follow")
    for name, purpose in COMMANDS.items():
        subparser = commands.add_parser(name, help=purpose)
        if name in asked:
            import_module(f".commands.{name}", __package__).add(subparser)
    return parser
