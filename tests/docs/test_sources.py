"""What was read before requirements were written is covered by them, entry by entry."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pytest_polarsearch.requirements.registry import load, tomllib

ROOT = Path(__file__).parents[2]
COLLECTIONS = tomllib.loads((ROOT / "docs" / "sources.toml").read_text(encoding="utf-8"))
#: Prefix of entries -> how many the collection has, and how many digits their numbers have.
SIZES = {
    "G": (13, 1), "C": (30, 1), "Q": (35, 1), "E": (14, 2), "R": (10, 2), "C0": (7, 1), "X": (11, 2),
    "S": (8, 1), "T": (13, 1), "D": (21, 1), "K": (9, 1), "W": (21, 1), "V": (21, 1), "L": (5, 1),
}  # fmt: skip


def entries() -> dict[str, dict[str, Any]]:
    """Every entry: what it says, and the requirements that cover it or the reason why none does."""
    return {name: row for one in COLLECTIONS.values() for name, row in one["entries"].items()}


def test_every_entry_is_covered() -> None:
    """By requirements that exist: each of those has a check, or says why not. Where there is none a reason stands."""
    assert [name for name, row in entries().items() if bool(row.get("covered_by")) == bool(row.get("excluded"))] == []
    assert [name for name, row in entries().items() if not set(row.get("covered_by", ())) <= set(load())] == []


def test_no_entry_is_lost() -> None:
    """Names are unique over all collections, and reasons name only requirements that exist."""
    assert len(entries()) == sum(len(one["entries"]) for one in COLLECTIONS.values())
    subjects = {row.subject for row in load().values()}
    named = re.compile(r"\b([a-z]+)\.[a-z][a-z0-9-]+")
    told = [found[0] for row in entries().values() for found in named.finditer(row.get("excluded", ""))]
    assert {one for one in told if one.partition(".")[0] in subjects} <= set(load())


def test_every_entry_stands_on_the_page() -> None:
    """With its requirements, or with the reason why it has none."""
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert [name for name in entries() if f"| {name} |" not in page] == []
    assert [name for name, row in entries().items() if row.get("excluded", "") not in page] == []


@pytest.mark.parametrize("prefix", SIZES)
def test_a_collection_is_whole(prefix: str) -> None:
    """No number is left out."""
    count, digits = SIZES[prefix]
    wanted = {f"{prefix}{number:0{digits}d}" for number in range(1, count + 1)}
    pattern = re.compile(rf"{prefix}{'0?' if digits == 2 else '(?!0)'}\d+")
    assert {name for name in entries() if pattern.fullmatch(name)} == wanted
