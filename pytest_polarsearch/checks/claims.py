"""Ways for a check to say what must hold: each raises Failure, with what was looked at, expected and found."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, TypeVar

from ..exchange import Exchange
from ..provision.waiting import Clock, WallClock, wait_for
from ..words import Said, said
from .contract import Failure, NotApplicable

Json = Any
T = TypeVar("T")
#: What was exchanged, and the same with what was done to the built-in mock meanwhile.
Story = tuple[tuple[Exchange, ...], tuple[Exchange, ...]]


class Claims:
    """What a check has exchanged and noted so far, and the claims it can make of it."""

    def __init__(self, timeout: float, clock: Clock | None) -> None:
        #: Seconds within which an answer or a state must be there.
        self.timeout = timeout
        self._clock = clock
        #: The longest that a state has taken to come, in seconds.
        self.waited = 0.0
        self.exchanges: list[Exchange] = []
        #: The same, with what was done to the built-in mock meanwhile: what repeats the check.
        self.acts: list[Exchange] = []
        self.notes: list[str] = []

    def heard(self, exchange: Exchange) -> None:
        """Keep an exchange."""
        self.exchanges.append(exchange)
        self.acts.append(exchange)

    def story(self) -> Story:
        """All that was exchanged and done so far."""
        return tuple(self.exchanges), tuple(self.acts)

    def tell(self, story: Story) -> None:
        """Let this be all that was exchanged and done."""
        self.exchanges[:], self.acts[:] = story

    def holds(
        self, condition: object, looked_at: str, *, expected: str, actual: Json, seen: Exchange | None = None
    ) -> None:
        """Raise Failure unless `condition`; it shows the exchange `seen`, or the last one."""
        if not condition:
            found = actual if isinstance(actual, Said) else _show(actual)
            raise Failure(looked_at, expected, found, [seen] if seen else self.exchanges[-1:])

    def equal(self, actual: T, expected: T, looked_at: str, seen: Exchange | None = None) -> T:
        """Raise Failure unless both are equal; gives the value."""
        self.holds(actual == expected, looked_at, expected=_show(expected), actual=actual, seen=seen)
        return actual

    def one_of(self, actual: T, allowed: Sequence[T], looked_at: str) -> T:
        """Raise Failure unless the value is one of those allowed; gives it."""
        self.holds(actual in allowed, looked_at, expected=_either(*map(_show, allowed)), actual=actual)
        return actual

    def contains(self, text: str, part: str, looked_at: str) -> None:
        """Raise Failure unless `part` stands in `text`."""
        self.holds(part in text, looked_at, expected=said("expect.text-with", part=repr(part)), actual=text)

    def ok(self, exchange: Exchange) -> Exchange:
        """Raise Failure unless the answer is HTTP 200 with JSON; gives the exchange."""
        self._status(exchange, (200,))
        _ = exchange.json
        return exchange

    def refused(self, exchange: Exchange, *statuses: int, reason: str | Sequence[str] = ()) -> Exchange:
        """Raise Failure unless the request was refused with one of these statuses, in the engine's envelope, in words
        that have each of `reason` in them; gives the exchange."""
        self._status(exchange, statuses)
        for part in (reason,) if isinstance(reason, str) else reason:
            if part.lower() not in exchange.reason.lower():
                wanted = said("expect.text-with", part=repr(part))
                raise Failure(said("refusal-reason"), wanted, _show(exchange.reason), [exchange])
        return exchange

    def _status(self, exchange: Exchange, statuses: Sequence[int]) -> None:
        if exchange.status not in statuses:
            wanted = _either(*(f"HTTP {one}" for one in statuses))
            found = f"HTTP {exchange.status}: {exchange.excerpt(300)}"
            looked_at = said("answer-to", method=exchange.method, path=exchange.path)
            raise Failure(looked_at, wanted, found, [exchange])

    def eventually(self, probe: Callable[[], T], wanted: Callable[[T], object], looked_at: str, expected: str) -> T:
        """Ask until `wanted` likes the value, within the deadline; gives it. States follow answers within seconds."""
        value, seconds = wait_for(probe, wanted, self.timeout, self._clock)
        late = said("after", looked_at=looked_at, seconds=f"{seconds:.1f}")
        self.holds(wanted(value), late, expected=expected, actual=value)
        self.waited = max(self.waited, seconds)
        return value

    def moment(self) -> float:
        """Seconds since some moment, by the run's clock."""
        return (self._clock or WallClock()).now()

    def note(self, sentence: str) -> None:
        """Say what this target does, for the report."""
        self.notes.append(sentence)

    def not_applicable(self, reason: str) -> None:
        """End the check: the requirement has no meaning here."""
        raise NotApplicable(reason)


def _either(*texts: str) -> str:
    """All of them, with `or` between."""
    return reduce(lambda one, other: said("either", one=one, other=other), texts)


_short = reprlib.Repr()
_short.maxstring = _short.maxother = 400
_short.maxdict = _short.maxlist = 12
_short.maxlevel = 8


def _show(value: Json) -> str:
    return _short.repr(value)
