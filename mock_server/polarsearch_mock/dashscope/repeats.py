"""Answers to requests that came before, byte for byte: what is decided once is only given a new id and new times.

Kept are bodies that the request and the switches alone decide. Everything that may change from request to request is
still asked each time: the key, the quota, faults, expectations, the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..messages import Headers, Request
from .switches import Switches

#: Bytes of answers and requests that are kept; one entry more and all are forgotten.
BUDGET = 8 * 2**20
#: A longer request is not worth its room.
LONGEST_REQUEST = 16 * 2**10
_ENTRY = 1024

#: All of a request but who sent it.
_Asked = tuple[str, str, str, Headers, bytes]


@dataclass(slots=True)
class Repeats:
    """The bodies of one mock's answers, cut where the request id stands. Other switches forget them all.

    Used by the thread that answers; switches may be exchanged from any.
    """

    _known: dict[_Asked, list[bytes]] = field(default_factory=dict, repr=False)
    _size: int = 0
    _switches: Switches | None = None

    def __len__(self) -> int:
        return len(self._known)

    def find(self, request: Request, switches: Switches, request_id: str) -> bytes | None:
        """The body of the answer, if these very bytes were answered under these switches."""
        if switches is not self._switches:
            self._forget()
            self._switches = switches
        parts = self._known.get(request[:5])
        return None if parts is None else request_id.encode().join(parts)

    def keep(self, request: Request, switches: Switches, request_id: str, body: bytes) -> None:
        """Remembers an answer; not if switches were exchanged while it was made."""
        size = len(request.body) + len(body) + _ENTRY
        if switches is not self._switches or len(request.body) > LONGEST_REQUEST or size > BUDGET:
            return
        if self._size + size > BUDGET:
            self._forget()
        self._size += size
        self._known[request[:5]] = body.split(request_id.encode())

    def _forget(self) -> None:
        self._known.clear()
        self._size = 0
