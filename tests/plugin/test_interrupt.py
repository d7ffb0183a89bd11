"""Runs that do not end well: Ctrl-C, a signal, a kill; what is left is nothing, or can be swept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import ALONE, COMMAND

EMPTY = {"models": [], "connectors": [], "model_groups": []}
#: A test that has made a model, says so, and waits to be interrupted.
WAITING = """
import pathlib, threading


def test_it(polarsearch_chat_model):
    pathlib.Path("made").touch()
    threading.Event().wait(50)
"""


def hears_ctrl_c() -> None:
    """A shell's background jobs ignore SIGINT and hand that down: here it must be heard."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def started(pytester, plain, monkeypatch):
    """A run whose test has made a model on the cluster and waits; the process and its journals' folder."""
    monkeypatch.chdir(pytester.path)
    pytester.makepyfile(test_waiting=WAITING)
    journals = pytester.path / "journals"
    arguments = [*ALONE, "--polarsearch-host", plain.polarsearch, "--polarsearch-allow-settings"]
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments, "--polarsearch-journal", str(journals), "test_waiting.py"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=pytester.path,
        preexec_fn=hears_ctrl_c,  # noqa: PLW1509  nothing of the parent runs in the child but this
    )  # fmt: skip
    until(lambda: (pytester.path / "made").exists() or process.poll() is not None)
    assert process.poll() is None, process.communicate()[0]
    yield process, journals
    process.kill()
    process.wait()
    process.stdout.close()


def until(condition, seconds=30.0):
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


def entries(journals: Path) -> list[dict]:
    """All journal entries of all runs."""
    return [json.loads(line) for path in journals.glob("*.jsonl") for line in path.read_text().splitlines()]


def test_ctrl_c_leaves_nothing(started, plain):
    """After SIGINT the cluster is as it was before, settings too, and no journal stays."""
    process, journals = started
    assert plain.resources() != EMPTY
    assert plain.persistent() != {}
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=30)[0]
    assert process.returncode == pytest.ExitCode.INTERRUPTED, told
    assert plain.resources() == EMPTY
    assert plain.persistent() == {}
    assert list(journals.iterdir()) == []


def test_two_ctrl_c_leave_nothing(started, plain):
    """The second one, whenever it comes, does not keep the clean-up from ending."""
    process, _ = started
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert plain.resources() == EMPTY


def test_a_killed_run_is_swept(started, plain, pytester):
    """The journal survives; `sweep --run-id` removes resources, restores settings, and forgets the journal."""
    process, journals = started
    process.kill()
    process.wait()
    assert plain.resources() != EMPTY
    begin = entries(journals)[0]
    assert begin["event"] == "begin"
    assert begin["pid"] == process.pid
    sweep = [*COMMAND, "sweep", "--host", plain.polarsearch, "--journal", str(journals)]
    dry = pytester.run(*sweep, "--run-id", begin["run"], "--dry-run")
    assert "would remove model" in dry.stdout.str()
    assert plain.resources() != EMPTY
    done = pytester.run(*sweep, "--run-id", begin["run"])
    assert done.ret == 0, done.stdout.str()
    assert plain.resources() == EMPTY
    assert plain.persistent() == {}
    assert list(journals.iterdir()) == []


def test_the_next_run_sweeps_what_a_killed_one_left(started, plain, run):
    """--polarsearch-sweep removes what dead runs of this machine left; what is not ours stays."""
    process, journals = started
    process.kill()
    process.wait()
    theirs = plain.resources()
    result = run(
        "--polarsearch-host", plain.polarsearch, "--polarsearch-allow-settings", "--polarsearch-sweep",
        "--polarsearch-journal", str(journals), "--polarsearch", "-k", "connectors.id-form",
    )  # fmt: skip
    assert result.ret == 0, result.stdout.str()
    assert theirs["models"]
    assert plain.resources() == EMPTY
    assert plain.persistent() == {}


def test_the_intent_is_in_the_journal_before_the_id(started):
    """What a kill between the two would leave can be found by its name."""
    _, journals = started
    told = entries(journals)
    for i, entry in enumerate(told):
        if entry["event"] == "made":
            assert {"event": "intent"}.items() <= told[i - 1].items() or told[i - 1]["event"] == "made"
    assert [one["kind"] for one in told if one["event"] == "intent"] == ["connector", "model"]
    assert not any("sk-" in json.dumps(one) for one in told)
    assert os.getpid() != told[0]["pid"]
