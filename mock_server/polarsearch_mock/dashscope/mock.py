"""The DashScope mock for test authors: pytest-httpserver's API, the service's routes built in, faults, scripts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from pytest_httpserver import WaitingSettings

from ..expectations import ExpectingServer
from ..faults import ActiveFault
from ..recorder import CAPACITY
from ..trial import Trial
from .front import dashscope_front
from .routes import ROUTES
from .service import DashScope
from .switches import Switches


class FrozenTime:
    """The service's clock standing still: leave the `with` block, or `remove()`, to let it run again."""

    def __init__(self, service: DashScope, at: float) -> None:
        self._service, self._before = service, service.clock
        service.clock = lambda: at

    def remove(self) -> None:
        """The clock runs as before."""
        self._service.clock = self._before

    def __enter__(self) -> FrozenTime:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class DashScopeMock(ExpectingServer):
    """Answers as DashScope does, on plain http; expectations that a test registers come first.

    `api_keys` are the only keys taken; without any, every `sk-…` is. `switches` choose between documented variants of
    the service. The log keeps the last `log_limit` requests and counts what it dropped.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        api_keys: Sequence[str] = (),
        switches: Switches | None = None,
        *,
        log_limit: int = CAPACITY,
        default_waiting_settings: WaitingSettings | None = None,
    ) -> None:
        self.service = DashScope(api_keys=tuple(api_keys), switches=switches or Switches())
        super().__init__(dashscope_front(self.service, log_limit), ROUTES, host, port, default_waiting_settings)

    def clear(self) -> None:
        """Forgets expectations, log, faults, scripts, vectors, and a frozen time."""
        super().clear()
        self.service.clock = time.time

    def fault(
        self,
        name: str,
        route: str | None = None,
        times: int | None = None,
        probability: float = 1.0,
        seed: int = 0,
        **params: Any,
    ) -> ActiveFault:
        """Makes the service misbehave until `remove()` or the end of the `with` block.

        For one route (`"embedding"`, …), for so many requests, with a probability drawn from `seed`. Raises
        UnknownFault, whose sentence names the closest fault.
        """
        return self.front.faults.set(name, route, times, probability, seed, **params)

    def trying(self, names: Iterable[str]) -> AbstractContextManager[Trial]:
        """Meanwhile those faults are tried on everything that passes, and change nothing."""
        return self.front.faults.trying(names)

    def script_chat(self, answers: Iterable[str | dict[str, Any]]) -> None:
        """The next chat answers, in order: texts, or whole assistant messages (with `tool_calls`, …)."""
        self.service.scripts.extend(answers)

    def set_vector(self, text: str, vector: Sequence[float]) -> None:
        """The embedding of a text from now on, exactly as given."""
        self.service.set_vector(text, vector)

    def freeze_time(self, at: float) -> FrozenTime:
        """Answers carry this time (seconds since the epoch) until the `with` block ends."""
        return FrozenTime(self.service, at)
