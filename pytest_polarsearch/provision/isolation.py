"""Keeps apart what several processes of this machine ask of one cluster while one of them has changed its settings.

A change of settings is everybody's: so nothing that depends on settings is asked until it is undone. The locks are
files, and they are held as briefly as can be: over one request, over a deployment up to its state, over a change up to
its undoing. What depends on no setting (reading, searching, removing) goes on meanwhile.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..exchange import Exchange

if TYPE_CHECKING:
    from filelock import ReadWriteLock

#: Requests (method and path) whose outcome no setting changes.
INDEPENDENT = re.compile(r"(GET|DELETE) /_plugins/_ml/.*|POST /_plugins/_ml/.*/(_search|_undeploy)")
#: Requests that are answered first and act a moment later, under the settings that stand then.
LASTING = re.compile(r"POST .*(/_deploy|[?&]deploy=true)|PUT .*/(models|connectors)/.*")


class Alone:
    """For a cluster that nobody else asks: nothing waits for anything."""

    def asking(self, asked: Exchange) -> AbstractContextManager[Any]:  # noqa: ARG002  those that share look at it
        """Around one request."""
        return nullcontext()

    def settling(self) -> AbstractContextManager[Any]:
        """Around a deployment up to the state it leads to."""
        return nullcontext()

    def judging(self) -> AbstractContextManager[Any]:
        """Around a check: what it has only begun on the cluster is over when this ends."""
        return nullcontext()

    def adding(self) -> AbstractContextManager[Any]:
        """Around a change of settings that touches nobody else: those who make one wait for each other."""
        return nullcontext()

    def changing(self) -> AbstractContextManager[Any]:
        """Around a change of settings that others would feel, up to its undoing."""
        return nullcontext()

    def close(self) -> None:
        """Give back what it took."""


class _Mine(threading.local):
    """A thread's own way to the lock, and what the check that it judges has begun; `ways` are those of all threads."""

    def __init__(self, place: str, ways: list[ReadWriteLock]) -> None:
        from filelock import ReadWriteLock

        self.lock = ReadWriteLock(place, is_singleton=False)
        ways.append(self.lock)
        self.begun: ExitStack | None = None


class Together(Alone):
    """For a cluster that other processes of this machine may ask too."""

    def __init__(self, url: str) -> None:
        from filelock import FileLock

        whose = f"{getattr(os, 'getuid', int)()} {url}"  # a file of another account cannot be locked
        place = Path(tempfile.gettempdir()) / f"polarsearch-{hashlib.sha256(whose.encode()).hexdigest()[:16]}"
        self._ways: list[ReadWriteLock] = []
        self._mine = _Mine(str(place.with_suffix(".lock")), self._ways)
        self._turn = FileLock(place.with_suffix(".turn"), poll_interval=0.01)
        self._changes = 0

    def asking(self, asked: Exchange) -> AbstractContextManager[Any]:
        """Around one request. Inside a change of this process nothing waits: it is the process's own."""
        what = f"{asked.method} {asked.path}"
        if self._changes or INDEPENDENT.fullmatch(what.partition("?")[0]):
            return nullcontext()
        if self._mine.begun is not None and LASTING.fullmatch(what):
            self._mine.begun.enter_context(self.settling())
        return self.settling()

    def settling(self) -> AbstractContextManager[Any]:
        """Around a deployment up to the state it leads to."""
        return nullcontext() if self._changes else self._mine.lock.read_lock()

    @contextmanager
    def judging(self) -> Iterator[None]:
        """Around a check: what it has only begun on the cluster is over when this ends."""
        self._mine.begun = ExitStack()
        try:
            yield
        finally:
            self._settle()
            self._mine.begun = None

    def _settle(self) -> None:
        """Who waits for a change of its own lets all others have theirs first."""
        if self._mine.begun is not None:
            self._mine.begun.close()

    @contextmanager
    def adding(self) -> Iterator[None]:
        """Around a change of settings that touches nobody else: those who make one wait for each other."""
        self._settle()
        with self._turn:
            yield

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Around a change of settings that others would feel, up to its undoing."""
        with self.adding(), self._mine.lock.write_lock():
            self._changes += 1
            try:
                yield
            finally:
                self._changes -= 1

    def close(self) -> None:
        """Give back what it took."""
        for way in self._ways:
            way.close()
