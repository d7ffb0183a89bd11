"""A run is killed at every request that it makes; after a sweep the cluster is as it was before the run."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_polarsearch.provision.journal_reading import entries_of, journals
from pytest_polarsearch.provision.sweep import runs_left, sweep_run

from .stage import BEFORE, Blow, Stage, forking


@pytest.fixture(scope="module")
def zygote():
    """One process that forks all runs of this module."""
    with forking() as process:
        yield process


@pytest.fixture(params=BEFORE)
def stage(request, zygote):
    """A cluster with a stranger's resources, its settings in one of several states."""
    with Stage(zygote, "3.3", BEFORE[request.param]).open() as opened:
        yield opened


@pytest.fixture
def plain_stage(zygote):
    """A cluster on which nothing is set."""
    with Stage(zygote, "3.3", {}).open() as opened:
        yield opened


def sound(stage: Stage, folder: Path, **how) -> int:
    """How many requests a run makes that nobody disturbs; it leaves nothing, not even a journal."""
    before = stage.inventory()
    stage.run(folder, **how)
    requests = stage.requests
    assert stage.status == 0
    assert stage.inventory() == before
    assert list(folder.iterdir()) == []
    return requests


def swept(stage: Stage, folder: Path, run: str) -> list[str]:
    """Sweep as the command does; gives what it could not remove."""
    return sweep_run(stage.ml, 5, folder, run).left


def healed_by_its_journal(stage: Stage, folder: Path, kill: int, when: Sequence[bool]) -> int:
    """Kill at each request (`when`: before it, or when it is done), sweep, compare; gives how often."""
    before, points = stage.inventory(), 0
    for at in range(1, sound(stage, folder) + 1):
        for done in when:
            run = stage.run(folder, Blow(at, kill, done))
            assert stage.status == kill, f"request {at} was not reached"
            assert swept(stage, folder, run) == [], f"request {at}, done {done}"
            assert stage.inventory() == before, f"request {at}, done {done}"
            assert list(folder.iterdir()) == []
            points += 1
    return points


def test_a_killed_run_is_healed_by_its_journal(stage, tmp_path, record_property):
    """SIGKILL before and after each request: resources, tasks, settings of the run and of its checks."""
    points = healed_by_its_journal(stage, tmp_path, signal.SIGKILL, (False, True))
    record_property("kill points: SIGKILL, journal kept", points)


def test_a_terminated_run_is_healed_by_its_journal(plain_stage, tmp_path, record_property):
    """SIGTERM runs no clean-up of pytest either."""
    points = healed_by_its_journal(plain_stage, tmp_path, signal.SIGTERM, (True,))
    record_property("kill points: SIGTERM, journal kept", points)


def test_a_killed_run_is_healed_by_its_marks_alone(stage, tmp_path, record_property):
    """The journal is lost with the machine: the sweep that looks for old runs finds it on the cluster."""
    before, points = stage.inventory(), 0
    lost = tmp_path / "lost"
    for at in range(1, sound(stage, tmp_path) + 1):
        for done in (False, True):
            run = stage.run(lost, Blow(at, done=done))
            found, sweep = runs_left(stage.ml, 5, tmp_path, older_than=-60)
            assert (set(found) <= {run}, sweep.left) == (True, [])
            for one in found:
                assert swept(stage, tmp_path, one) == [], f"request {at}, done {done}"
            assert stage.inventory() == before, f"request {at}, done {done}"
            points += 1
    record_property("kill points: SIGKILL, journal lost", points)


def test_ctrl_c_twice_at_every_pair_of_requests_leaves_nothing_that_a_sweep_does_not_find(
    plain_stage, tmp_path, record_property
):
    """The first interrupts the run at any request, the second its clean-up at one of the next."""
    stage = plain_stage
    before, points = stage.inventory(), 0
    for at in range(1, sound(stage, tmp_path) + 1):
        for second in (at + 1, at + 5):
            run = stage.run(tmp_path, Blow(at, signal.SIGINT), Blow(second, signal.SIGINT, done=True))
            assert swept(stage, tmp_path, run) == [], f"requests {at} and {second}"
            assert stage.inventory() == before, f"requests {at} and {second}"
            points += 1
    record_property("kill points: SIGINT twice", points)


def test_the_controller_heals_what_a_crashed_worker_left(stage, tmp_path, record_property):
    """`os._exit` after each answer: no sweep is needed, the run's own last look is enough."""
    before = stage.inventory()
    alone = sound(stage, tmp_path, role="controller", leave_at=999)
    points = 0
    for leave_at in range(1, alone):
        stage.run(tmp_path, role="controller", leave_at=leave_at)
        assert stage.status == 0
        assert stage.inventory() == before, f"after answer {leave_at}"
        assert list(tmp_path.iterdir()) == [], f"after answer {leave_at}"
        points += 1
    record_property("kill points: os._exit in a worker", points)


def test_a_journal_cut_at_any_byte_still_heals(plain_stage, tmp_path, record_property):
    """Power is lost when most is there: whatever of the journal reached the disk, the marks know the rest."""
    stage = plain_stage
    before, most = stage.inventory(), sound(stage, tmp_path) * 2 // 3
    stage.run(tmp_path, Blow(most))
    (story,) = journals(tmp_path)
    whole = story.path.read_bytes()
    swept(stage, tmp_path, story.run)
    cuts: dict[int, int] = {}
    for size in range(len(whole) + 1):
        kept = list(entries_of(whole[:size].decode("utf-8", "replace")))
        assert kept == list(story.entries)[: len(kept)]
        assert len(kept) >= whole[:size].count(b"\n")
        cuts[len(kept)] = size
    for size in cuts.values():  # cuts that leave the same entries are the same to a sweep
        run = stage.run(tmp_path, Blow(most))
        path = tmp_path / f"{run}-main.jsonl"
        path.write_bytes(path.read_bytes()[:size])
        assert swept(stage, tmp_path, run) == [], f"{size} bytes"
        assert stage.inventory() == before, f"{size} bytes"
    record_property("kill points: journal cut at each byte", len(whole) + 1)
