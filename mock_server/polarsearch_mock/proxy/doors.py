"""The proxy's applications: what a cluster's door and a model service's door do with a request on its way."""

from __future__ import annotations

from collections.abc import Callable

from ..dashscope.front import route_name as service_route
from ..dashscope.front import service_faults
from ..dashscope.service import DashScope
from ..faults import FaultBox
from ..front import Front
from ..messages import App, Reply, Request
from ..mlcommons.endpoint import Uri
from ..mlcommons.execution import Outgoing
from ..mlcommons.fault_places import OTHER_IDS
from ..mlcommons.faults import faults_for
from ..mlcommons.rest import path_parts
from ..mlcommons.routes import Router
from .aliases import Aliases
from .link import Link
from .trusted import Trusted

#: Exchanges that a door keeps for the control API.
CAPACITY = 1000


def cluster_door(link: Link) -> Front:
    """Before a cluster: the faults of the emulator act on what passes."""
    router, trusted = Router(), Trusted()

    def route(request: Request) -> str:
        return router.name_of(request.method, path_parts(request.path))

    async def passed(request: Request) -> Reply:
        reply = aliases.outward(request, await link(aliases.inward(request)))
        trusted.look(request, reply)
        return reply

    front = Front(passed, route, faults_for(trusted.patterns), scope="mlcommons", close=link.close, capacity=CAPACITY)
    aliases = Aliases(lambda: front.faults.breaks(OTHER_IDS))
    return front


def service_door(link: Link, asked: App | None = None) -> Front:
    """Before a model service: the faults of the mock act on what passes. `asked` stands between, where given."""
    faults = service_faults(DashScope())
    return Front(asked or link, service_route, faults, scope="dashscope", close=link.close, capacity=CAPACITY)


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
