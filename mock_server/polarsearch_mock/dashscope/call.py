"""One request on its way through the gateway, and the state of the mock it may look at."""

from __future__ import annotations

import json
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..messages import Reply, Request
from .headers import reply_headers
from .meaning import Meaning
from .models import Model
from .repeats import Repeats
from .switches import Switches

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

#: One scripted chat answer: its text, a whole message, or a function of the messages asked.
Script = str | Mapping[str, Any] | Callable[[list[Any]], str]


@dataclass(slots=True)
class State:
    """What one mock remembers: switches, clock (seconds since the epoch), scripted answers, vectors and tasks."""

    switches: Switches = field(default_factory=Switches)
    clock: Callable[[], float] = time.time
    scripts: deque[Script] = field(default_factory=deque)
    meaning: Meaning = field(default_factory=Meaning)
    tasks: dict[str, Any] = field(default_factory=dict)
    chance: random.Random = field(default_factory=random.Random)
    repeats: Repeats = field(default_factory=Repeats)

    @property
    def steady(self) -> bool:
        """Whether the same request gets the same answer each time: no vector set by hand, no chance in scores."""
        return not self.meaning.overrides and not self.switches.score_jitter


@dataclass(slots=True)
class Call:
    """One request that has passed the gate: its body is an object, its model is known."""

    request: Request
    state: State
    native: bool
    request_id: str
    arrived: float
    body: dict[str, Any]
    model: Model
    sse: bool = False

    @property
    def input(self) -> dict[str, Any]:
        """The native `input` object."""
        return self.body["input"] if isinstance(self.body.get("input"), dict) else {}

    @property
    def parameters(self) -> dict[str, Any]:
        """The native `parameters` object, empty where it is missing."""
        return self.body.get("parameters") or {}

    def reply(self, value: Any) -> Reply:
        """A 200 with `value` as JSON."""
        return self.raw(render(value))

    def decided(self, body: bytes) -> Reply:
        """A 200 with a body, JSON already, that but for its id the request, switches and vectors alone decide."""
        state = self.state
        if state.steady:
            state.repeats.keep(self.request, state.switches, self.request_id, body)
        return self.raw(body)

    def raw(self, body: bytes) -> Reply:
        """A 200 with a body that is JSON already."""
        return Reply(200, body, reply_headers(self.request_id, self.arrived, self.state.clock()))

    def events(self, frames: Iterable[bytes]) -> Reply:
        """A 200 event stream, one chunk a frame."""
        headers = reply_headers(
            self.request_id,
            self.arrived,
            self.state.clock(),
            content="text/event-stream;charset=UTF-8",
            finished=False,
        )
        return Reply(200, b"", headers, _one_by_one(frames))


async def _one_by_one(frames: Iterable[bytes]) -> AsyncIterator[bytes]:
    for frame in frames:
        yield frame


def render(value: Any) -> bytes:
    """Compact JSON as the service writes it: UTF-8, keys in the order given."""
    return _encode(value).encode("utf-8", "replace")
