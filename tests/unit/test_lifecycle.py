"""Making and undoing: the guide's order, every error kept, and only what is really gone called gone."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
from polarsearch_mock import PolarSearchEmulator

from pytest_polarsearch.blueprints import CHAT, Endpoint
from pytest_polarsearch.client import Client
from pytest_polarsearch.provision.cluster_settings import TRUSTED
from pytest_polarsearch.provision.lifecycle import Provisioner, ProvisionError, side_by_side
from pytest_polarsearch.provision.naming import Names
from pytest_polarsearch.provision.removal import Remover
from pytest_polarsearch.verbs import MlCommons

from .standins import answer, cluster, refusal

ML = "/_plugins/_ml"
ENDPOINT = Endpoint("http", "127.0.0.1:9")
CREATED = answer(200, {"connector_id": "c1"})
REGISTERED = answer(200, {"task_id": "t1", "status": "CREATED", "model_id": "m1"})
DEPLOYED = answer(200, {"task_id": "t2", "task_type": "DEPLOY_MODEL", "status": "COMPLETED"})
GONE = refusal(404, "status_exception", "not there")
DELETED = answer(200, {"result": "deleted"})
MODEL = f"GET {ML}/models/m1"
#: A cluster on which a chat model can be made and removed.
WELL = {
    f"POST {ML}/connectors/_create": CREATED,
    f"POST {ML}/models/_register": REGISTERED,
    f"POST {ML}/models/m1/_deploy": DEPLOYED,
    MODEL: [answer(200, {"model_state": state}) for state in ("REGISTERED", "DEPLOYING", "DEPLOYED", "DEPLOYED")]
    + [GONE],
    f"POST {ML}/models/m1/_undeploy": answer(200, {}),
    f"DELETE {ML}/models/m1": DELETED,
    f"DELETE {ML}/connectors/c1": DELETED,
    f"DELETE {ML}/tasks/t1": DELETED,
    f"DELETE {ML}/tasks/t2": DELETED,
}
CHANGES = ("POST", "DELETE")


class Notes:
    """A journal that remembers."""

    def __init__(self):
        self.entries = []

    def write(self, event, **what):
        self.entries.append((event, what))

    def close(self, *, clean):
        self.entries.append(("close", {"clean": clean}))


def well(**changed):
    """The replies of a good cluster, fresh lists each time, some of them changed."""
    replies = {line: list(reply) if isinstance(reply, list) else reply for line, reply in WELL.items()}
    return {**replies, **changed}


def provisioner(ml, journal=None, timeout=0.2):
    """One that gives up soon."""
    return Provisioner(ml, Names("0123456789ab"), journal or Notes(), timeout)


def test_a_model_is_made_and_undone_in_the_guides_order():
    """Create, register, deploy; undeploy, delete the model, delete the connector, read back."""
    with cluster(well()) as (fake, ml):
        made = provisioner(ml)
        model = made.model(CHAT, ENDPOINT)
        before = len(fake.asked)
        assert (model.connector_id, model.model_id) == ("c1", "m1")
        assert [one.path.rpartition("/")[2] for one in model.story] == ["_create", "_register", "_deploy"]
        assert made.undo() == []
    changes = [line for line in fake.lines[before:] if line.startswith(CHANGES)]
    assert changes == [
        f"DELETE {ML}/tasks/t2", f"DELETE {ML}/tasks/t1", f"POST {ML}/tasks/_search", f"POST {ML}/models/m1/_undeploy",
        f"DELETE {ML}/models/m1", f"POST {ML}/model_groups/_search", f"DELETE {ML}/connectors/c1",
    ]  # fmt: skip
    assert f"GET {ML}/connectors/c1" in fake.lines[before:]


def test_the_journal_has_the_intent_before_the_request():
    """When the create arrives at the cluster, the intent with the run's name is already written."""
    journal = Notes()
    seen = []

    def create(request):
        seen.extend(journal.entries)
        return CREATED

    with cluster(well(**{f"POST {ML}/connectors/_create": create})) as (_, ml):
        made = provisioner(ml, journal)
        made.connector({"name": "x"})
        made.undo()
    assert [event for event, _ in seen] == ["intent"]
    assert "0123456789ab" in seen[0][1]["name"]
    assert [event for event, _ in journal.entries] == ["intent", "made", "gone"]


def test_undoing_twice_does_nothing_more():
    """What was undone is forgotten."""
    with cluster(well()) as (fake, ml):
        made = provisioner(ml)
        made.connector({"name": "x"})
        made.undo()
        before = len(fake.asked)
        assert made.undo() == []
        assert len(fake.asked) == before


def test_what_was_forgotten_stays():
    """A run that keeps its resources gets their names and ids, and does not touch them."""
    with cluster(well()) as (fake, ml):
        made = provisioner(ml)
        made.connector({"name": "x"})
        (kept,) = made.forget()
        assert kept.startswith("connector c1 x (pytest-polarsearch run")
        assert made.undo() == []
        assert not any(line.startswith("DELETE") for line in fake.lines)


@pytest.mark.parametrize(
    ("line", "reply", "stage"),
    [
        (f"POST {ML}/connectors/_create", refusal(400, "illegal_argument_exception", "no trust"), "connector"),
        (f"POST {ML}/connectors/_create", answer(200, {"id": "x"}), "connector"),
        (f"POST {ML}/models/_register", refusal(404, "status_exception", "no connector"), "register"),
        (f"POST {ML}/models/_register", answer(200, {"model_id": 7}), "register"),
        (f"POST {ML}/models/m1/_deploy", refusal(500, "m_l_exception", "no"), "deploy"),
        (MODEL, answer(200, {"model_state": "DEPLOY_FAILED"}), "state"),
        (MODEL, answer(200, {"model_state": "DEPLOYING"}), "state"),
        (MODEL, refusal(500, "m_l_exception", "no"), "state"),
    ],
)
def test_a_model_that_cannot_be_made_says_where(line, reply, stage):
    """The stage and the exchange that show it are in the error, and what had been made is undone."""
    with cluster(well(**{line: reply, f"GET {ML}/models/m1": reply if line == MODEL else GONE})) as (fake, ml):
        made = provisioner(ml)
        with pytest.raises(ProvisionError) as failed:
            made.model(CHAT, ENDPOINT)
        assert failed.value.stage == stage
        assert failed.value.exchange.path in str(failed.value)
        made.undo()
    assert (f"DELETE {ML}/connectors/c1" in fake.lines) is (stage != "connector")


def test_waiting_for_a_state_ends_early_where_it_cannot_come():
    """A failed deploy is told at once, not after the deadline."""
    with cluster({MODEL: answer(200, {"model_state": "DEPLOY_FAILED"})}) as (fake, ml):
        with pytest.raises(ProvisionError, match=r"model_state DEPLOY_FAILED after 0\.\d s, not DEPLOYED"):
            provisioner(ml, timeout=60).wait_for_state("m1", "DEPLOYED")
        assert len(fake.asked) == 1


def test_one_that_is_gone_already_counts_as_removed():
    """404 is success at every step."""
    with cluster({}) as (_, ml):
        remover = Remover(ml, 0.1)
        assert all(remover.remove(kind, "x") for kind in ("model", "connector", "model_group", "task"))
        assert remover.left == []


CONNECTOR = f"DELETE {ML}/connectors/c1"
STAYS = {
    "409": ({CONNECTOR: refusal(409, "status_exception", "1 models are using it")}, "HTTP 409: 1 models are using it"),
    "400": ({CONNECTOR: refusal(400, "x", "Model cannot be deleted")}, "HTTP 400"),
    "500": ({CONNECTOR: refusal(500, "m_l_exception", "broken")}, "HTTP 500: broken"),
    "403": ({CONNECTOR: refusal(403, "security_exception", "no permissions")}, "HTTP 403"),
    "a page": ({CONNECTOR: answer(502, b"<html>")}, "HTTP 502: <html>"),
}


@pytest.mark.parametrize("case", STAYS)
def test_what_stays_is_named_with_the_request_that_removes_it(case):
    """Kind, id, reason, and the DELETE that a person can send."""
    replies, words = STAYS[case]
    with cluster({**replies, f"GET {ML}/connectors/c1": answer(200, {})}) as (_, ml):
        remover = Remover(ml, 0.1)
        assert not remover.remove("connector", "c1")
    (told,) = remover.left
    assert words in told
    assert "connector c1 is still on the cluster" in told
    assert f"DELETE {ML}/connectors/c1 removes it" in told


def test_a_delete_that_was_answered_and_not_done_says_so():
    """The same DELETE would be answered the same way: what to look at is said in its place, and noted for a sweep."""
    with cluster(well(**{CONNECTOR: DELETED, f"GET {ML}/connectors/c1": answer(200, {})})) as (_, ml):
        notes = Notes()
        made = Provisioner(ml, Names("0123456789ab"), notes, 0.1)
        made.connector({"name": "x"})
        (told,) = made.undo()
    assert told.startswith("connector c1 still reads HTTP 200, though its delete was answered as done")
    assert (
        f"once GET {ML}/connectors/c1 answers 404 it is gone, and the next sweep forgets it; until then DELETE" in told
    )
    assert notes.entries[-1] == ("deleted", {"kind": "connector", "id": "c1"})


def test_a_cluster_that_hangs_is_named():
    """No answer is a reason as any other, and nothing is raised."""
    with cluster({}) as (_, ml):
        url = ml.client.url
    client = Client(url, timeout=0.2)
    remover = Remover(MlCommons(client), 0.1)
    assert not remover.remove("model", "m1")
    client.close()
    assert "model m1 is still on the cluster (nothing listens on" in remover.left[0]


def test_every_error_is_collected():
    """One that cannot be removed does not keep the others."""
    there = {f"GET {ML}/tasks/t1": answer(200, {}), MODEL: answer(200, {"model_state": "DEPLOYED"})}
    broken = {f"DELETE {ML}/models/m1": refusal(500, "x", "broken"), f"DELETE {ML}/tasks/t1": answer(500, {})}
    replies = well(**broken, **there)
    with cluster(replies) as (fake, ml):
        made = provisioner(ml)
        made.model(CHAT, ENDPOINT)
        left = made.undo()
    assert [one.split()[:2] for one in left] == [["task", "t1"], ["model", "m1"]]
    assert f"DELETE {ML}/connectors/c1" in fake.lines
    assert f"DELETE {ML}/tasks/t2" in fake.lines


def test_a_delete_that_comes_too_soon_is_repeated():
    """Right after _undeploy a node may still say that the model is deployed."""
    too_soon = refusal(400, "status_exception", "Model cannot be deleted in deploying or deployed state.")
    with cluster({CONNECTOR: [too_soon, too_soon, DELETED]}) as (fake, ml):
        assert Remover(ml, 5).remove("connector", "c1")
        assert fake.lines.count(CONNECTOR) == 3


GROUP = f"GET {ML}/model_groups/g1"


@pytest.mark.parametrize(("group_name", "removed"), [("x (marked)", True), ("somebody's group", False)])
def test_only_the_group_that_was_made_for_the_model_goes_with_it(group_name, removed):
    """The engine names that group as the model; any other group is not ours."""
    replies = {
        MODEL: [answer(200, {"name": "x (marked)", "model_group_id": "g1"}), GONE],
        f"DELETE {ML}/models/m1": DELETED,
        GROUP: [answer(200, {"name": group_name}), GONE],
        f"DELETE {ML}/model_groups/g1": DELETED,
    }
    with cluster(replies) as (fake, ml):
        assert Remover(ml, 0.1).remove("model", "m1")
    assert (f"DELETE {ML}/model_groups/g1" in fake.lines) is removed


@pytest.mark.parametrize("engine", ["2.19", "3.3", "3.4"])
def test_the_emulator_is_left_empty(engine):
    """Against the real rules of each engine: after undo no search finds anything."""
    with PolarSearchEmulator(engine=engine) as server:
        client = Client(server.url, timeout=10)
        ml = MlCommons(client)
        trusted = {"plugins.ml_commons.trusted_connector_endpoints_regex": ["^http://127.0.0.1:9/.*$"]}
        ml.change_settings(persistent=trusted)
        made = provisioner(ml, timeout=10)
        model = made.model(CHAT, ENDPOINT)
        assert ml.model(model.model_id).get("model_state") == "DEPLOYED"
        assert made.undo() == []
        for kind in ("models", "connectors", "model_groups", "tasks"):
            found = ml.search(kind, {"match_all": {}})
            assert not found.ok or found.get("hits", "hits") == [], kind
        client.close()


@pytest.mark.parametrize("engine", ["2.19", "3.3"])
def test_what_is_removed_side_by_side_is_gone_too(engine):
    """Models, groups and connectors; the journal tells of each."""
    notes = Notes()
    with PolarSearchEmulator(engine=engine) as server, closing(Client(server.url, timeout=10)) as client:
        ml = MlCommons(client)
        ml.change_settings(persistent={TRUSTED: ["^http://127.0.0.1:9/.*$"]})
        made = Provisioner(ml, Names("0123456789ab"), notes, 10, hands=4)
        for _ in range(3):
            made.model(CHAT, ENDPOINT)
        assert made.undo() == []
        found = [ml.search(kind, {"match_all": {}}) for kind in ("connectors", "models", "model_groups", "tasks")]
        assert [one.get("hits", "hits") for one in found if one.ok] == [[]] * sum(one.ok for one in found)
    told = {event: [what["id"] for name, what in notes.entries if name == event] for event in ("made", "gone")}
    assert set(told["made"]) <= set(told["gone"])


def test_side_by_side_is_at_the_same_time():
    """The first waits for the second, which so must have begun."""
    meet, met = threading.Barrier(2), []
    side_by_side(lambda one: met.append((one, meet.wait(5))), [1, 2], 2)
    assert sorted(one for one, _ in met) == [1, 2]


def test_one_hand_keeps_the_order():
    """As they were given."""
    done = []
    side_by_side(done.append, [3, 1, 2], 1)
    assert done == [3, 1, 2]


def test_an_interruption_begins_no_further_one():
    """What is under way ends; what is not begun is left to the next who looks."""
    begun, interrupted = [], threading.Event()

    def act(one):
        begun.append(one)
        if one == 0:
            interrupted.set()
            raise KeyboardInterrupt
        interrupted.wait(5)

    with pytest.raises(KeyboardInterrupt):
        side_by_side(act, range(100), 2)
    assert len(begun) < 100
