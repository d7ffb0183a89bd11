"""The packed scenarios as they were recorded, by engine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "scenarios.jsonl"


class Number(float):
    """A number with a fraction or exponent that remembers its spelling."""

    text: str

    def __new__(cls, text: str) -> Number:
        self = super().__new__(cls, text)
        self.text = text
        return self


@dataclass(frozen=True)
class Scenario:
    """One scenario of one engine."""

    name: str
    engine: str
    fresh: bool
    loose_bodies: bool
    steps: tuple[Any, ...]


def parsed(text: str) -> Any:
    """JSON with numbers that remember their spelling."""
    return json.loads(text, parse_float=Number)


@lru_cache(maxsize=1)
def _lines() -> tuple[list[Any], list[Any]]:
    first, *rest = DATA.read_text(encoding="utf-8").rstrip("\n").split("\n")
    return json.loads(first)["shared"], [json.loads(line) for line in rest]


def _whole(value: Any, shared: list[Any]) -> Any:
    if isinstance(value, dict):
        if "$shared" in value:
            return _whole(shared[value["$shared"]], shared)
        if "$number" in value:
            return Number(value["$number"])
        return {name: _whole(inner, shared) for name, inner in value.items()}
    return [_whole(inner, shared) for inner in value] if isinstance(value, list) else value


def names() -> list[tuple[str, str]]:
    """Every (engine, scenario) there is."""
    return [(engine, entry["id"]) for entry in _lines()[1] for engine in entry["engines"]]


def scenario(engine: str, name: str) -> Scenario:
    """One scenario, unpacked."""
    shared, entries = _lines()
    entry = next(one for one in entries if one["id"] == name)
    own = entry["engines"][engine]
    changed = _whole(own["steps"], shared)
    steps = _whole(entry["steps"], shared)
    merged = tuple(changed[str(n)] if str(n) in changed else steps[n] for n in range(own["length"]))
    return Scenario(name, engine, entry["fresh"], entry["loose_bodies"], merged)
