"""A plugin that sums the time a run spends in our plugin: loading it, and each of its hooks. Load it before ours.

`UNUSED_TIME` names the file that gets the milliseconds.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

spent: list[float] = []


def timed(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, its time noted."""

    @functools.wraps(work)
    def noted(*given: Any, **named: Any) -> Any:
        begun = time.perf_counter()
        try:
            return work(*given, **named)
        finally:
            spent.append((time.perf_counter() - begun) * 1000)

    return noted


@timed
def load() -> Any:
    """Our plugin, loaded now."""
    import pytest_polarsearch.plugin

    return pytest_polarsearch.plugin


plugin = load()
for name in [name for name in vars(plugin) if name.startswith("pytest_")]:
    setattr(plugin, name, timed(getattr(plugin, name)))


def pytest_unconfigure() -> None:
    """Write the sum."""
    Path(os.environ["UNUSED_TIME"]).write_text(str(sum(spent)), encoding="utf-8")
