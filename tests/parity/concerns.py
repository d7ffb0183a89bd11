"""Which checks concern which recorded errors: the rows of `data/concerns.toml`, with the recorded steps they name."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from polarsearch_mock import Emulator, Request

from .scenarios import names, scenario

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).parent / "data" / "concerns.toml"
ENGINES = sorted({engine for engine, _ in names()})


@dataclass(frozen=True)
class Concern:
    """A check and a scenario that shows an error it is about. `names`: recorded word -> word of the check's own
    request; `wrong`: why the check calls what was recorded wrong, empty where it must not."""

    check: str
    scenario: str
    steps: Sequence[int] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    wrong: str = ""

    def recorded(self, engine: str) -> Iterator[tuple[int, Any]]:
        """The steps of the scenario that this engine answered with an error, by number."""
        for number, step in errors(engine, self.scenario):
            if not self.steps or number in self.steps:
                yield number, step


def errors(engine: str, name: str) -> list[tuple[int, Any]]:
    """The steps of a scenario that were answered with an error, or not at all, by number from 1."""
    steps = enumerate(scenario(engine, name).steps, 1)
    return [(number, step) for number, step in steps if step["response"].get("status", 599) >= 400]


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def concerns() -> list[Concern]:
    """Every row."""
    judged = _table()["judged"]
    return [Concern(check, name, **row) for check, rows in judged.items() for name, row in rows.items()]


def unjudged() -> dict[str, str]:
    """Scenarios that show an error and concern no check, with the reason."""
    return {name: row["because"] for row in _table()["unjudged"] for name in row["scenarios"]}


_emulator = Emulator()


def route(method: str, path: str) -> str:
    """The call a request is, whatever ids are in its path."""
    return f"{method} {_emulator.route_name(Request(method, path.partition('?')[0]))}"
