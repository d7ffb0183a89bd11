"""The options of the serve process: their names, forms and defaults, and what each refuses."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

ENGINES = ("2.19", "3.3", "3.4")
Role = Literal["all", "none", "ml_full_access"]
#: Keys of `--fault NAME:key=value` that say when it acts; all others are the fault's own parameters.
MOST_PORT = 65535


class Account(NamedTuple):
    """Who may ask the emulator, and what its role allows."""

    user: str
    password: str
    role: Role

    def __repr__(self) -> str:
        return f"Account({self.user!r}, {self.role!r})"


class FaultOption(NamedTuple):
    """`--fault`: a name and how it is to act."""

    name: str
    params: dict[str, Any]


@dataclass(frozen=True)
class ServeOptions:
    """What `serve` is to start. Keys and passwords stay out of its repr."""

    only: Literal["dashscope", "polarsearch"] | None = None
    port: int = 0
    dashscope_port: int = 0
    accounts: tuple[Account, ...] = ()
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    engine: str = "3.3"
    nodes: int = 1
    tls: bool = False
    bind: str = "127.0.0.1"
    faults: tuple[FaultOption, ...] = ()

    @staticmethod
    def from_arguments(arguments: argparse.Namespace) -> ServeOptions:
        """The options that `add_arguments` made a parser read."""
        roles: tuple[tuple[Role, Sequence[tuple[str, str]]], ...] = (
            ("all", arguments.user),
            ("none", arguments.reader),
            ("ml_full_access", arguments.ml_user),
        )
        accounts = tuple(Account(user, password, role) for role, pairs in roles for user, password in pairs)
        only_port = arguments.port if arguments.only == "dashscope" else 0
        return ServeOptions(
            arguments.only,
            arguments.port,
            arguments.dashscope_port or only_port,
            accounts,
            tuple(arguments.api_key),
            arguments.engine,
            arguments.nodes,
            arguments.tls,
            arguments.bind,
            tuple(arguments.fault),
        )


def port_number(text: str) -> int:
    """A TCP port; 0 takes a free one."""
    if not text.isdecimal() or int(text) > MOST_PORT:
        raise argparse.ArgumentTypeError(f"a port lies between 0 and {MOST_PORT}, not {text!r}")
    return int(text)


def node_count(text: str) -> int:
    """How many nodes the emulator imitates."""
    if text not in ("1", "2"):
        raise argparse.ArgumentTypeError(f"1 or 2 nodes can be imitated, not {text!r}")
    return int(text)


def user_password(text: str) -> tuple[str, str]:
    """`USER:PASSWORD`; the refusal does not repeat what may be half a secret."""
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise argparse.ArgumentTypeError("an account is USER:PASSWORD")
    return user, password


def fault_option(text: str) -> FaultOption:
    """`NAME[:key=value,…]`; numbers and booleans are read as JSON, everything else as text."""
    name, _, rest = text.partition(":")
    params: dict[str, Any] = {}
    for pair in filter(None, rest.split(",")):
        key, equals, value = pair.partition("=")
        if not equals:
            raise argparse.ArgumentTypeError(f"a fault is NAME[:key=value,…]; {pair!r} has no '='")
        params[key.strip().replace("-", "_")] = _json_or_text(value)
    return FaultOption(name.strip(), params)


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `serve` to a parser."""
    add = parser.add_argument
    pair: dict[str, Any] = {"type": user_password, "action": "append", "default": [], "metavar": "USER:PASSWORD"}
    add("--only", choices=("dashscope", "polarsearch"), help="start one of the two servers")
    add(
        "--port",
        type=port_number,
        default=0,
        help="port of the PolarSearch emulator, or of the only server (default: a free one)",
    )
    add("--dashscope-port", type=port_number, default=0, help="port of the DashScope mock (default: a free one)")
    add("--user", **pair, help="an account with all permissions; without any account none is asked for")
    add("--reader", **pair, help="an account without permissions")
    add("--ml-user", **pair, help="an account with the role ml_full_access")
    add("--api-key", action="append", default=[], metavar="KEY", help="a key that is taken; without it any sk-… is")
    add("--engine", choices=ENGINES, default="3.3", help="which ML Commons is imitated (default: 3.3)")
    add("--nodes", type=node_count, default=1, help="on how many nodes, 1 or 2 (default: 1)")
    add("--tls", action="store_true", help="serve the emulator over https with a certificate of its own")
    add("--bind", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (default: this machine only)")
    add("--fault", type=fault_option, action="append", default=[], metavar="NAME[:key=value,…]", help="a fault to set")
