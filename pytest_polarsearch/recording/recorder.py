"""Writes a recording as the run goes by; one file for all processes of a run, and no secret in it."""

from __future__ import annotations

import itertools
import json
import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

from ..exchange import Exchange
from ..provision.waiting import Clock, WallClock
from .tape import FORMAT, cleaned, plain_call, plain_exchange

Json = Any


class Observer(Protocol):
    """The built-in mock as a recorder sees it."""

    @property
    def dropped(self) -> int:
        """Requests that its bounded log no longer holds."""

    def calls(self) -> Sequence[Any]:
        """The requests it still holds, oldest first."""


class NoRecorder:
    """For a run that nobody records."""

    clock: Clock = WallClock()

    def exchange(self, exchange: Exchange) -> None:
        """Keep nothing."""

    def watch(self, observer: Observer) -> None:
        """Look at nothing."""

    def write(self, event: str, **what: Json) -> None:
        """Write nothing."""

    def scope(self, kind: str, name: str) -> AbstractContextManager[dict[str, Json]]:  # noqa: ARG002
        """A scope that nobody keeps."""
        return nullcontext({})

    def numbers(self) -> Iterator[int]:
        """Numbers of marks, from 1 on."""
        return itertools.count(1)

    def close(self) -> None:
        """Nothing to close."""


class Recorder(NoRecorder):
    """Appends events to a file that the first process of the run makes anew. Raises OSError where it cannot."""

    def __init__(self, path: Path, run: str, worker: str, clean: Callable[[str], str], *, first: bool) -> None:
        from filelock import FileLock

        self._worker, self._clean = worker, clean
        self._lines = self._seen = 0
        self._observer: Observer | None = None
        self._lock = FileLock(Path(tempfile.gettempdir()) / f"polarsearch-{run}.recording.lock")
        self._file = path.open("wb" if first else "ab", buffering=0)
        if first:  # others append; so must this one, or it would write over them
            self._file.close()
            self._file = path.open("ab", buffering=0)
        self.clock = RecordedClock(self)
        self.write("begin", format=FORMAT, run=run, python=platform.python_version())

    def write(self, event: str, **what: Json) -> None:
        """Append one event, secrets taken out; the line is whole on disk, or not there."""
        plain = {"event": event, "worker": self._worker, **cleaned(what, self._clean)}
        self._lines += 1
        with self._lock:
            self._file.write(json.dumps(plain).encode() + b"\n")

    def exchange(self, exchange: Exchange) -> None:
        """Keep an exchange, behind what reached the mock before its answer."""
        self._look()
        self.write("exchange", **plain_exchange(exchange))

    def watch(self, observer: Observer) -> None:
        """Keep from now on what reaches the mock."""
        self._observer = observer
        self._seen = observer.dropped + len(observer.calls())

    def _look(self) -> None:
        if self._observer is None:
            return
        calls = self._observer.calls()
        total = self._observer.dropped + len(calls)
        new = total - self._seen if total >= self._seen else len(calls)  # somebody cleared the log
        self._seen = total
        for call in calls[len(calls) - min(new, len(calls)) :]:
            self.write("upstream", **plain_call(call))

    @contextmanager
    def scope(self, kind: str, name: str) -> Iterator[dict[str, Json]]:
        """What is recorded inside belongs to `name`; what is put into the given dict stands at the scope's end."""
        self.write("open", scope=kind, name=name)
        told: dict[str, Json] = {}
        try:
            yield told
        finally:
            self._look()
            self.write("close", scope=kind, name=name, **told)

    def numbers(self) -> Iterator[int]:
        """Numbers of marks, each kept as it is taken."""
        for number in itertools.count(1):
            self.write("mark", value=number)
            yield number

    def close(self) -> None:
        """Say that this process has written all it had to."""
        self.write("end", lines=self._lines + 1)
        self._file.close()


class RecordedClock(WallClock):
    """The time of this machine; each reading is kept."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def now(self) -> float:
        """Seconds since some moment, never set back."""
        reading = super().now()
        self._recorder.write("clock", value=reading)
        return reading
