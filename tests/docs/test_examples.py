"""The examples are projects of their own: each passes its own tests, started in its own folder as its owner would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted(path for path in (Path(__file__).parents[2] / "examples").iterdir() if (path / "pytest.ini").exists())
OURS = ("POLARSEARCH", "USER_PASSWORD", "YOUR_API_KEY", "DASHSCOPE_API_KEY", "PYTEST_")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)
def test_an_example_passes_its_tests(example, tmp_path):
    """In a copy of its folder, with nothing set on the machine; all its tests are run."""
    copy = shutil.copytree(example, tmp_path / example.name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    written = sum(len(re.findall(r"^def test_", path.read_text(), re.M)) for path in copy.rglob("test_*.py"))
    around = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=copy, env=around, text=True, capture_output=True, timeout=120, check=False)
    assert (done.returncode, f"{written} passed" in done.stdout) == (0, True), done.stdout
    assert written >= 5
