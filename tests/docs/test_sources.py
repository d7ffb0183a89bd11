"""What was read before requirements were written is covered by them, entry by entry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_polarsearch.requirements.registry import load, tomllib

COLLECTIONS = tomllib.loads((Path(__file__).parents[2] / "docs" / "sources.toml").read_text(encoding="utf-8"))
#: Prefix of entries -> how many the collection has, and how many digits their numbers have.
SIZES = {"G": (13, 1), "C": (30, 1), "Q": (35, 1), "E": (14, 2), "R": (10, 2), "C0": (7, 1), "X": (11, 2)}


def entries() -> dict[str, list[str]]:
    """Every entry with the requirements that cover it."""
    return {name: row["covered_by"] for one in COLLECTIONS.values() for name, row in one["entries"].items()}


def test_every_entry_is_covered() -> None:
    """By requirements that exist: each of those has a check, or says why not."""
    assert [name for name, ids in entries().items() if not ids or not set(ids) <= set(load())] == []


@pytest.mark.parametrize("prefix", SIZES)
def test_a_collection_is_whole(prefix: str) -> None:
    """No number is left out."""
    count, digits = SIZES[prefix]
    wanted = {f"{prefix}{number:0{digits}d}" for number in range(1, count + 1)}
    pattern = re.compile(rf"{prefix}{'0?' if digits == 2 else '(?!0)'}\d+")
    assert {name for name in entries() if pattern.fullmatch(name)} == wanted
