"""The command of the mutation page, on the smallest module: it makes a mutant in a clone and finds it killed."""

from __future__ import annotations

import os
import subprocess
import sys

from .test_layers import ROOT


def test_a_mutant_is_made_and_killed():
    """A mutant of the last commit's source is judged by the tests of its module; the page stays as it is."""
    page = ROOT / "docs" / "mutation.md"
    before = page.read_bytes()
    command = [sys.executable, "mutation/run.py", "--each", "1", "--only", "judging/logs.py"]
    # what runs in the clone is not this source: its coverage is nobody's
    around = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    ended = subprocess.run(command, cwd=ROOT, env=around, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "**1 of 1 mutants were killed (100 %)**" in ended.stdout
    assert page.read_bytes() == before
