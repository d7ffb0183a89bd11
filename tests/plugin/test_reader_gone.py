"""Whoever reads a command's output may stop reading, as `head` does: it ends quietly, whatever the command."""

from __future__ import annotations

import os
import subprocess

import pytest

from ..reports.streams import failure, judgement, stream
from .conftest import ALONE, COMMAND

COMMANDS = {
    "compare": ["compare", "{old}", "{new}"],
    "report": ["report", "{old}", "--junit", "{folder}/j.xml"],
    "requirements": ["requirements"],
    "profiles": ["profiles"],
    "lint": ["lint", "{recipe}"],
    "check": ["check", *ALONE, "--collect-only", "-q"],
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """What the commands read."""
    folder = tmp_path_factory.mktemp("files")
    recipe = folder / "connector.json"
    recipe.write_text('{"name": "x", "protocol": "http", "actions": [{"action_type": "predict", "url": "http://x"}]}')
    streams = {"old": stream(folder / "old", [judgement()]), "new": stream(folder / "new", [failure()], 1)}
    return {**streams, "recipe": recipe, "folder": folder}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_whose_reader_is_gone_ends_quietly(files, name):
    """The reading end of its output is closed before it says anything: no traceback, and the shells' status for it."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        arguments = [one.format_map(files) for one in COMMANDS[name]]
        done = subprocess.run(
            [*COMMAND, *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
            cwd=files["folder"],
        )  # fmt: skip
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
