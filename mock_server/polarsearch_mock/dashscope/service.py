"""The DashScope mock as one plain function from request to reply, and what may be set from outside."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from ..messages import Reply, Request
from . import catalogue, envelopes, gateway, headers, tasks
from .call import Call, Script, State
from .errors import LITERALS, Refusal, Wire, wire
from .routes import TASKS, Route, route_of
from .switches import Switches

_TOO_MANY = 429
#: Refusals of a key come from before the gateway's own headers.
_UNCALLED = ("missing-key", "missing-key.invalid", "invalid-key")


class DashScope:
    """Answers as DashScope does. Without `api_keys` any `Bearer sk-...` is taken; with them, only those.

    `clock` gives seconds since the epoch; `quota` may name a literal error for a request, at the place in the
    gateway's order where quotas are looked at. Never raises: whatever comes in, an answer goes out.
    """

    def __init__(
        self,
        api_keys: Iterable[str] = (),
        switches: Switches | None = None,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
    ) -> None:
        self._keys: tuple[bytes, ...] = ()
        self.api_keys = tuple(api_keys)
        self.state = State(switches or Switches(), clock, chance=random.Random(seed))
        self.quota: gateway.Quota | None = None

    def __repr__(self) -> str:
        return f"<DashScope, {len(self._keys) or 'any'} key(s)>"

    @property
    def api_keys(self) -> tuple[str, ...]:
        """The keys taken; none means any that begins with `sk-`."""
        return tuple(key.decode() for key in self._keys)

    @api_keys.setter
    def api_keys(self, keys: Iterable[str]) -> None:
        self._keys = tuple(key.encode() for key in keys)

    @property
    def switches(self) -> Switches:
        """The open points of the service's description, as they are set."""
        return self.state.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self.state.switches = switches

    @property
    def clock(self) -> Callable[[], float]:
        """Where the time comes from, in seconds since the epoch."""
        return self.state.clock

    @clock.setter
    def clock(self, clock: Callable[[], float]) -> None:
        self.state.clock = clock

    @property
    def scripts(self) -> deque[Script]:
        """Chat answers to give before the mock's own, first in, first out."""
        return self.state.scripts

    @property
    def vectors(self) -> dict[str, tuple[float, ...]]:
        """The vectors set by hand, by their text. Change them with `set_vector`."""
        return self.state.meaning.overrides

    def set_vector(self, text: str, vector: Sequence[float]) -> None:
        """Gives a text a vector of its own in every embedding answer from now on."""
        self.state.meaning.set_vector(text, vector)

    def reset(self) -> None:
        """Forgets scripted answers, vectors and tasks; keys and switches stay."""
        self.state.scripts.clear()
        self.state.tasks.clear()
        self.state.meaning.forget_vectors()

    def __call__(self, request: Request) -> Reply:
        """The service's answer to one request."""
        route = route_of(request.path)
        if route is None:
            return self._nowhere(request)
        state = self.state
        request_id, arrived = headers.new_request_id(state.chance), state.clock()
        sse = False
        try:
            gateway.check_key(request, self._keys)
            known = state.repeats.find(request, state.switches, request_id) if state.steady else None
            if known is not None:
                gateway.check_quota(request, self.quota)
                return Reply(200, known, headers.reply_headers(request_id, arrived, state.clock()))
            gateway.check_method(request, route)
            if route.handler is None or route.check is None:
                return self._without_body(route, request, request_id, arrived)
            native = route.envelope == "native"
            body = gateway.body_of(request, state.switches.body_limit)
            sse = route.streams and gateway.wants_events(request)
            call = Call(
                request, state, native, request_id, arrived, body, gateway.model_of(body, route, state), sse=sse
            )
            if native:
                gateway.check_native(call)
            route.check(call)
            gateway.check_quota(request, self.quota)
            return route.handler(call)
        except Refusal as refusal:
            return self._refused(refusal, route, request_id, arrived, sse=sse)

    def refusal(self, name: str, request: Request, **holes: object) -> Reply:
        """A literal error by its name, in the envelope of the request's route. KeyError for an unknown name."""
        route = route_of(request.path) or TASKS
        sse = route.streams and gateway.wants_events(request) and name not in _UNCALLED
        refused = Refusal(LITERALS[name].name, **holes)
        return self._refused(refused, route, headers.new_request_id(self.state.chance), self.clock(), sse=sse)

    def _without_body(self, route: Route, request: Request, request_id: str, arrived: float) -> Reply:
        gateway.check_quota(request, self.quota)
        if route is TASKS:
            return tasks.poll(self.state, request, request_id, arrived)
        return Reply(200, catalogue.models(), headers.reply_headers(request_id, arrived, self.clock()))

    def _nowhere(self, request: Request) -> Reply:
        found = tasks.result(self.state, request)
        if found is not None:
            return found
        if self.switches.unknown_path == "json":
            return self.refusal("NotFound", request)
        return Reply(404, b"", (("server", "istio-envoy"),))

    def _refused(self, refusal: Refusal, route: Route, request_id: str, arrived: float, *, sse: bool) -> Reply:
        native = route.envelope == "native"
        refusal = self._as_switched(refusal)
        said = wire(refusal, native=native, abroad=self.switches.region != "cn-beijing")
        if sse:
            body = envelopes.native_event(said, request_id)
            status, content = 200, "text/event-stream;charset=UTF-8"
        else:
            body = envelopes.body(refusal, said, request_id, is_native=native, chat=route.name == "chat")
            status, content = self._status(refusal, said, native=native), "application/json"
        sent = headers.reply_headers(
            request_id, arrived, self.clock(), content, finished=not sse, gateway=refusal.name not in _UNCALLED
        )
        if status == _TOO_MANY and self.switches.retry_after is not None:
            sent = (*sent, ("retry-after", str(self.switches.retry_after)))
        return Reply(status, body, sent)

    def _status(self, refusal: Refusal, said: Wire, *, native: bool) -> int:
        unknown = refusal.name == "BadRequest.TooLarge" and not native
        return self.switches.compat_too_large_status if unknown else said.status

    def _as_switched(self, refusal: Refusal) -> Refusal:
        """The variant of a refusal that the switches ask for."""
        if refusal.name == "missing-key" and self.switches.native_missing_key == "invalid-key":
            return Refusal("missing-key.invalid")
        return refusal
