"""The self-test on a user's own target: the proxy stands before cluster and model service for the whole self-test, and
faults are switched in it. The target itself is never told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..addresses import Address
from ..blueprints import NO_KEY, Endpoint
from ..client import STANDING, Client, NoAnswer, Trust
from ..judging.redaction import redactor_of
from ..preflight import TargetUnusable, look
from ..secret import Secret, stand_in
from ..settings import Account, Settings
from ..targets import NO_SERVICE, Target, open_target
from ..verbs import MlCommons
from ..words import said

if TYPE_CHECKING:
    from polarsearch_mock.faults import FaultBox
    from polarsearch_mock.front import Front
    from polarsearch_mock.messages import Request
    from polarsearch_mock.proxy.link import Link

#: How a run of the self-test comes to its target.
Opening = Callable[[Settings], AbstractContextManager[Target]]


def is_elsewhere(settings: Settings) -> bool:
    """Whether the self-test has a target that is not built in."""
    return bool(settings.address("host") or settings.address("endpoint"))


def redacting(settings: Settings) -> Callable[[str], str]:
    """Takes a user's secrets out of what is told; servers of the self-test's own have none."""
    return redactor_of(settings) if is_elsewhere(settings) else str


def with_accounts(settings: Settings) -> Settings:
    """The same settings; where the cluster is built in, with accounts of its own, so that checks of accounts have a
    meaning."""
    if settings.address("host"):
        return settings
    return replace(settings, account=Account("self", Secret("test")), reader=Account("reader", Secret("none")))


@contextmanager
def standing(settings: Settings) -> Iterator[Opening]:
    """How runs open their target: each its own where everything is built in, else one and the same behind the proxy.

    Raises TargetUnusable where the target cannot be reached, with one sentence.
    """
    if not is_elsewhere(settings):
        yield open_target
        return
    with ExitStack() as stack:
        target = stack.enter_context(open_target(with_accounts(settings)))
        _look_at(target, settings["timeout"])
        behind = Doors(target, settings.address("advertise"), stack).behind()
        yield lambda _settings: nullcontext(behind)


def _look_at(target: Target, timeout: float) -> None:
    """See that both ends answer before anything stands between: what is wrong is then said of them."""
    if target.service is None:
        raise TargetUnusable(NO_SERVICE)
    if target.observed is None:
        raise TargetUnusable(said("selftest.proxy-out-of-reach"))
    try:
        with closing(Client(target.url, account=target.account, trust=target.trust, timeout=timeout)) as client:
            look(MlCommons(client))
    except ValueError as error:
        raise TargetUnusable(error.args[0]) from None
    try:
        with closing(Client(target.service.url, trust=trust_of_service(target), timeout=timeout)) as client:
            client.request("GET", "/")
    except NoAnswer as error:
        happened = str(error).partition(";")[0]
        url = target.service.url
        raise TargetUnusable(said("selftest.service-out-of-reach", url=url, why=happened)) from None


def trust_of_service(target: Target) -> Trust:
    """The service is always verified: by the system's issuers, and by those that were named."""
    return Trust(target.trust.ca, both=True)


class Doors:
    """The proxies before the two ends of one target; they end with the stack."""

    def __init__(self, target: Target, advertised: Address | None, stack: ExitStack) -> None:
        from polarsearch_mock.proxy.doors import as_sent_by, cluster_door

        self._target, self._advertised, self._stack = target, advertised, stack
        self._cluster = cluster_door(_link(target.url, target.trust))
        self._arriving = as_sent_by(self._cluster.faults, _not_ours)
        self._services: list[Front] = []

    def behind(self) -> Target:
        """The same target, reached through the proxies."""
        if self._target.observer is not None:
            self._watched(self._target.observer.front)
        service = self._target.service
        if service and service != self._target.observed:
            service = self._before(service)
        services = Boxes([front.faults for front in self._services])
        faulty = {"mlcommons": Boxes([self._cluster.faults]), "dashscope": services}
        return replace(self._target, door=self._served(self._cluster), service=service, faulty=faulty)

    def _before(self, service: Endpoint) -> Endpoint:
        """A proxy before the service, in its place. The cluster gets a key of the proxy's own: the real one goes from
        here to the service, and nowhere else."""
        from polarsearch_mock.proxy.doors import service_door
        from polarsearch_mock.proxy.keys import Keys

        key = stand_in() if service.key != NO_KEY else NO_KEY
        link = _link(service.url, trust_of_service(self._target))
        front = self._watched(service_door(link, Keys(link, {key.reveal(): service.key.reveal()})))
        observed = self._target.observed
        host = (observed.netloc.rpartition(":")[0] or observed.netloc) if observed else "127.0.0.1"
        wanted = self._advertised.port + 1 if self._advertised and self._advertised.port != 80 else 0
        bind = "127.0.0.1" if Address("http", host, 0).on_loopback else "0.0.0.0"  # asked for
        port = self._served(front, bind, wanted).rpartition(":")[2]
        return Endpoint("http", f"{host}:{port}", key)

    def _watched(self, front: Front) -> Front:
        """A service's front, on which the cluster's faults act as the cluster sends."""
        front.arriving = self._arriving
        self._services.append(front)
        return front

    def _served(self, front: Front, host: str = "127.0.0.1", port: int = 0) -> str:
        """The URL under which a front answers."""
        from polarsearch_mock.serving import ThreadedServer

        server = ThreadedServer(front, host, port, closing=front.close)
        try:
            server.start()
        except OSError as error:
            why = error.strerror or str(error)
            raise TargetUnusable(said("selftest.port-taken", bind=host, port=port, why=why)) from None
        self._stack.callback(server.stop)
        return server.url


def _link(url: str, trust: Trust) -> Link:
    from polarsearch_mock.proxy.link import Link

    return Link(url, trust.context() if url.startswith("https") else None)


def _not_ours(request: Request) -> bool:
    """Whether it is the cluster that asks a service, and not the run itself."""
    return request.header("user-agent") != STANDING["user-agent"]


@dataclass(frozen=True)
class Tried:
    """Several trials as one."""

    trials: Sequence[Any]

    def take(self) -> set[str]:
        """Names of the faults that would have changed something anywhere since this was asked last."""
        return {name for trial in self.trials for name in trial.take()}


@dataclass(frozen=True)
class Boxes:
    """One fault in several places at once."""

    boxes: Sequence[FaultBox]

    @contextmanager
    def fault(self, name: str, **how: Any) -> Iterator[None]:
        """Inside, the fault is on everywhere. Raises UnknownFault."""
        with ExitStack() as stack:
            for box in self.boxes:
                stack.enter_context(box.set(name, **how))
            yield

    @contextmanager
    def trying(self, names: Iterable[str]) -> Iterator[Tried]:
        """Inside, those faults are tried everywhere and change nothing."""
        tried = list(names)
        with ExitStack() as stack:
            yield Tried([stack.enter_context(box.trying(tried)) for box in self.boxes])
