"""The DashScope service behind record, faults and control API: what the serve process and `DashScopeMock` serve."""

from __future__ import annotations

from ..faults import Fault
from ..front import Front
from ..messages import Request
from ..recorder import CAPACITY
from .batch_faults import BATCHES
from .faults import FAULTS
from .lenient_faults import LENIENT
from .limit_faults import LIMITS
from .literal_faults import literal_faults
from .routes import TASKS, route_of
from .service import DashScope
from .tasks import PREFIX


def route_name(request: Request) -> str:
    """The route of a request, "" for a path that the service does not have."""
    route = route_of(request.path)
    if route is None and request.path.startswith(PREFIX):
        return TASKS.name  # the result file of a task
    return route.name if route is not None else ""


def service_faults(service: DashScope) -> tuple[Fault, ...]:
    """Every fault of a model service, in the words of that one."""
    return (*FAULTS, *BATCHES, *LENIENT, *LIMITS, *literal_faults(service))


def dashscope_front(service: DashScope, log_limit: int = CAPACITY) -> Front:
    """The service as it is served. Its log keeps the last `log_limit` requests."""
    return Front(
        service,
        route_name,
        service_faults(service),
        scope="dashscope",
        reset=service.reset,
        capacity=log_limit,
    )
