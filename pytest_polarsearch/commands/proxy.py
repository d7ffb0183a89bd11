"""`proxy`: stand before a cluster or a model service, and misbehave by name, until interrupted."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import TYPE_CHECKING

from ..addresses import Address, AddressError, parse_address
from .common import settings_of, take_options, told, wrong

if TYPE_CHECKING:
    from ..client import NoAnswer, Trust

#: Seconds within which the target must answer at all.
PATIENCE = 10.0
#: What keeps a target from answering -> what to do about it here; anything else is a matter of `--to`.
TO_DO = {
    "untrusted": "name its issuer with --ca FILE (or, for a test target only, use --insecure)",
    "wrong-name": "put the name that stands in it into --to (or, for a test target only, use --insecure)",
    "no-tls": "if it is plain http, give --to http://{netloc}",
}
CHECK_TO = "check --to, and that the target is up and reachable from here"


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    from polarsearch_mock.proxy.process import add_arguments

    parser.add_argument(
        "--to", required=True, type=_address, metavar="URL", help="the target; https unless a scheme is given"
    )
    take_options(parser, ("ca", "insecure"))
    add_arguments(parser)
    parser.set_defaults(run=_proxy)


def _address(text: str) -> Address:
    try:
        return parse_address(text, "https")
    except AddressError as error:
        raise argparse.ArgumentTypeError(f"the address {error}") from None


def _proxy(options: argparse.Namespace) -> int:
    from polarsearch_mock.proxy.process import ProxyOptions, stand

    from ..client import NoAnswer, Trust

    settings, to = settings_of(options), options.to
    trust = Trust(settings["ca"], settings["insecure"])
    try:
        verified = trust.context() if to.scheme == "https" else None
        _look_at(to, trust)
    except NoAnswer as error:
        return wrong(_told(error, to))
    except ValueError as error:
        return wrong(told(error, settings["lang"]))
    return stand(ProxyOptions(to.url, verified, options.port, options.bind, options.tls, tuple(options.fault)))


def _look_at(to: Address, trust: Trust) -> None:
    """See that the target answers, whatever it says. Raises NoAnswer."""
    from ..client import Client

    with closing(Client(to.url, trust=trust, timeout=PATIENCE)) as client:
        client.request("GET", "/")


def _told(error: NoAnswer, to: Address) -> str:
    """What happened, and which of this command's options to change."""
    return f"{str(error).partition(';')[0]}; {TO_DO.get(error.kind, CHECK_TO).format(netloc=to.netloc)}"
