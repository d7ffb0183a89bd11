"""Sweeping: what bears the exact mark goes, what only looks like it stays."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time

import pytest
from polarsearch_mock import PolarSearchEmulator

from pytest_polarsearch.blueprints import CHAT, Endpoint
from pytest_polarsearch.client import Client
from pytest_polarsearch.provision.journal import FileJournal, NoJournal
from pytest_polarsearch.provision.journal_reading import dead_runs, journals
from pytest_polarsearch.provision.lifecycle import Provisioner
from pytest_polarsearch.provision.naming import Names, new_run_id
from pytest_polarsearch.provision.sweep import Sweep, clear_unmarked, runs_left, sweep_run
from pytest_polarsearch.verbs import MlCommons

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
    sweep = Sweep(ml, 10)
    found = sweep.find(RUN)
    assert {one.kind for one in found} >= {"model", "connector"}
    assert sweep.remove(found) == found
    assert sweep.left == []
    assert names(ml) == before
    assert [one.split()[0] for one in sweep.said] == ["connector"]
    assert sweep.said[0].endswith(f"{LOOK_ALIKES[1]} is almost a mark of run {RUN} and is left alone")


def test_the_young_stay_unless_their_run_is_named(ml, tmp_path):
    """Without a run's id only runs are swept of which nothing is younger than the given age."""
    leave_behind(ml, RUN)
    runs, sweep = runs_left(ml, 10, tmp_path, older_than=3600)
    assert (runs, len(sweep.said)) == ([], 1)
    assert sweep.said[0].startswith(f"run {RUN} is younger than 3600 s")
    assert sweep.said[0].endswith(f"--run-id {RUN} sweeps it")
    assert runs_left(ml, 10, tmp_path, older_than=0)[0] == [RUN]
    assert Sweep(ml, 10).find(RUN) != []


def test_one_whose_name_was_edited_is_left_and_told(ml):
    """Between finding and removing the mark is read again: somebody may have made it his own."""
    leave_behind(ml, RUN)
    sweep = Sweep(ml, 10)
    found = sweep.find(RUN)
    (model,) = (one for one in found if one.kind == "model")
    assert ml.update_model(model.id, {"name": "my own model now"}).ok
    sweep.remove([model])
    assert ml.model(model.id).ok
    assert sweep.left == [f"model {model.id} no longer bears the mark of run {RUN} and is left alone"]


def test_one_that_went_meanwhile_is_no_error(ml):
    """Somebody else may have cleaned up."""
    model = leave_behind(ml, RUN)
    sweep = Sweep(ml, 10)
    found = [one for one in sweep.find(RUN) if one.id == model.model_id]
    ml.undeploy(model.model_id)
    ml.delete_model(model.model_id)
    assert sweep.remove(found) == []
    assert sweep.left == []


def test_what_cannot_be_searched_is_told():
    """A refused search is a sentence, not an empty find."""
    with cluster({f"POST {ML}/models/_search": refusal(403, "security_exception", "no permissions")}) as (_, ml):
        sweep = Sweep(ml, 1)
        assert sweep.find(RUN) == []
    assert sweep.left[0].startswith("models cannot be searched: HTTP 403: no permissions; POST ")


def test_a_resource_without_a_time_is_as_old_as_its_run(tmp_path):
    """Connectors have no time of creation: a run that goes on elsewhere must not lose the one it has just made."""
    young, old = new_run_id(), f"{int(time.time()) - 7200:08x}00000000"
    hits = [{"_id": run, "_source": {"name": f"x (pytest-polarsearch run {run} main 1)"}} for run in (young, old)]
    empty = answer(200, {"hits": {"hits": []}})
    replies = {f"POST {ML}/{kind}/_search": empty for kind in ("models", "model_groups")}
    found = answer(200, {"hits": {"hits": hits}})
    with cluster({**replies, f"POST {ML}/connectors/_search": found}) as (_, ml):
        assert runs_left(ml, 1, tmp_path, older_than=3600)[0] == [old]


def test_a_run_that_still_goes_here_is_left_alone_and_told(ml, tmp_path):
    """However old its resources are: its process lives."""
    entry(tmp_path, RUN, cluster=ml.client.url)
    leave_behind(ml, RUN)
    runs, sweep = runs_left(ml, 10, tmp_path, older_than=0)
    assert runs == []
    assert sweep.said == [f"run {RUN} still goes on this machine and is left alone"]


def test_what_the_journal_knows_and_no_search_finds_is_removed(ml, tmp_path):
    """A nameless resource bears no mark: its id stands in the journal, and it is left if it is somebody's now."""
    marked = ml.create_connector(CHAT.connector(ENDPOINT, name=f"x (pytest-polarsearch run {RUN} main 1)"))
    theirs = ml.create_connector(CHAT.connector(ENDPOINT, name="somebody's"))
    journal = FileJournal(tmp_path / f"{RUN}-main.jsonl", run=RUN, cluster=ml.client.url)
    for made in (marked, theirs):
        journal.write("made", kind="connector", name="", id=made.get("connector_id"))
    journal.close(clean=False)
    (story,) = journals(tmp_path, RUN)
    sweep = Sweep(ml, 10)
    clear_unmarked(sweep, story)
    assert ml.connector(marked.get("connector_id")).status == 404
    assert ml.connector(theirs.get("connector_id")).ok
    assert [one.split()[1] for one in sweep.left] == [theirs.get("connector_id")]


def test_one_that_reads_on_after_its_delete_is_no_strangers(tmp_path):
    """The journal knows that its delete was answered: nobody has taken its mark away, and what to do is said."""
    journal = FileJournal(tmp_path / f"{RUN}-main.jsonl", run=RUN, cluster="http://c")
    journal.write("made", kind="connector", name=f"x (pytest-polarsearch run {RUN} main 1)", id="c1")
    journal.write("deleted", kind="connector", id="c1")
    journal.close(clean=False)
    (story,) = journals(tmp_path, RUN)
    with cluster({f"GET {ML}/connectors/c1": answer(200, {"name": "a deleted connector"})}) as (_, ml):
        sweep = Sweep(ml, 1)
        clear_unmarked(sweep, story)
    assert sweep.left[0].startswith("connector c1 still reads HTTP 200, though its delete was answered as done")
    assert (
        f"once GET {ML}/connectors/c1 answers 404 it is gone, and the next sweep forgets it; until then DELETE"
        in sweep.left[0]
    )
    assert len(sweep.left) == 1


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
