"""The event stream: JSON lines, written as the run goes. `run` stands first, then a `judgement` each, `end` last.

A stream without `end` was cut: its run was killed, or the file was. The format is published in `events.schema.json`;
readers take every version up to their own, and fields that they do not know.
"""

from __future__ import annotations

import json
import platform
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..run import Run
from ..words import spoken

FORMAT = 1
NAME = "run.ndjson"

Json = Any


class EventStream:
    """Appends events to a new file, each line whole and flushed. Raises OSError where it cannot be written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("wb", buffering=0)
        self._started = time.monotonic()
        self._lines = 0
        self._verdicts: Counter[str] = Counter()

    def write(self, event: str, what: Mapping[str, Json]) -> None:
        """Append one event; lone surrogates and everything else that is no ASCII is escaped."""
        self._lines += 1
        if event == "judgement":
            self._verdicts[what["verdict"]] += 1
        self._file.write(json.dumps({"event": event, **what}).encode("ascii") + b"\n")

    def end(
        self, exit_status: int, left: Sequence[str], kept: Sequence[str], redact: Callable[[str], str] = str
    ) -> None:
        """The footer: without it a reader knows that the stream was cut."""
        if self._file.closed:
            return
        told: dict[str, Json] = {
            "exit": exit_status,
            "seconds": round(time.monotonic() - self._started, 3),
            "counts": dict(sorted(self._verdicts.items())),
            "left": [redact(one) for one in left],
            "kept": [redact(one) for one in kept],
            "zh": {"left": [redact(spoken(one, "zh")) for one in left]},
        }
        self.write("end", {**told, "lines": self._lines + 1})
        self._file.close()


def header(run: Run, selected: Sequence[str], total: int) -> dict[str, Json]:
    """What the first line says of the run: target, settings and where each came from, versions."""
    target, settings = run.target, run.settings
    return {
        "format": FORMAT,
        "run": run.part.run_id,
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "lang": settings["lang"],
        "cluster": {"url": target.url, "origin": target.origin, "ephemeral": target.ephemeral},
        "engine": {"name": str(run.engine), "line": run.engine.line},
        "service": {"url": run.service.url, "built_in": run.service == target.observed},
        "insecure": target.trust.insecure,
        "settings": {name: {"value": _plain(one.value), "origin": one.origin} for name, one in settings.values.items()},
        "lacking": dict(run.lacking),
        "hints": [run.redact(hint) for hint in run.hints],
        "versions": {"python": platform.python_version(), **{one: version(one) for one in PACKAGES}},
        "selected": list(selected),
        "requirements": total,
    }


PACKAGES = ("pytest-polarsearch", "pytest", "httpx")


def _plain(value: Json) -> Json:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
