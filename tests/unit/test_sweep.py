"""Sweeping: what bears the exact mark goes, what only looks like it stays."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys

import pytest
from polarsearch_mock import PolarSearchEmulator

from pytest_polarsearch.blueprints import CHAT, Endpoint
from pytest_polarsearch.client import Client, MlCommons
from pytest_polarsearch.provision.journal import FileJournal, NoJournal
from pytest_polarsearch.provision.lifecycle import Provisioner
from pytest_polarsearch.provision.naming import Names
from pytest_polarsearch.provision.sweep import Sweep, dead_runs, sweep_run

from .standins import answer, cluster, refusal

RUN, OTHER = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
ML = "/_plugins/_ml"
ENDPOINT = Endpoint("http", "127.0.0.1:9")
TRUST = {"plugins.ml_commons.trusted_connector_endpoints_regex": ["^http://127.0.0.1:9/.*$"]}
LOOK_ALIKES = (
    "chat model",
    f"pytest-polarsearch run {RUN} main 1",
    "(pytest-polarsearch run of my colleague)",
    f"(pytest-polarsearch run {RUN.upper()} main 1)",
)


@pytest.fixture(params=["2.19", "3.3", "3.4"])
def ml(request):
    """The verbs on an emulator that trusts the endpoint."""
    with PolarSearchEmulator(engine=request.param) as server:
        client = Client(server.url, timeout=10)
        asking = MlCommons(client)
        asking.change_settings(persistent=TRUST)
        yield asking
        client.close()


def leave_behind(ml, run, journal=None):
    """A model of a run that was killed."""
    return Provisioner(ml, Names(run), journal or NoJournal(), 10).model(CHAT, ENDPOINT)


def names(ml):
    """Every resource on the cluster, by kind."""
    return {
        kind: sorted(hit["_source"]["name"] for hit in ml.search(kind, {"match_all": {}}).get("hits", "hits") or ())
        for kind in ("models", "connectors", "model_groups")
    }


def test_one_runs_resources_go_and_all_others_stay(ml):
    """Another run's resources and names that look like marks are not touched."""
    for name in LOOK_ALIKES:
        assert ml.create_connector(CHAT.connector(ENDPOINT, name=name)).ok
    leave_behind(ml, OTHER)
    before = names(ml)
    leave_behind(ml, RUN)
    sweep = Sweep(ml, 10, RUN)
    gone = sweep.remove(sweep.find())
    assert {one.kind for one in gone} >= {"model", "connector"}
    assert sweep.left == []
    assert names(ml) == before


def test_the_young_stay_unless_their_run_is_named(ml):
    """Without a run's id only what is older than the given age is swept."""
    leave_behind(ml, RUN)
    assert Sweep(ml, 10, older_than=3600).find() == []
    assert Sweep(ml, 10, older_than=0).find() != []
    assert Sweep(ml, 10, RUN, older_than=3600).find() != []


def test_one_whose_name_was_edited_is_left_and_told(ml):
    """Between finding and removing the mark is read again: somebody may have made it his own."""
    leave_behind(ml, RUN)
    sweep = Sweep(ml, 10, RUN)
    found = sweep.find()
    (model,) = (one for one in found if one.kind == "model")
    assert ml.update_model(model.id, {"name": "my own model now"}).ok
    sweep.remove([model])
    assert ml.model(model.id).ok
    assert sweep.left == [f"model {model.id} no longer bears the mark of run {RUN} and is left alone"]


def test_one_that_went_meanwhile_is_no_error(ml):
    """Somebody else may have cleaned up."""
    model = leave_behind(ml, RUN)
    sweep = Sweep(ml, 10, RUN)
    found = [one for one in sweep.find() if one.id == model.model_id]
    ml.undeploy(model.model_id)
    ml.delete_model(model.model_id)
    assert sweep.remove(found) == []
    assert sweep.left == []


def test_what_cannot_be_searched_is_told():
    """A refused search is a sentence, not an empty find."""
    with cluster({f"POST {ML}/models/_search": refusal(403, "security_exception", "no permissions")}) as (_, ml):
        sweep = Sweep(ml, 1, RUN)
        assert sweep.find() == []
    assert sweep.left[0] == "models cannot be searched: HTTP 403: no permissions"


def test_a_resource_without_a_time_counts_as_old():
    """Connectors have no time of creation."""
    hit = {"_id": "c1", "_source": {"name": f"x (pytest-polarsearch run {RUN} main 1)"}}
    with cluster({f"POST {ML}/connectors/_search": answer(200, {"hits": {"hits": [hit]}})}) as (_, ml):
        assert [one.id for one in Sweep(ml, 1, older_than=3600).find()] == ["c1"]


def test_a_run_is_swept_with_its_journals(ml, tmp_path):
    """Resources, settings and the journals go; a journal stays while something is left."""
    journal = FileJournal(tmp_path / f"{RUN}-main.jsonl", run=RUN, cluster=ml.client.url)
    leave_behind(ml, RUN, journal)
    journal.close(clean=False)
    swept = sweep_run(ml, 10, tmp_path, RUN)
    assert {one.kind for one in swept.gone} >= {"model", "connector"}
    assert list(tmp_path.iterdir()) == []


def entry(tmp_path, run, **changed):
    """A journal that begins like this."""
    begin = {"event": "begin", "run": run, "cluster": "http://c", "machine": platform.node(), "pid": os.getpid()}
    (tmp_path / f"{run}-main.jsonl").write_text(json.dumps({**begin, **changed}) + "\n")


def test_only_runs_whose_process_is_dead_count_as_dead(tmp_path):
    """A live process, another machine's, another cluster's and a torn journal are left alone."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    entry(tmp_path, "aaaa", pid=ended.pid)
    entry(tmp_path, "bbbb")
    entry(tmp_path, "cccc", pid=ended.pid, machine="another machine")
    entry(tmp_path, "dddd", pid=ended.pid, cluster="http://other")
    (tmp_path / "eeee-main.jsonl").write_text('{"event": "beg')
    assert dead_runs(tmp_path, "http://c") == {"aaaa"}
