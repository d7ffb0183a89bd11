"""Plays a tape back: the answers, the mock's view, time, and names, as they were in that scope."""

from __future__ import annotations

import itertools
import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from ..checks.contract import NotRecorded
from ..client import Asker, NoAnswer
from ..exchange import Exchange
from ..provision.naming import unmarked
from .tape import Tape, Upstream, call_of, exchange_of

Json = Any


def key_of(method: str, path: str, body: bytes | None) -> tuple[str, str, str]:
    """What makes two requests the same: marks of names may differ, and so may the order of fields."""
    text = (body or b"").decode("utf-8", "surrogateescape")
    with suppress(ValueError):  # what is no JSON is compared as it is
        text = json.dumps(json.loads(text), sort_keys=True)
    return method, path, unmarked(text)


class Player:
    """One scope, played back. What is not on the tape raises NotRecorded."""

    def __init__(self, name: str, tape: Tape) -> None:
        self._name, self._tape = name, tape
        self._exchanges = tape.places("exchange")
        self._upstream = [(place, call_of(tape.events[place])) for place in tape.places("upstream")]
        self._readings = tape.places("clock")
        self._waiting: dict[tuple[str, str, str], deque[int]] = {}
        for place in self._exchanges:
            one = exchange_of(tape.events[place])
            self._waiting.setdefault(key_of(one.method, one.path, one.request_body), deque()).append(place)
        #: Where the tape stands: the furthest exchange that was asked for, and the reading that was taken last.
        self._at = self._read = -1

    def answer(self, asked: Exchange) -> Exchange:
        """The recorded exchange of a request: of several, the first that was not asked for yet."""
        places = self._waiting.get(key_of(asked.method, asked.path, asked.request_body))
        if not places:
            cut = "" if self._tape.whole else " (it ends in the middle of this check)"
            raise NotRecorded(
                f"the recording of {self._name} holds no {'such' if places is None else 'further'} "
                f"{asked.method} {asked.path}{cut}: judge the target itself, or a recording by this version"
            )
        place = places.popleft()
        self._at = max(self._at, place)
        return exchange_of(self._tape.events[place])

    def calls(self) -> list[Upstream]:
        """What had reached the mock by the answer that was asked for last."""
        over = bool(self._exchanges) and self._at == self._exchanges[-1]
        return [call for place, call in self._upstream if over or place < self._at]

    def reading(self) -> float:
        """The time as it was read then, never past the next request."""
        end = next((place for place in self._exchanges if place > self._at), len(self._tape.events))
        after = max(self._at, self._read)
        self._read = next((place for place in self._readings if after < place < end), self._read)
        return float(self._tape.events[self._read]["value"]) if self._read >= 0 else 0.0

    def numbers(self) -> Iterator[int]:
        """Numbers of marks as they were, then new ones."""
        taken = self._tape.values("mark")
        return itertools.chain(taken, itertools.count(max(taken, default=0) + 1))


class PlayedClient(Asker):
    """Answers from a tape; its clock is the tape's, and nobody waits."""

    def __init__(self, player: Player, url: str, *, timeout: float, authenticated: bool = False) -> None:
        super().__init__(url, timeout=timeout, clock=PlayedClock(player))
        self.authenticated = authenticated
        self._player = player

    def close(self) -> None:
        """Nothing was taken."""

    def _send(self, asked: Exchange, headers: Mapping[str, str], timeout: float) -> Exchange:  # noqa: ARG002
        found = self._player.answer(asked)
        if found.status is None:
            raise NoAnswer(found.kind, found.trouble, self._tell(found))
        return found


class PlayedClock:
    """Time as it was read."""

    def __init__(self, player: Player) -> None:
        self._player = player

    def now(self) -> float:
        """Seconds since some moment of that run."""
        return self._player.reading()

    def pause(self, seconds: float) -> None:
        """The time has passed already."""


class PlayedService:
    """The mock's side of the connector as it was seen; the faults were on then."""

    def __init__(self, player: Player) -> None:
        self._player = player

    @property
    def received(self) -> int:
        """How many requests have arrived so far."""
        return len(self._player.calls())

    def calls(self, kind: str, after: int = 0) -> Sequence[Upstream]:
        """The requests of one kind so far, oldest first; only those `after` so many of any kind."""
        later = self._player.calls()[after:]
        return [one for one in later if one.kind == kind or one.kind.startswith(f"{kind}.")]

    def fault(self, name: str, **parameters: Json) -> AbstractContextManager[None]:  # noqa: ARG002
        """Nothing to do."""
        return nullcontext()
