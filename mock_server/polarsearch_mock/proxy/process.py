"""The proxy as a process: before one target until a signal. Prints one JSON line when it answers."""

from __future__ import annotations

import argparse
import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ..faults import UnknownFault
from ..front import Front
from ..options import FaultOption, fault_option, port_number
from ..process import UnusableError, listen_with, make_certificates, until_told
from ..serving import ThreadedServer
from .doors import any_door
from .link import Link


@dataclass(frozen=True)
class ProxyOptions:
    """Where the proxy stands and how it misbehaves; `trust` is how it verifies an https target."""

    to: str
    trust: ssl.SSLContext | None = None
    port: int = 0
    bind: str = "127.0.0.1"
    tls: bool = False
    faults: tuple[FaultOption, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the proxy's own side to a parser."""
    add = parser.add_argument
    add("--port", type=port_number, default=0, help="port to listen on (default: a free one)")
    add("--bind", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (default: this machine only)")
    add("--tls", action="store_true", help="speak https, with a certificate of its own")
    add("--fault", type=fault_option, action="append", default=[], metavar="NAME[:key=value,…]", help="a fault to set")


def stand(options: ProxyOptions) -> int:
    """Runs until SIGINT or SIGTERM; gives the exit status: 0, or 4 with a sentence on standard error."""
    return until_told("proxy", lambda stack: _start(options, stack))


def _start(options: ProxyOptions, stack: ExitStack) -> dict[str, Any]:
    front = any_door(Link(options.to, options.trust))
    for fault in options.faults:
        _set(front, fault)
    ready: dict[str, Any] = {"proxy": "", "to": options.to, "faults": [fault.name for fault in options.faults]}
    tls = None
    if options.tls:
        ready["ca"], tls = make_certificates(options.bind, stack)
    server = ThreadedServer(front, options.bind, options.port, tls, closing=front.close)
    return {**ready, "proxy": listen_with(server, "--port", stack)}


def _set(front: Front, fault: FaultOption) -> None:
    try:
        front.faults.set(fault.name, **fault.params)
    except (UnknownFault, ValueError, TypeError) as error:
        raise UnusableError(f"--fault: {error}") from None
