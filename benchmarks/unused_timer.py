"""A plugin that sums the time a run spends in our plugin: loading it, and each of its hooks. Load it before ours.

`UNUSED_TIME` names the file that gets the milliseconds.
"""

from __future__ import annotations

import functools
import inspect
import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

spent: list[float] = []


@contextmanager
def clock() -> Iterator[None]:
    """Note what the time inside was."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        spent.append((time.perf_counter() - begun) * 1000)


def timed(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, its time noted; of a hook around others only its own parts."""

    @functools.wraps(work)
    def noted(*given: Any, **named: Any) -> Any:
        with clock():
            return work(*given, **named)

    @functools.wraps(work)
    def around(*given: Any, **named: Any) -> Generator[None, Any, Any]:
        parts = work(*given, **named)
        with clock():
            next(parts)
        result = yield
        with clock():
            try:
                parts.send(result)
            except StopIteration as end:
                return end.value

    return around if inspect.isgeneratorfunction(work) else noted


@timed
def load() -> Any:
    """Our plugin, loaded now."""
    import pytest_polarsearch.plugin

    return pytest_polarsearch.plugin


plugin = load()
for name in [name for name, value in vars(plugin).items() if name.startswith("pytest_") and inspect.isfunction(value)]:
    setattr(plugin, name, timed(getattr(plugin, name)))


def pytest_unconfigure() -> None:
    """Write the sum."""
    Path(os.environ["UNUSED_TIME"]).write_text(str(sum(spent)), encoding="utf-8")
