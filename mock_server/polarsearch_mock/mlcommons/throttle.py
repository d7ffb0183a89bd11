"""The rate limit of a model: a bucket of calls that fills up again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import status_error

#: Java's TimeUnit, in seconds.
_UNITS = {
    "NANOSECONDS": 1e-9, "MICROSECONDS": 1e-6, "MILLISECONDS": 1e-3,
    "SECONDS": 1.0, "MINUTES": 60.0, "HOURS": 3600.0, "DAYS": 86400.0,
}  # fmt: skip
_THROTTLED = "Request is throttled at model level."


@dataclass
class Bucket:
    """The calls a model may still make; `clock` gives seconds."""

    clock: Callable[[], float] = time.monotonic
    _rule: tuple[float, str] | None = None
    _tokens: float = 0.0
    _seen: float = field(default=0.0)

    def take(self, limiter: Mapping[str, Any] | None) -> None:
        """Takes one call, 429 when there is none left; a changed rule starts with a full bucket."""
        if not limiter or limiter.get("limit") is None or limiter.get("unit") not in _UNITS:
            return
        rule = (float(limiter["limit"]), str(limiter["unit"]))
        most, now = max(rule[0], 1.0), self.clock()
        if rule != self._rule:
            self._rule, self._tokens, self._seen = rule, most, now
        self._tokens = min(most, self._tokens + (now - self._seen) * rule[0] / _UNITS[rule[1]])
        self._seen = now
        if self._tokens < 1:
            raise status_error(_THROTTLED, 429)
        self._tokens -= 1
