"""The proxy's applications: what a cluster's door and a model service's door do with a request on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ..dashscope.front import route_name as service_route
from ..dashscope.front import service_faults
from ..dashscope.service import DashScope
from ..faults import Fault, FaultBox
from ..front import Front
from ..messages import App, Reply, Request
from ..mlcommons.endpoint import Uri
from ..mlcommons.execution import Outgoing
from ..mlcommons.fault_places import OTHER_IDS, Patterns
from ..mlcommons.faults import faults_for
from ..mlcommons.rest import path_parts
from ..mlcommons.routes import Router
from ..recorder import Forgetful
from .aliases import Aliases
from .link import Link
from .tables import every_fault
from .trusted import Trusted


def cluster_door(link: Link) -> Front:
    """Before a cluster: the faults of the emulator act on what passes."""
    return _door(link, faults_for, cluster_route(), "mlcommons")


def any_door(link: Link) -> Front:
    """Before a cluster or a model service: all faults, by their whole names, act on what passes of their kind."""
    cluster = cluster_route()
    front = _door(link, _by_whole_names, lambda request: cluster(request) or service_route(request))
    front.arriving = as_sent_by(front.faults, lambda request: bool(service_route(request)))
    return front


def _by_whole_names(patterns: Patterns) -> Iterable[Fault]:
    return (replace(fault, name=name) for name, fault in every_fault(patterns).items())


def cluster_route() -> Callable[[Request], str]:
    """Names the route of a request to a cluster."""
    router = Router()
    return lambda request: router.name_of(request.method, path_parts(request.path))


def _door(
    link: Link, table: Callable[[Patterns], Iterable[Fault]], route: Callable[[Request], str], scope: str = ""
) -> Front:
    trusted = Trusted()
    other_ids = OTHER_IDS if scope else f"mlcommons.{OTHER_IDS}"

    async def passed(request: Request) -> Reply:
        reply = aliases.outward(request, await link(aliases.inward(request)))
        trusted.look(request, reply)
        return reply

    front = _front(link, passed, route, table(trusted.patterns), scope)
    aliases = Aliases(lambda: front.faults.breaks(other_ids))
    return front


def service_door(link: Link, asked: App | None = None) -> Front:
    """Before a model service: the faults of the mock act on what passes. `asked` stands between, where given."""
    faults = service_faults(DashScope())
    return _front(link, asked or link, service_route, faults, "dashscope")


def _front(link: Link, app: App, route: Callable[[Request], str], faults: Iterable[Fault], scope: str) -> Front:
    """Before somebody else's server: nothing of what passes is kept, and what a fault cannot read passes as it is."""
    return Front(app, route, faults, scope=scope, close=link.close, recorder=Forgetful(), lenient=True)


def as_sent_by(cluster: FaultBox, asks: Callable[[Request], bool]) -> Callable[[Request], Request]:
    """What a service's front is to see of requests that the cluster sends, of which `asks` knows which they are: the
    cluster's faults have acted on them."""

    def arriving(request: Request) -> Request:
        if cluster.idle or not asks(request):
            return request
        uri = Uri("http", request.header("host"), -1, request.path)
        sent: Outgoing = cluster.at_once("outgoing", Outgoing(request.method, uri, request.headers, request.body))
        return request._replace(headers=sent.headers, body=sent.body)

    return arriving
