"""Waiting for a state with a deadline: real nodes answer first and change state a moment later."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds between two looks: the first soon, later ones slower.
PAUSES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
#: Looks before a deadline counts: one slow answer says nothing of the state.
LEAST_LOOKS = 3


def wait_for(probe: Callable[[], T], wanted: Callable[[T], object], seconds: float) -> tuple[T, float]:
    """The first value that `wanted` likes, or the last one before the deadline; and the seconds it took."""
    started = time.monotonic()
    never = threading.Event()
    looks = 0
    while True:
        value = probe()
        taken = time.monotonic() - started
        looks += 1
        if wanted(value) or (taken >= seconds and looks >= LEAST_LOOKS):
            return value, taken
        never.wait(PAUSES[min(looks, len(PAUSES)) - 1])
