"""Judges the judge: every check against its faults and all others, on the built-in emulator and mock."""

from __future__ import annotations

from .bench import PATIENCE, Bench, judge_under
from .matrix import KillMatrix, declared_faults, kill_matrix, known_faults, page_of

__all__ = [
    "PATIENCE",
    "Bench",
    "KillMatrix",
    "declared_faults",
    "judge_under",
    "kill_matrix",
    "known_faults",
    "page_of",
]
