"""Names, waiting and journal: what makes a run's resources its own and removable."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch.provision.journal import FORMAT, FileJournal, NoJournal, journal_folder
from pytest_polarsearch.provision.journal_reading import journals
from pytest_polarsearch.provision.naming import Names, begun, new_run_id, run_of
from pytest_polarsearch.provision.waiting import wait_for

# --- names -------------------------------------------------------------------------------------------------------


@given(st.text(min_size=1), st.sampled_from(["main", "gw0", "gw17"]))
def test_a_mark_is_read_back(name, worker):
    """Whatever the name, the run can be read from it."""
    names = Names("0123456789ab", worker)
    assert run_of(names.marked({"name": name})["name"]) == "0123456789ab"


def test_every_mark_is_another():
    """Two resources of one run, or of two workers, never share a name."""
    run = new_run_id()
    names = [Names(run, "gw0"), Names(run, "gw1")]
    marked = [one.marked({"name": "x"})["name"] for one in names for _ in range(3)]
    assert len(set(marked)) == 6
    assert new_run_id() != run


def test_a_runs_id_says_when_it_began():
    """A connector has no time of its own; an id of another form says nothing."""
    before = int(time.time())
    assert before <= begun(new_run_id()) <= time.time()
    assert begun("0123456789ab") is None


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": None}, {"name": 7}, {"name": ["x"]}])
def test_a_body_without_a_proper_name_stays(body):
    """Checks that send broken names want them sent as they are."""
    assert Names("0123456789ab").marked(body) == body


@pytest.mark.parametrize(
    "name",
    [
        "text-embedding connector",
        "pytest-polarsearch run 0123456789ab main 1",
        "x (pytest-polarsearch run 0123 main 1)",
        "x (pytest-polarsearch run 0123456789AB main 1)",
        "x (pytest-polarsearch run 0123456789ab main)",
        "x (pytest-polarsearch  run 0123456789ab main 1)",
    ],
)
def test_a_look_alike_is_nobodys(name):
    """Only the exact form of the mark counts."""
    assert run_of(name) is None


# --- waiting -----------------------------------------------------------------------------------------------------


def test_waiting_ends_with_the_first_value_that_is_wanted():
    """Later values are not asked for."""
    values = iter([1, 2, 3, 4])
    assert wait_for(lambda: next(values), lambda one: one == 3, 60)[0] == 3
    assert next(values) == 4


def test_waiting_ends_at_the_deadline_with_the_last_value():
    """The caller sees what there was, and how long it took."""
    value, seconds = wait_for(lambda: "never", lambda _one: False, 0.05)
    assert value == "never"
    assert seconds >= 0.05


def test_waiting_looks_once_even_without_time():
    """A deadline of nothing still gives a value."""
    assert wait_for(lambda: "seen", lambda one: one == "seen", 0)[0] == "seen"


# --- journal -----------------------------------------------------------------------------------------------------


def test_each_entry_is_on_disk_when_it_is_written(tmp_path, monkeypatch):
    """The line is flushed and synced before `write` returns: a kill right after loses nothing."""
    path = tmp_path / "deep" / "folder" / "run-main.jsonl"
    synced: list[str] = []
    real = os.fsync

    def fsync(number: int) -> None:
        real(number)
        synced.append(path.read_text().splitlines()[-1])

    monkeypatch.setattr(os, "fsync", fsync)
    journal = FileJournal(path, run="0123456789ab", worker="main")
    journal.write("intent", kind="connector", name="云")
    journal.write("made", kind="connector", id="c")
    journal.close(clean=False)
    entries = [json.loads(line) for line in synced]
    assert [one["event"] for one in entries] == ["begin", "intent", "made"]
    assert entries[0]["format"] == FORMAT
    assert entries[0]["run"] == "0123456789ab"
    assert entries[1]["name"] == "云"


@pytest.mark.parametrize("clean", [True, False])
def test_a_clean_run_leaves_no_journal(tmp_path, clean):
    """The file stays only where something is left to sweep."""
    path = tmp_path / "run-main.jsonl"
    FileJournal(path, run="r").close(clean=clean)
    assert path.exists() is not clean


def test_a_torn_last_line_is_left_out(tmp_path):
    """A process killed while it wrote leaves half a line: what stands before it counts."""
    (tmp_path / "run-main.jsonl").write_text('{"event": "begin"}\n{"event": "made", "id": "c"}\n{"event": "ma')
    (story,) = journals(tmp_path)
    assert story.path.name == "run-main.jsonl"
    assert [one["event"] for one in story.entries] == ["begin", "made"]


def test_journals_are_found_by_run(tmp_path):
    """Each worker has a file of its own; a run's files are found by its id."""
    for name in ("aaaa-main", "bbbb-gw0", "bbbb-gw1"):
        (tmp_path / f"{name}.jsonl").write_text('{"event": "begin"}\n')
    assert [story.path.stem for story in journals(tmp_path, "bbbb")] == ["bbbb-gw0", "bbbb-gw1"]
    assert len(list(journals(tmp_path))) == 3


def test_journals_stand_in_the_users_state_folder():
    """The folder that was given, XDG_STATE_HOME where it is set, else below the home."""
    assert journal_folder("/given", {"HOME": "/h"}).as_posix() == "/given"
    assert journal_folder(None, {"XDG_STATE_HOME": "/s", "HOME": "/h"}).as_posix() == "/s/pytest-polarsearch"
    assert journal_folder(None, {"HOME": "/h"}).as_posix() == "/h/.local/state/pytest-polarsearch"
    assert journal_folder(None, {}).name == "pytest-polarsearch"


def test_a_cluster_that_ends_with_the_run_needs_no_journal():
    """Nothing is written, nothing is closed."""
    journal = NoJournal()
    journal.write("intent", kind="model")
    journal.close(clean=False)


def test_entries_of_several_threads_are_whole(tmp_path):
    """Models are removed side by side: each line is one entry."""
    journal = FileJournal(tmp_path / "0123456789ab-main.jsonl", run="0123456789ab", worker="main")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: journal.write("gone", kind="model", id=f"{number} {'m' * 5000}"), range(100)))
    journal.close(clean=False)
    (story,) = journals(tmp_path)
    assert sorted(int(one["id"].split()[0]) for one in story.entries[1:]) == list(range(100))
