"""What a run meant to create and what it got: on disk before each request, so that a killed run can be cleaned up."""

from __future__ import annotations

import json
import os
import platform
import threading
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

FORMAT = 2

Json = Any


class Journal(Protocol):
    """Takes one entry before a create (`intent`), one after it (`made`), one when it is gone, or when its
    delete was answered as done and it is still there to read (`deleted`)."""

    def write(self, event: str, **what: Json) -> None:
        """Keep one entry; it is safe when this returns."""

    def close(self, *, clean: bool) -> None:
        """The run is over; `clean` when nothing of it is left."""


class NoJournal:
    """For a cluster that ends with the run: nothing of it can be left behind."""

    def write(self, event: str, **what: Json) -> None:
        """Keep nothing."""

    def close(self, *, clean: bool) -> None:
        """Nothing to close."""


class FileJournal:
    """One JSON line an entry, flushed and synced; the file goes when the run ended clean."""

    def __init__(self, path: Path, **header: Json) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self._turn = path, threading.Lock()
        self._file = path.open("a", encoding="utf-8")
        began = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.write("begin", format=FORMAT, began=began, machine=platform.node(), pid=os.getpid(), **header)

    def write(self, event: str, **what: Json) -> None:
        """Append one entry and wait until it is on disk."""
        with self._turn:
            self._file.write(json.dumps({"event": event, **what}, ensure_ascii=False) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self, *, clean: bool) -> None:
        """Remove the file of a clean run; keep the other's, for the sweep."""
        self._file.close()
        if clean:
            self.path.unlink(missing_ok=True)


def journal_folder(given: str | None, environ: Mapping[str, str] | None = None) -> Path:
    """The folder that was given, or the user's state folder, where every run finds the journals of the others."""
    if given:
        return Path(given)
    env = os.environ if environ is None else environ
    base = env.get("XDG_STATE_HOME") or str(Path(env.get("HOME") or Path.home()) / ".local" / "state")
    return Path(base) / "pytest-polarsearch"
