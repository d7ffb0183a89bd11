"""Judges the judge: every check against its faults and all others, on what is built in or behind the proxy."""

from __future__ import annotations

from .bench import PATIENCE, Bench, judge_under, look_first
from .matrix import KillMatrix, declared_faults, kill_matrix, known_faults, page_of

__all__ = [
    "PATIENCE",
    "Bench",
    "KillMatrix",
    "declared_faults",
    "judge_under",
    "kill_matrix",
    "known_faults",
    "look_first",
    "page_of",
]
