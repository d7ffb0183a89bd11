"""Each literal error of the service as a fault of its own name, in the envelope of the route that is asked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from ..faults import Fault, Occasion
from ..messages import Reply, Request
from . import envelopes
from .errors import LITERALS, Refusal, wire
from .headers import new_request_id, reply_headers

EVENTS = "text/event-stream;charset=UTF-8"


def wants_events(request: Request) -> bool:
    """Whether a native request asked for server-sent events."""
    return request.header("x-dashscope-sse") == "enable" or "text/event-stream" in (request.header("accept") or "")


def asked_model(request: Request) -> Any:
    """The model that a request names, for messages that repeat it."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return ""
    return body.get("model", "") if isinstance(body, dict) else ""


def literal(name: str) -> Callable[[Request, Occasion], Reply]:
    """A fault that answers every request with the literal error of that name."""

    def apply(request: Request, occasion: Occasion) -> Reply:
        refusal = Refusal(name, model=asked_model(request), method=request.method)
        request_id, now = new_request_id(occasion.random), time.time()
        native = request.path.startswith("/api/v1/")
        if native and wants_events(request):
            event = envelopes.native_event(wire(refusal, native=True), request_id)
            return Reply(200, event, reply_headers(request_id, now, now, EVENTS))
        chat = occasion.route.startswith("chat")
        status, body = envelopes.body(refusal, request_id, is_native=native, chat=chat)
        return Reply(status, body, reply_headers(request_id, now, now))

    return apply


def imitates(name: str) -> str:
    """Whom: the service, with what both of its dialects say."""
    row = LITERALS[name]
    return (
        f"the service itself: {row.native.status} {row.native.code}, compatible {row.compat.status} {row.compat.type}"
    )


LITERAL_FAULTS: tuple[Fault, ...] = tuple(
    Fault(name, imitates(name), literal(name), "request", (), MappingProxyType({})) for name in LITERALS
)
