"""The DashScope service behind record, faults and control API: what the serve process and `DashScopeMock` serve."""

from __future__ import annotations

from ..front import Front
from ..messages import Request
from ..recorder import CAPACITY
from .faults import FAULTS
from .literal_faults import LITERAL_FAULTS
from .routes import ROUTES
from .service import DashScope


def route_name(request: Request) -> str:
    """The route of a request, "" for a path that the service does not have."""
    route = ROUTES.get(request.path)
    return route.name if route is not None else ""


def dashscope_front(service: DashScope, log_limit: int = CAPACITY) -> Front:
    """The service as it is served. Its log keeps the last `log_limit` requests."""
    return Front(
        service, route_name, (*FAULTS, *LITERAL_FAULTS), scope="dashscope", reset=service.reset, capacity=log_limit
    )
