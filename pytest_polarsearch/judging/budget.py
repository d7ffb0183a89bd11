"""What a run may cost the model service: the most calls, the most calls a second, over all processes of the run."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..checks.contract import NotApplicable
from ..exchange import Exchange, NotJson
from ..patience import SET_UP
from ..provision.waiting import Clock, WallClock
from ..settings import Settings
from ..words import said

if TYPE_CHECKING:
    from ..client import Asker

#: Fields of answers that name what was made.
MADE = ("connector_id", "model_id")


class BudgetSpent(NotApplicable):
    """No further call to the model service is allowed."""

    code = "budget"


@dataclass(frozen=True)
class Toll:
    """Lets calls to the model service pass: `budget` of them at most, `rate` a second at most; None: any number.

    `place` is a file that all processes of the run share, guarded by a lock beside it.
    """

    place: Path
    clock: Clock
    budget: int | None = None
    rate: float | None = None

    def pay(self) -> None:
        """Count one call, and wait for its turn. Raises BudgetSpent."""
        with self._state() as state:
            if self.budget is not None and state["spent"] >= self.budget:
                raise BudgetSpent(self.reason)
            now = self.clock.now()
            turn = max(now, state["turn"])
            state["spent"] += 1
            state["turn"] = turn + (1 / self.rate if self.rate else 0)
        if turn > now:
            self.clock.pause(turn - now)

    def settle(self, reached: int) -> None:
        """One that was paid for is over, and so many calls reached the service."""
        if reached != 1:
            with self._state() as state:
                state["spent"] += reached - 1

    def affords(self, calls: int) -> bool:
        """Whether so many calls are left."""
        with self._state() as state:
            return self.budget is None or state["spent"] + calls <= self.budget

    @property
    def spent(self) -> int:
        """How many calls the run has made so far."""
        with self._state() as state:
            return int(state["spent"])

    @property
    def reason(self) -> str:
        """Why something was not asked."""
        return said("lacking.budget", budget=self.budget)

    def close(self) -> None:
        """Forget what was counted."""
        self.place.unlink(missing_ok=True)
        self._lock.unlink(missing_ok=True)

    @property
    def _lock(self) -> Path:
        return self.place.with_suffix(".lock")

    @contextmanager
    def _state(self) -> Iterator[dict[str, float]]:
        from filelock import FileLock

        with FileLock(self._lock):
            text = self.place.read_text(encoding="ascii") if self.place.exists() else '{"spent": 0, "turn": 0}'
            state: dict[str, float] = json.loads(text)
            before = dict(state)
            yield state
            if state != before:
                self.place.write_text(json.dumps(state), encoding="ascii")


@dataclass
class Gates:
    """Where the requests of a run pay: before they go to the cluster that asks the service, or to the service itself.

    `sent` says how many calls of it the cluster has made since it was asked last: of all who ask at once, so that it
    is right in the sum. Without it nobody sees what the cluster refuses by itself, and all that may reach the service
    stays paid for.
    """

    toll: Toll
    meter: Meter
    sent: Callable[[], int] | None = None

    def before_cluster(self, client: Asker) -> None:
        """Let through what goes on to the model service, and all else."""
        client.before.append(lambda asked: self.toll.pay() if self.meter.reaches(asked) else None)
        client.listen(self._through_cluster)
        client.listen(self.meter.hear)

    def before_service(self, client: Asker) -> None:
        """Every request is a call."""
        client.before.append(lambda _asked: self.toll.pay())
        client.listen(lambda asked: self.toll.settle(0) if asked.kind in SET_UP else None)

    def _through_cluster(self, exchange: Exchange) -> None:
        if not self.meter.reaches(exchange):
            return
        if self.sent:
            self.toll.settle(self.sent())
        elif exchange.kind in SET_UP:
            self.toll.settle(0)


def toll_for(settings: Settings, run_id: str) -> Toll | None:
    """The toll of a run, or None where its options limit nothing."""
    if settings["budget"] is None and settings["rate"] is None:
        return None
    place = Path(tempfile.gettempdir()) / f"polarsearch-{run_id}.toll"
    return Toll(place, WallClock(), settings["budget"], settings["rate"])


class Meter:
    """Knows which requests to the cluster go on to a model service: predicts of models that were made for it."""

    def __init__(self, netloc: str) -> None:
        self._names_it = re.compile(rf"(?<![\w.-]){re.escape(netloc)}(?![\w:])".encode())
        self._made: set[str] = set()

    def reaches(self, asked: Exchange) -> bool:
        """Whether the request may reach the service."""
        path = asked.path.partition("?")[0]
        return "/_predict" in path and self._about(asked.request_body or b"", path.split("/"))

    def hear(self, exchange: Exchange) -> None:
        """Learn from an exchange what was made for the service."""
        if not exchange.ok or exchange.method not in ("POST", "PUT"):
            return
        body = exchange.request_body or b""
        named = re.findall(r"[\w-]{6,}", body.decode("utf-8", "replace")) if b"connector_id" in body else []
        parts = exchange.path.partition("?")[0].split("/")
        if self._about(body, [*named, *parts]):
            self._made |= {*_ids(exchange), *(parts[-1:] if exchange.method == "PUT" else ())}

    def _about(self, body: bytes, names: list[str]) -> bool:
        return bool(self._names_it.search(body)) or not self._made.isdisjoint(names)


def _ids(exchange: Exchange) -> set[str]:
    try:
        found = [exchange.get(field) for field in MADE]
    except NotJson:
        return set()
    return {one for one in found if isinstance(one, str) and one}
