"""Tries faults on what passes a server without changing it: which of them would have changed something."""

from __future__ import annotations

import inspect
import random
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .faults import Fault, Hook
    from .messages import Request


class Trial:
    """Every fault acts on a value and its result is dropped; where it differs, the fault is remembered.

    Faults that remember see everything in order, as if they were on alone. A fault that fails, or takes its time,
    counts as one that changes. Safe from any thread.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults = tuple(faults)
        self._changing: set[str] = set()
        self._lock = threading.Lock()

    def take(self) -> set[str]:
        """Names of the faults that would have changed something since this was asked last."""
        with self._lock:
            found, self._changing = self._changing, set()
        return found

    def look(self, hook: Hook, route: str, request: Request, value: Any) -> None:
        """Try those that act at this point of that route."""
        found = {
            fault.name
            for fault in self._faults
            if fault.on == hook and fault.fits(route, None) and _changes(fault, route, request, value)
        }
        with self._lock:
            self._changing |= found

    def asked(self, name: str) -> None:
        """A rule's fault was asked for: were it on, the rule would be broken here."""
        with self._lock:
            self._changing |= {fault.name for fault in self._faults if fault.name == name}


def _changes(fault: Fault, route: str, request: Request, value: Any) -> bool:
    from .faults import Occasion

    try:
        outcome = fault.apply(value, Occasion(request, route, random.Random(0), fault.params))
    except Exception:  # noqa: BLE001  it would have failed in earnest too, and what that does is to be seen
        return True
    if inspect.iscoroutine(outcome):
        outcome.close()
        return True
    return bool(outcome != value)
