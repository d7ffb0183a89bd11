"""`sweep`: remove what interrupted runs left on a cluster."""

from __future__ import annotations

import argparse
import re
from contextlib import closing
from typing import TYPE_CHECKING

from ..settings import Settings
from .common import FINDINGS, OK, say, settings_of, take_options, wrong

if TYPE_CHECKING:
    from ..client import MlCommons

#: Options of a run that say how to reach a cluster.
CONNECTION = ("host", "ca", "insecure", "timeout", "journal")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    take_options(parser, CONNECTION)
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


def _sweep(options: argparse.Namespace) -> int:
    from ..client import Client, MlCommons, NoAnswer, Trust
    from ..preflight import TargetUnusable, look

    settings = settings_of(options)
    host = settings.address("host")
    if host is None:
        return wrong("sweep needs to know the cluster: give --host HOST:PORT, or set POLARSEARCH_HOST")
    try:
        trust = Trust(settings["ca"], settings["insecure"])
        with closing(Client(host.url, account=settings.account, trust=trust, timeout=settings["timeout"])) as client:
            ml = MlCommons(client)
            look(ml)
            return _sweep_cluster(ml, settings, options)
    except (TargetUnusable, NoAnswer, ValueError) as error:
        return wrong(str(error))


def _sweep_cluster(ml: MlCommons, settings: Settings, options: argparse.Namespace) -> int:
    from ..provision.journal import journal_folder
    from ..provision.sweep import Sweep, sweep_run

    sweep = Sweep(ml, settings["timeout"], options.run_id, 0.0 if options.run_id else options.older_than)
    found = sweep.find()
    for one in found:
        say(f"{'would remove' if options.dry_run else 'removing'} {one.kind} {one.id} {one.name}")
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
        say(sentence)
    return FINDINGS if sweep.left else OK
