"""Several processes and several runs on one cluster: none sees or removes what another has made."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.provision.cluster_settings import PRIVATE_IP, TRUSTED

from .conftest import ALONE, ML, text_of
from .test_interrupt import WAITING, hears_ctrl_c, until

CHANGE_TEST = """
import os
import pytest
from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.provision.cluster_settings import PRIVATE_IP


def test_crash(polarsearch_cluster):
    with polarsearch_cluster.guest.changed({PRIVATE_IP: False}):
        os._exit(7)


@pytest.mark.parametrize("number", range(3))
def test_other(number, polarsearch_tmp_model, polarsearch_client):
    assert polarsearch_client.predict(polarsearch_tmp_model("embedding").model_id, {"input": ["x"]}).ok
"""
CHAT_TEST = """
import json, os, pathlib


def test_crash(polarsearch_chat_model, polarsearch_client):
    pathlib.Path(os.environ["MADE"]).write_text(polarsearch_chat_model.model_id)
    os._exit(7)


def test_other(polarsearch_embedding_model, polarsearch_client):
    assert polarsearch_client.model(polarsearch_embedding_model.model_id).ok
"""


class Watcher:
    """Looks at what is on the cluster whenever a worker tells something."""

    def __init__(self, served):
        self._served, self.seen = served, ""

    def pytest_runtest_logreport(self, report):
        self.seen += str(self._served.resources())


class Killer:
    """Ends another run when the first verdict of this one arrives."""

    def __init__(self, process):
        self._process = process

    def pytest_runtest_logreport(self, report):
        self._process.kill()


def state(served):
    """Resources, tasks and settings."""
    tasks = served.ask("POST", f"{ML}/tasks/_search", {"query": {"match_all": {}}, "size": 500})
    count = len(tasks.json()["hits"]["hits"]) if tasks.is_success else 0
    return served.resources(), served.persistent(), count


@pytest.fixture
def on(plain, pytester):
    """Options of a run on the shared cluster, its journals beside the test."""
    journals = pytester.path / "journals"
    return [
        "--polarsearch-host",
        plain.polarsearch,
        "--polarsearch-allow-settings",
        f"--polarsearch-journal={journals}",
    ]


@pytest.mark.parametrize("dist", ["each", "load", "loadscope", "loadfile", "loadgroup", "worksteal"])
def test_every_way_to_distribute_works(run, plain, on, dist):
    """Each mode judges the same, green, and leaves the cluster as it was."""
    before = state(plain)
    result = run("-p", "xdist", "-n", "2", "--dist", dist, *on, "-k", "teardown.undeploy or settings.accepted")
    assert result.ret == 0, text_of(result)
    meant = [one for one in all_checks() if one.startswith(("teardown.undeploy", "settings.accepted"))]
    assert result.parseoutcomes()["passed"] == len(meant) * (2 if dist == "each" else 1)
    assert state(plain) == before


def test_workers_and_one_process_say_the_same(run):
    """Also in the same order: not in that in which workers have told of it."""
    said = []
    for workers in ([], ["-p", "xdist", "-n", "2"]):
        result = run("--polarsearch", *workers, "-k", "shown or unknown-connector or trust-withdrawn or placeholder")
        begins = next(at for at, line in enumerate(result.outlines) if "PolarSearch conformance" in line)
        said.append([line for line in result.outlines[begins:-1] if line])
    assert sum(line.startswith("  ") for line in said[0]) >= 3
    assert said[0] == said[1]


def test_the_controller_has_tidied_up_before_its_workers_judge(pytester, plain, on):
    """What it made for its own look at the target is gone while the workers go on, not at the end of all."""
    watcher = Watcher(plain)
    arguments = [
        *ALONE,
        "-p",
        "xdist",
        "-n",
        "2",
        *on,
        "--polarsearch",
        "-k",
        "predict.chat-tools or predict.embedding-",
    ]
    result = pytester.runpytest_inprocess(*arguments, plugins=[watcher])
    assert result.ret == 0, text_of(result)
    assert " gw" in watcher.seen
    assert " main " not in watcher.seen


def test_a_crashed_worker_leaves_nothing(pytester, run, plain, on, monkeypatch):
    """Its teardown never ran: the controller looks after the last worker has gone."""
    monkeypatch.setenv("MADE", str(pytester.path / "made"))
    pytester.makepyfile(test_it=CHAT_TEST)
    before = state(plain)
    result = run("-p", "xdist", "-n", "2", *on, "test_it.py")
    told = text_of(result)
    assert "crashed while running" in told
    assert result.parseoutcomes()["passed"] == 1, told
    made = (pytester.path / "made").read_text()
    assert plain.ask("GET", f"{ML}/models/{made}").status_code == 404
    assert state(plain) == before
    assert list((pytester.path / "journals").iterdir()) == []


def test_what_a_crashed_worker_had_changed_is_restored_at_once(pytester, run, plain, on):
    """The others go on under the settings that the run needs, not under those that the crash has left."""
    pytester.makepyfile(test_it=CHANGE_TEST)
    before = state(plain)
    result = run("-p", "xdist", "-n", "2", *on, "test_it.py")
    assert result.parseoutcomes() == {"passed": 3, "failed": 1}, text_of(result)
    assert state(plain) == before


def test_a_run_from_elsewhere_is_named_in_the_header(run, plain, on):
    """Its marks stand in the settings, and nobody here knows it: the header says that neither waits for the other."""
    mark = "^(?:pytest-polarsearch-run-0123456789abcdef-list-set-private-allowed){0}$"
    plain.ask("PUT", "/_cluster/settings", {"persistent": {TRUSTED: [mark], PRIVATE_IP: True}})
    result = run(*on, "--polarsearch", "-k", "connectors.id-form")
    assert "bear marks of run 0123456789abcdef" in text_of(result)
    assert plain.persistent() == {TRUSTED: [mark], PRIVATE_IP: "true"}


def test_eight_workers_beside_a_run_that_is_killed_stay_green(pytester, run, plain, on):
    """Another run holds a model and has changed settings; it is killed while ours goes on, and then swept."""
    before = state(plain)
    pytester.makepyfile(test_waiting=WAITING)
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *ALONE, *on, "test_waiting.py"], cwd=pytester.path,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=hears_ctrl_c,  # noqa: PLW1509
    )  # fmt: skip
    try:
        until(lambda: (pytester.path / "made").exists() or process.poll() is not None)
        beside = state(plain)
        arguments = [*ALONE, "-p", "xdist", "-n", "8", *on, "--polarsearch"]
        only = ("-k", "teardown.undeploy or settings.trust or predict.guide")
        result = pytester.runpytest_inprocess(*arguments, *only, plugins=[Killer(process)])
        assert process.wait(10) == -9
        assert result.ret == 0, text_of(result)
        assert state(plain) == beside
    finally:
        process.kill()
        process.communicate()
    (journal,) = (pytester.path / "journals").iterdir()
    begun = json.loads(journal.read_text().splitlines()[0])
    swept = run("--polarsearch", "--polarsearch-sweep", *on, "-k", "connectors.id-form")
    assert swept.ret == 0, text_of(swept)
    assert begun["run"] not in str(state(plain))
    assert state(plain) == before


def test_two_whole_runs_at_once_are_both_green(pytester, plain, on):
    """Both change settings, in checks too; neither judges the other's changes, and the last puts all back."""
    before = state(plain)
    command = [sys.executable, "-m", "pytest", *ALONE, *on, "-q", "-k", "settings or teardown or connectors"]
    both = [
        subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    told = [one.communicate(timeout=120)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], "\n".join(told)
    assert state(plain) == before
