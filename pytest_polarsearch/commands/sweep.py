"""`sweep`: remove what interrupted runs left on a cluster."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from ..settings import Settings
from ..words import said, spoken
from .common import FINDINGS, OK, say, settings_of, take_options, told, wrong

if TYPE_CHECKING:
    from ..provision.sweep import Sweep
    from ..verbs import MlCommons

#: Options of a run that say how to reach a cluster, and in which language to tell of it.
CONNECTION = ("host", "ca", "insecure", "timeout", "journal", "lang")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    take_options(parser, CONNECTION)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--run-id", type=_run, help="only what this run left, however young")
    which.add_argument(
        "--older-than", type=_age, default=_age("2h"), metavar="AGE", help="such as 90m or 2h [default: 2h]"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    parser.set_defaults(run=_sweep)


def _run(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{8,32}", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no run's id; write the 8 to 32 digits and letters a to f that stand behind the word run in "
            "the names of what it left"
        )
    return text


def _age(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no age; write a number and s, m, h or d, such as 2h")
    return float(found[1]) * UNITS[found[2]]


def _sweep(options: argparse.Namespace) -> int:
    from ..client import Client, NoAnswer, Trust
    from ..preflight import TargetUnusable, look
    from ..verbs import MlCommons

    settings = settings_of(options)
    host = settings.address("host")
    if host is None:
        return wrong(spoken(said("usage.sweep-nowhere"), settings["lang"]))
    try:
        trust = Trust(settings["ca"], settings["insecure"])
        with closing(Client(host.url, account=settings.account, trust=trust, timeout=settings["timeout"])) as client:
            ml = MlCommons(client)
            look(ml)
            return _sweep_cluster(ml, settings, options)
    except (TargetUnusable, NoAnswer) as error:
        return wrong(spoken(error.args[0], settings["lang"]))
    except ValueError as error:
        return wrong(told(error, settings["lang"]))


def _sweep_cluster(ml: MlCommons, settings: Settings, options: argparse.Namespace) -> int:
    from ..provision.journal import journal_folder
    from ..provision.sweep import Sweep, runs_left, sweep_run

    timeout, folder = settings["timeout"], journal_folder(settings["journal"])
    runs, looked = [options.run_id], Sweep(ml, timeout)
    if not options.run_id:
        runs, looked = runs_left(ml, timeout, folder, options.older_than)
    found = [one for run in runs for one in looked.find(run)]
    for one in found:
        what = f"{one.kind} {one.id} {one.name}"
        _say(said("swept.would" if options.dry_run else "swept.removing", what=what), settings)
    if options.dry_run:
        return _only_say(ml, settings, runs, looked, len(found))
    swept = [looked, *(sweep_run(ml, timeout, folder, run) for run in runs)]
    return _tell(swept, settings, len(found))


def _say(sentence: str, settings: Settings) -> None:
    from ..judging.evidence import printable

    say(printable(spoken(sentence, settings["lang"])))


def _only_say(ml: MlCommons, settings: Settings, runs: Sequence[str], looked: Sweep, found: int) -> int:
    from ..provision.guest import guests

    for run in sorted(guests(ml) & set(runs)):
        _say(said("swept.would-settings", run=run), settings)
    for sentence in (*looked.said, *looked.left, said("swept.would", what=found)):
        _say(sentence, settings)
    return OK


def _tell(swept: Sequence[Sweep], settings: Settings, found: int) -> int:
    left = list(dict.fromkeys(sentence for one in swept for sentence in one.left))
    for sentence in (
        *dict.fromkeys(sentence for one in swept for sentence in one.said),
        said("swept.removed", gone=sum(len(one.gone) for one in swept), found=found),
        *(said("swept.left", what=sentence) for sentence in left),
    ):
        _say(sentence, settings)
    return FINDINGS if left else OK
