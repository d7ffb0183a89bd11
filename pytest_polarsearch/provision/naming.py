"""Names and marks of what a run creates, so that it can be told from everything else on the cluster."""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any

#: A phrase that stands in every mark: what a cluster is asked for.
PHRASE = "pytest-polarsearch run"
MARK = re.compile(r"\(pytest-polarsearch run (?P<run>[0-9a-f]{8,32}) (?P<worker>[A-Za-z0-9]+) (?P<number>\d+)\)")
ALMOST = re.compile(rf"{PHRASE} (?P<run>[0-9a-f]{{8,32}})\b")
#: How marks look in the cluster's trusted patterns: a group that is repeated no times at all.
PATTERN_MARK = re.compile(r"\(\?:pytest-polarsearch-run-[^)]*\)\{0\}")

#: How many characters of an id say when its run began: seconds since 1970, in hexadecimal.
MOMENT = 8
ID_LENGTH = 16


def new_run_id() -> str:
    """An id no other run has; it says when the run began, since not everything on a cluster says when it was made."""
    return f"{int(time.time()):0{MOMENT}x}{secrets.token_hex((ID_LENGTH - MOMENT) // 2)}"


def begun(run_id: str) -> float | None:
    """When that run began, in seconds since 1970, or None where its id does not say."""
    return float(int(run_id[:MOMENT], 16)) if len(run_id) == ID_LENGTH else None


def almost(name: str) -> str | None:
    """The run that a name without a mark speaks of as marks do: somebody has edited it, or it only looks like one."""
    found = ALMOST.search(name)
    return found["run"] if found else None


@dataclass
class Names:
    """Gives each resource a mark with run id, worker and number; only letters that every engine takes in names."""

    run: str
    worker: str = "main"
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    def marked(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """The body with the mark behind its name; one without a proper name, or marked already, stays as it is."""
        name = body.get("name")
        if not isinstance(name, str) or not name or run_of(name) == self.run:
            return dict(body)
        mark = f"(pytest-polarsearch run {self.run} {self.worker} {next(self.numbers)})"
        return {**body, "name": f"{name} {mark}"}


def run_of(name: str) -> str | None:
    """The run that a resource's name says it belongs to, or None."""
    found = MARK.search(name)
    return found["run"] if found else None


def unmarked(text: str) -> str:
    """The text with `(mark)` for every mark of a run, in names and in patterns: what two runs say alike."""
    return PATTERN_MARK.sub("(mark)", MARK.sub("(mark)", text))
