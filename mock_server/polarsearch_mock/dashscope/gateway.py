"""The order in which the gateway decides: key, method, body, model, schema, quota, algorithm (dashscope.md §3)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from ..messages import Request
from .call import Call, State
from .errors import Refusal
from .models import MODELS, Model
from .routes import Route


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_no_constant).decode


def check_key(request: Request, keys: Iterable[bytes]) -> None:
    """Refuses a missing or wrong key. Without keys any `sk-` is good; comparing takes the same time for every key."""
    given = request.header("authorization")
    if not given:
        raise Refusal("missing-key")
    scheme, _, key = given.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Refusal("missing-key")
    offered, known, good = key.strip().encode("utf-8", "replace"), False, False
    for one in keys:
        known = True
        good = hmac.compare_digest(one, offered) or good
    if not (good if known else offered.startswith(b"sk-") and len(offered) > len(b"sk-")):
        raise Refusal("invalid-key")


def check_method(request: Request, route: Route) -> None:
    """Refuses a method the route does not know."""
    if request.method not in route.methods:
        raise Refusal("wrong-method", method=request.method)


def body_of(request: Request, limit: int) -> dict[str, Any]:
    """The body as an object; `limit` in bytes."""
    if len(request.body) > limit:
        raise Refusal("BadRequest.TooLarge")
    try:
        value = _decode(request.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refusal("malformed-json") from None
    if not isinstance(value, dict):
        raise Refusal("malformed-json")
    return value


def model_of(body: dict[str, Any], route: Route, state: State) -> Model:
    """The model asked for, if it exists and this route serves it."""
    name = body.get("model")
    if name is None or name == "":
        raise Refusal("missing-model")
    model = MODELS.get(name) if isinstance(name, str) else None
    native = route.envelope == "native"
    if model is None:
        missing = native and state.switches.native_unknown_model == "not-found"
        raise Refusal("ModelNotFound" if missing else "unknown-model", model=name)
    if (
        model.kind not in route.kinds
        or not (model.native if native else model.compat)
        or _elsewhere(model, route, state)
    ):
        raise Refusal("wrong-api", model=name)
    return model


def _elsewhere(model: Model, route: Route, state: State) -> bool:
    only = state.switches.qwen3_rerank_routes
    return model.name == "qwen3-rerank" and only not in ("both", route.envelope)


def check_native(call: Call) -> None:
    """The native body's own frame, `input` and `parameters` objects; a model is called as a task, or never is."""
    flat = call.state.switches.flat_native_rerank and call.model.kind == "rerank" and "query" in call.body
    given = call.body.get("input")
    if given is None and not flat:
        raise Refusal("BadRequest.EmptyInput")
    if given is not None and not isinstance(given, dict):
        raise Refusal("BadRequest.IllegalInput")
    if not isinstance(call.body.get("parameters", {}), (dict, type(None))):
        raise Refusal("BadRequest.EmptyParameters")
    asked = (call.request.header("x-dashscope-async") or "").lower() == "enable"
    if asked != (call.model.kind == "embedding-async"):
        raise Refusal("AccessDenied", mode="asynchronous" if asked else "synchronous")


def wants_events(request: Request) -> bool:
    """Whether a native request asks for a stream: by DashScope's own header or by Accept alone."""
    enabled = (request.header("x-dashscope-sse") or "").lower() == "enable"
    return enabled or "text/event-stream" in (request.header("accept") or "")


#: Asked at the quota's place in the order: the name of a literal error, or None.
Quota = Callable[[Request], "str | None"]


def check_quota(request: Request, quota: Quota | None) -> None:
    """Arrears, throttling and the like, as the mock's user has set them."""
    name = quota(request) if quota else None
    if name:
        raise Refusal(name)
