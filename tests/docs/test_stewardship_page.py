"""The page of what runs survived names all that is tried, with commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_polarsearch.session.artefacts import ARTEFACTS
from tests.hostile.test_hostile_answers import ANSWERS, CONVERSATIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "stewardship.md").read_text(encoding="utf-8")


def test_every_hostile_answer_and_every_artefact_is_named():
    """A new row of either table means: run `python docs/stewardship.py` again."""
    assert [one for one in (*ANSWERS, *CONVERSATIONS) if f"- {one}\n" not in PAGE] == []
    assert [kind for kind in ARTEFACTS if kind not in PAGE] == []


def test_its_commands_run_tests_that_exist():
    """What repeats a result can be pasted."""
    commands = re.findall(r"python -m pytest (.+)", PAGE)
    assert len(commands) == 5
    assert [path for command in commands for path in command.split() if not (ROOT / path).exists()] == []


def test_kill_points_of_every_kind_are_counted():
    """Each of the six ways to die has its line, and none is nothing."""
    counts = dict(re.findall(r"\| (kill points: [^|]+) \| (\d+) \|", PAGE))
    assert len(counts) == 6
    assert all(int(count) > 0 for count in counts.values())
