"""Frozen requirement sets: what a run of a set scores, whatever was added to the registry later."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib import resources

from .registry import LEVELS, Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@cache
def golden(name: str) -> Mapping[str, str]:
    """The level of every requirement that a set scores, by id. Raises FileNotFoundError for a set that is none."""
    text = (resources.files(__package__) / "sets" / f"{name}.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    return {one: level for level in LEVELS for one in document.get(level, ())}


def scored(requirement: Requirement, chosen: str) -> bool:
    """Whether a requirement is part of a set: what entered later is run and shown, and not scored."""
    return _order(requirement.since) <= _order(chosen)


def _order(name: str) -> list[int]:
    """Sets sort by year and number: 2026.10 comes after 2026.9."""
    return [int(part) for part in re.findall(r"\d+", name)]
