"""Remembers what reached a server and how it was answered: bounded, cheap to keep, decoded only when somebody looks."""

from __future__ import annotations

import json
import threading
import time
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .messages import Headers, Reply, Request

#: Arrival (seconds since the epoch), method, path, query, headers, body, peer: a plain tuple of atoms, which the
#: garbage collector stops following. 50,000 entries as objects cost every full collection a quarter of a second.
Entry = tuple[float, str, str, str, Headers, bytes, str]

CAPACITY = 10_000
#: Bytes of answers that are kept; requests are always kept whole.
REPLY_BUDGET = 2 * 2**20


@dataclass(frozen=True)
class Call:
    """One recorded request. `time` is seconds since the epoch; `status` is None while it is not answered."""

    kind: str
    method: str
    path: str
    query: str
    time: float
    status: int | None
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON. ValueError where it is none."""
        return json.loads(self.body)

    def without_secrets(self) -> dict[str, Any]:
        """What may be shown to anyone: the authorization header says only that there was one."""
        headers = {name: "***" if name == "authorization" else value for name, value in self.headers.items()}
        fields = {"kind": self.kind, "method": self.method, "path": self.path, "query": self.query, "time": self.time}
        return {**fields, "status": self.status, "headers": headers, "body": self.body.decode("utf-8", "replace")}


class Recorder:
    """The last `capacity` exchanges of a server. Safe to read from any thread while the server answers.

    `kind_of` names the route of a request ("" where there is none); it is asked when somebody looks, not when it came.
    """

    def __init__(self, kind_of: Callable[[Request], str], capacity: int = CAPACITY) -> None:
        self.kind_of, self.capacity = kind_of, capacity
        self._lock = threading.Lock()
        self._reset()

    def _reset(self) -> None:
        self._first = self._next = getattr(self, "_next", 0)
        self._entries: dict[int, Entry] = {}
        self._statuses = array("H", bytes(2 * self.capacity))
        self._replies: deque[tuple[int, Reply]] = deque()
        self._reply_bytes = 0

    @property
    def dropped(self) -> int:
        """How many requests came before the oldest that is still here, since the last `clear()`."""
        return max(0, self._next - self._first - self.capacity)

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forgets everything, and that anything was dropped."""
        with self._lock:
            self._reset()

    def arrived(self, request: Request) -> int:
        """Records a request before it is answered, so that one whose handler fails is seen too; gives its number."""
        method, path, query, headers, body, peer = request
        with self._lock:
            number = self._next
            self._next = number + 1
            self._entries[number] = (time.time(), method, path, query, headers, body, peer)
            self._entries.pop(number - self.capacity, None)
            self._statuses[number % self.capacity] = 0
        return number

    def answered(self, number: int, reply: Reply) -> None:
        """Records the answer to the request of that number."""
        with self._lock:
            if number not in self._entries:
                return
            self._statuses[number % self.capacity] = reply.status
            self._replies.append((number, reply))
            self._reply_bytes += len(reply.body) + 1024
            while self._reply_bytes > REPLY_BUDGET:
                self._reply_bytes -= len(self._replies.popleft()[1].body) + 1024

    def entries(self) -> list[tuple[Request, int | None, Reply | None]]:
        """Every kept request, oldest first, its status, and its answer where that is still kept."""
        with self._lock:
            entries, statuses, replies = list(self._entries.items()), self._statuses[:], dict(self._replies)
        return [
            (Request(*entry[1:]), statuses[number % self.capacity] or None, replies.get(number))
            for number, entry in entries
        ]

    @property
    def received(self) -> int:
        """How many requests have arrived since the start; `clear()` takes none back."""
        return self._next

    def calls(self, kind: str | None = None, after: int = 0) -> list[Call]:
        """The kept requests of one kind (`"embedding"` also means `"embedding.native"`), or all, oldest first; only
        those that came `after` so many had been `received`."""
        with self._lock:
            numbers = range(max(after, self._next - self.capacity), self._next)
            kept = [
                (self._entries[one], self._statuses[one % self.capacity]) for one in numbers if one in self._entries
            ]
        named = ((self.kind_of(Request(*entry[1:])), entry, status) for entry, status in kept)
        return [
            _call(name, entry, status or None)
            for name, entry, status in named
            if kind is None or name == kind or name.startswith(f"{kind}.")
        ]


class Forgetful(Recorder):
    """Remembers nothing: what passes is somebody else's, with his keys in it."""

    def __init__(self) -> None:
        super().__init__(lambda _request: "", 0)

    def arrived(self, request: Request) -> int:  # noqa: ARG002  as its kind does
        """Nothing."""
        return 0

    def answered(self, number: int, reply: Reply) -> None:
        """Nothing."""


def _call(kind: str, entry: Entry, status: int | None) -> Call:
    at, method, path, query, headers, body, _ = entry
    return Call(kind, method, path, query, at, status, dict(headers), body)
