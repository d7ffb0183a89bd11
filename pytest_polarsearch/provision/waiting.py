"""Waiting for a state with a deadline: real nodes answer first and change state a moment later."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")

#: Seconds between two looks: the first soon, later ones slower.
PAUSES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
#: Looks before a deadline counts: one slow answer says nothing of the state.
LEAST_LOOKS = 3


class Clock(Protocol):
    """What waiting asks of time; a recording has its own, which never lets anybody wait."""

    def now(self) -> float:
        """Seconds since some moment."""

    def pause(self, seconds: float) -> None:
        """Let that much time pass."""


class WallClock:
    """The time of this machine."""

    def now(self) -> float:
        """Seconds since some moment, never set back."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Give the processor to others meanwhile."""
        threading.Event().wait(seconds)


def wait_for(
    probe: Callable[[], T], wanted: Callable[[T], object], seconds: float, clock: Clock | None = None
) -> tuple[T, float]:
    """The first value that `wanted` likes, or the last one before the deadline; and the seconds it took."""
    clock = clock or WallClock()
    started = clock.now()
    looks = 0
    while True:
        value = probe()
        taken = clock.now() - started
        looks += 1
        if wanted(value) or (taken >= seconds and looks >= LEAST_LOOKS):
            return value, taken
        clock.pause(PAUSES[min(looks, len(PAUSES)) - 1])
