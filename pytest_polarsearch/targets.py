"""From settings to what a run talks to: a cluster and a model service, each built in or real."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from .addresses import Address
from .blueprints import NO_KEY, Endpoint
from .client import Trust
from .preflight import TargetUnusable
from .secret import Secret
from .settings import Account, Settings
from .words import said

if TYPE_CHECKING:
    from polarsearch_mock import DashScopeMock, PolarSearchEmulator
    from polarsearch_mock.mlcommons.security import Role
    from polarsearch_mock.options import Account as EmulatorAccount

#: What the run's own mock takes as a key: no other secret is ever shown to it.
MOCK_KEY = Secret("sk-polarsearch-conformance")

NO_PERMISSION = said("lacking.permission")
NO_WAY_BACK = said("lacking.way-back")
NO_SERVICE = said("lacking.service")
NO_ACCOUNT = said("lacking.account")
NO_READER = said("lacking.reader")
NO_BUILT_IN_ACCOUNTS = said("lacking.built-in-accounts")
NO_HYPOTHESIS = said("lacking.hypothesis")
NO_BUDGET = said("lacking.random-budget")
NOT_PRIVATE = said("lacking.private-address")


#: How long a second of a connector's time-outs takes on the built-in cluster: nobody waits for one.
BUILT_IN_SECOND = 0.03


class Faulty(Protocol):
    """Something that misbehaves by name, and can be asked which faults would change what passes."""

    def fault(self, name: str, **how: Any) -> AbstractContextManager[Any]:
        """A context manager inside which the fault is on. Raises UnknownFault."""

    def trying(self, names: Iterable[str]) -> AbstractContextManager[Any]:
        """A context manager inside which those faults are tried and change nothing."""


@dataclass(frozen=True)
class Target:
    """The cluster, the service under judgement, and the built-in mock (`observed`) if the cluster can reach it.

    There is no service where none was given and the mock cannot be reached.

    `ephemeral` says that the cluster ends with the run; `lacking` gives for each capability that the target has
    not the reason, in words that name the option to change.
    """

    url: str
    origin: str
    service: Endpoint | None
    observed: Endpoint | None
    observer: DashScopeMock | None
    account: Account | None = None
    reader: Account | None = None
    trust: Trust = field(default_factory=Trust)
    ephemeral: bool = False
    lacking: Mapping[str, str] = field(default_factory=dict)
    #: Scope of faults (`mlcommons`, `dashscope`) -> what misbehaves by their names.
    faulty: Mapping[str, Faulty] = field(default_factory=dict)
    #: How often the cluster has asked a host and port since this was asked last; None where nobody sees it.
    sent: Callable[[tuple[str, int]], int] | None = None
    #: Where requests to the cluster go, if not straight to `url`.
    door: str = ""

    @property
    def way(self) -> str:
        """Where requests to the cluster go."""
        return self.door or self.url


@contextmanager
def open_target(settings: Settings) -> Iterator[Target]:
    """Start what is built in, and say what is there; everything started is stopped on the way out."""
    with ExitStack() as stack:
        host = settings.address("host")
        emulator = None if host else stack.enter_context(_emulator(settings))
        url = host.url if host else emulator.url if emulator else ""
        advertised = _advertised(settings, host)
        mock = stack.enter_context(_mock(advertised, settings)) if advertised else None
        observed = _observed(mock, advertised) if mock and advertised else None
        service = _service(settings, observed)
        account, reader = accounts_of(settings)
        yield Target(
            url=url,
            origin=settings.origin("host") if host else said("origin.emulator", engine=settings["engine"]),
            service=service,
            observed=observed,
            observer=mock,
            account=account,
            reader=reader,
            trust=Trust(settings["ca"], settings["insecure"]),
            ephemeral=host is None,
            lacking=_lacking(settings, host, observed),
            sent=_news_of(emulator.sent) if emulator else None,
            faulty={
                scope: server for scope, server in (("mlcommons", emulator), ("dashscope", mock)) if server is not None
            },
        )


@contextmanager
def _emulator(settings: Settings) -> Iterator[PolarSearchEmulator]:
    from polarsearch_mock import PolarSearchEmulator

    accounts = _built_in_accounts(settings)
    with PolarSearchEmulator(settings["engine"], settings["nodes"], accounts, second=BUILT_IN_SECOND) as server:
        yield server


def _news_of(sent: Mapping[tuple[str, int], int]) -> Callable[[tuple[str, int]], int]:
    """What a growing count has more of each than when that was asked last."""
    told: Counter[tuple[str, int]] = Counter()
    lock = threading.Lock()

    def news(place: tuple[str, int]) -> int:
        with lock:
            before, told[place] = told[place], sent.get(place, 0)
            return told[place] - before

    return news


def accounts_of(settings: Settings) -> tuple[Account | None, Account | None]:
    """Who asks, and who may do nothing. The built-in emulator has accounts where both are given."""
    both = settings.account and settings.reader
    return (settings.account, settings.reader) if both or settings.address("host") else (None, None)


def _built_in_accounts(settings: Settings) -> list[EmulatorAccount]:
    from polarsearch_mock.options import Account as EmulatorAccount

    account, reader = accounts_of(settings)
    if account is None or reader is None:
        return []
    given: tuple[tuple[Account, Role], ...] = (account, "all"), (reader, "none")
    return [EmulatorAccount(one.user, one.password.reveal(), role) for one, role in given]


def _advertised(settings: Settings, host: Address | None) -> Address | None:
    """Where the cluster reaches the mock: what was given, this machine for a cluster on it, else nowhere."""
    given = settings.address("advertise")
    if given or (host and not host.on_loopback):
        return given
    return Address("http", "127.0.0.1", 0)


@contextmanager
def _mock(advertised: Address, settings: Settings) -> Iterator[DashScopeMock]:
    """The mock while it listens. Raises TargetUnusable where its port is somebody else's."""
    from polarsearch_mock import DashScopeMock

    bind = "127.0.0.1" if advertised.on_loopback else "0.0.0.0"  # asked for
    port = 0 if advertised.port == 80 else advertised.port
    mock = DashScopeMock(host=bind, port=port, api_keys=(MOCK_KEY.reveal(),))
    try:
        mock.start()
    except OSError as error:
        told = said(
            "usage.port-taken", origin=settings.origin("advertise"), bind=bind, port=port, host=advertised.host,
            why=error.strerror or str(error),
        )  # fmt: skip
        raise TargetUnusable(told) from None
    try:
        yield mock
    finally:
        mock.stop()


def _observed(mock: DashScopeMock, advertised: Address) -> Endpoint:
    return Endpoint("http", Address("http", advertised.host, mock.port).netloc, MOCK_KEY)


def _service(settings: Settings, observed: Endpoint | None) -> Endpoint | None:
    given = settings.address("endpoint")
    return Endpoint(given.scheme, given.netloc, settings.api_key or NO_KEY) if given else observed


def foreseen(settings: Settings) -> Mapping[str, str] | None:
    """What the target of these settings will lack, told before anything is started or asked; None without a service."""
    host = settings.address("host")
    advertised = _advertised(settings, host)
    observed = Endpoint("http", advertised.netloc, MOCK_KEY) if advertised else None
    if _service(settings, observed) is None:
        return None
    return _lacking(settings, host, observed)


def _lacking(settings: Settings, host: Address | None, observed: Endpoint | None) -> dict[str, str]:
    lacking: dict[str, str] = {}
    if host and not settings["allow-settings"]:
        lacking["settings"] = NO_PERMISSION
    if observed is None:
        lacking.update(dict.fromkeys(("upstream-observed", "faults", "private-service"), NO_WAY_BACK))
    elif not is_private(observed.netloc):
        lacking["private-service"] = NOT_PRIVATE
    account, reader = accounts_of(settings)
    if account is None:
        lacking["accounts"] = NO_ACCOUNT if host else NO_BUILT_IN_ACCOUNTS
    if account is None or reader is None:
        lacking["reader"] = NO_READER if host else NO_BUILT_IN_ACCOUNTS
    return {**lacking, **_lacking_for_chance(settings)}


def _lacking_for_chance(settings: Settings) -> dict[str, str]:
    """What keeps random examples from being drawn."""
    lacking: dict[str, str] = {} if find_spec("hypothesis") else {"hypothesis": NO_HYPOTHESIS}
    real = settings.given("host") or settings.given("endpoint")
    return {**lacking, "random-examples": NO_BUDGET} if real and settings["budget"] is None else lacking


def is_private(netloc: str) -> bool:
    """Whether a name or address is one that engines call private (loopback too)."""
    host = netloc.rpartition(":")[0].strip("[]") or netloc
    try:
        found = {ipaddress.ip_address(host)}
    except ValueError:
        found = _resolve(host)
    return any(one.is_private or one.is_loopback or one.is_link_local for one in found)


def _resolve(host: str) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        return {ipaddress.ip_address(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, ValueError):
        return set()
