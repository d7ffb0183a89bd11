"""The control API of a running server, for tests in another process: look at calls, set faults, reset.

    GET    /__polarsearch_mock__/state          requests seen, requests dropped, faults that are on
    GET    /__polarsearch_mock__/calls[?kind=…] the recorded requests, keys masked
    DELETE /__polarsearch_mock__/calls          forget them
    GET    /__polarsearch_mock__/faults         every fault there is, whom it imitates, its parameters
    POST   /__polarsearch_mock__/faults         {"name", "route", "times", "probability", "seed", "params"}: switch on
    DELETE /__polarsearch_mock__/faults[/ID]    switch one or all off
    POST   /__polarsearch_mock__/reset          calls, faults and everything the application holds

Clients on this machine only, and no browser page: whoever can set faults can break a test run.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from .faults import FaultBox, UnknownFault
from .messages import Reply, Request
from .recorder import Recorder

PREFIX = "/__polarsearch_mock__/"
FAULT_FIELDS = frozenset({"name", "route", "times", "probability", "seed", "params"})


def answer(status: int, value: Any) -> Reply:
    """A JSON answer."""
    return Reply(status, json.dumps(value, ensure_ascii=False).encode(), (("content-type", "application/json"),))


def is_local(peer: str) -> bool:
    """Whether a client's address is this machine; no address means that there was no socket."""
    with suppress(ValueError):
        return ipaddress.ip_address(peer).is_loopback
    return peer == ""


class Control:
    """Answers the requests below `PREFIX` for one server."""

    def __init__(self, scope: str, recorder: Recorder, faults: FaultBox, reset: Callable[[], None]) -> None:
        self._scope, self._recorder, self._faults, self._reset_all = scope, recorder, faults, reset
        self._verbs: dict[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "state"): self._state,
            ("GET", "calls"): self._calls,
            ("DELETE", "calls"): self._forget,
            ("GET", "faults"): self._known,
            ("POST", "faults"): self._set,
            ("DELETE", "faults"): self._remove,
            ("POST", "reset"): self._reset,
        }

    def __call__(self, request: Request) -> Reply:
        """The answer to one request below `PREFIX`."""
        if not is_local(request.peer) or request.header("origin") is not None:
            return answer(403, {"error": "the control API answers programs on this machine only"})
        noun = request.path.removeprefix(PREFIX).split("/")[0]
        verb = self._verbs.get((request.method, noun))
        if verb is None:
            return answer(404, {"error": "no such verb", "verbs": [f"{m} {PREFIX}{n}" for m, n in self._verbs]})
        return verb(request)

    def _state(self, _request: Request) -> Reply:
        recorder, on = self._recorder, [one.as_json() for one in self._faults.active]
        counts = {"requests": len(recorder), "dropped": recorder.dropped}
        return answer(200, {"server": self._scope, **counts, "faults": on})

    def _calls(self, request: Request) -> Reply:
        kinds = parse_qs(request.query).get("kind")
        calls = self._recorder.calls(kinds[0] if kinds else None)
        return answer(200, {"dropped": self._recorder.dropped, "calls": [call.without_secrets() for call in calls]})

    def _forget(self, _request: Request) -> Reply:
        self._recorder.clear()
        return answer(200, {"requests": 0})

    def _known(self, _request: Request) -> Reply:
        known = self._faults.known.values()
        rows = [
            {"name": f.name, "imitates": f.imitates, "routes": list(f.routes), "params": dict(f.params)} for f in known
        ]
        return answer(200, {"known": rows, "on": [one.as_json() for one in self._faults.active]})

    def _set(self, request: Request) -> Reply:
        try:
            wanted = json.loads(request.body)
            if not isinstance(wanted, dict) or "name" not in wanted:
                return answer(400, {"error": "a fault is an object with at least a name"})
            unknown = set(wanted) - FAULT_FIELDS
            if unknown:
                return answer(400, {"error": f"unknown fields: {', '.join(sorted(unknown))}"})
            active = self._faults.set(**{k: v for k, v in wanted.items() if k != "params"}, **wanted.get("params", {}))
        except (UnknownFault, ValueError, TypeError) as error:
            return answer(400, {"error": str(error)})
        return answer(201, active.as_json())

    def _remove(self, request: Request) -> Reply:
        number = request.path.removeprefix(f"{PREFIX}faults").strip("/")
        if not number:
            self._faults.clear()
        elif not number.isdecimal() or not self._faults.remove(int(number)):
            return answer(404, {"error": f"no fault '{number}' is on"})
        return answer(200, {"faults": [one.as_json() for one in self._faults.active]})

    def _reset(self, _request: Request) -> Reply:
        self._reset_all()
        return answer(200, {"requests": 0, "faults": []})
