"""Each literal error of the service as a fault of its own name, in the envelope of the route that is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..faults import Fault, Occasion
from ..messages import Reply, Request
from .errors import LITERALS
from .service import DashScope


def literal_faults(service: DashScope) -> tuple[Fault, ...]:
    """A fault for each literal error, which answers every request with it before the service looks."""
    return tuple(Fault(name, imitates(name), literal(service, name), "request") for name in LITERALS)


def literal(service: DashScope, name: str) -> Callable[[Request, Occasion], Reply]:
    """How the fault of that name acts; what its message repeats is taken from the request."""

    def apply(request: Request, _occasion: Occasion) -> Reply:
        return service.refusal(name, request, model=asked_model(request), method=request.method)

    return apply


def asked_model(request: Request) -> Any:
    """The model that a request names."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return ""
    return body.get("model", "") if isinstance(body, dict) else ""


def imitates(name: str) -> str:
    """Whom: the service, with what both of its dialects say."""
    native, compat = LITERALS[name].native, LITERALS[name].compat
    return f"the service itself: {native.status} {native.code}, on compatible routes {compat.status} {compat.type}"
