"""What subcommands share: exit statuses, where words go, settings from a command's own options."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Mapping

from ..options import OPTIONS
from ..settings import Settings, language_of, resolve
from ..words import spoken

OK, FINDINGS, USAGE = 0, 1, 4
#: Two recordings are not alike; no exit status of pytest's.
DIFFERENT = 6
#: 128 and the number of SIGPIPE.
READER_GONE = 141


def wrong(sentence: str) -> int:
    """Say what was wrong with the use; gives the exit status."""
    sys.stderr.write(f"pytest-polarsearch: {sentence}\n")
    return USAGE


def told(error: Exception, lang: str) -> str:
    """What an error of ours says, in a language; anybody else's as it is."""
    return spoken(error.args[0], lang) if len(error.args) == 1 else str(error)


def language(options: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> str:
    """The language that a command's options or the environment ask for, whatever else is wrong with them."""
    line = getattr(options, "polarsearch_lang", None) or getattr(options, "lang", None)
    return language_of(lambda _option: line, lambda _option: None, environment)


def say(line: str) -> None:
    """One line of the command's documented output."""
    sys.stdout.write(line + "\n")


def take_options(parser: argparse.ArgumentParser, names: Collection[str]) -> None:
    """Give a command options of the table, without their prefix."""
    for option in OPTIONS:
        if option.name in names:
            flag = option.kind == "flag"
            action = {"action": "store_const", "const": "true"} if flag else {"metavar": option.metavar}
            parser.add_argument(f"--{option.name}", dest=option.dest, help=option.help, **action)


def settings_of(options: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the command's options and the environment. Raises SettingsError."""
    return resolve(lambda option: getattr(options, option.dest, None), lambda _option: None, environment)
