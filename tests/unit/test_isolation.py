"""Processes that share a cluster: nobody asks what depends on settings while another has changed them."""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing, contextmanager

import pytest
from polarsearch_mock import PolarSearchEmulator

from pytest_polarsearch.blueprints import CHAT, Endpoint
from pytest_polarsearch.client import Client
from pytest_polarsearch.provision.cluster_settings import AUTO_DEPLOY, PRIVATE_IP, TRUSTED
from pytest_polarsearch.provision.isolation import INDEPENDENT, Together
from pytest_polarsearch.provision.journal import NoJournal
from pytest_polarsearch.provision.lifecycle import Provisioner
from pytest_polarsearch.provision.naming import Names
from pytest_polarsearch.verbs import MlCommons

from .standins import exchange

ML = "/_plugins/_ml"
CREATE, PREDICT, SETTINGS = (
    f"POST {ML}/connectors/_create",
    f"POST {ML}/models/a/_predict",
    "GET /_cluster/settings?x=y",
)
DEPLOY, READ, SEARCH = f"POST {ML}/models/a/_deploy", f"GET {ML}/models/a", f"POST {ML}/tasks/_search"
REGISTER = f"POST {ML}/models/_register?deploy=true"


class Process:
    """One process on the cluster, played by a thread: does one thing after the other, and tells when each is done."""

    def __init__(self, url):
        self._url, self.held, self._done = url, threading.Event(), threading.Event()

    @contextmanager
    def doing(self, act):
        """`act(isolation)` gives what to hold; held until this ends."""
        go = threading.Event()

        def work():
            with closing(Together(self._url)) as isolation, act(isolation):
                self.held.set()
                go.wait(10)
            self._done.set()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield self
        finally:
            go.set()
            thread.join(10)
        assert self._done.is_set()

    def waits(self):
        """Whether it has to wait, for as long as one looks."""
        return not self.held.wait(0.15)

    def has_it(self):
        """Whether it gets what it wants."""
        return self.held.wait(5)


@pytest.fixture
def url(tmp_path):
    """An address that no other test has."""
    return f"http://{tmp_path.name}"


def asking(line):
    """What holds during one request."""
    return lambda isolation: isolation.asking(exchange(line))


def judging(*lines):
    """A check that has made these requests and goes on."""

    @contextmanager
    def judge(isolation):
        with isolation.judging():
            for line in lines:
                with isolation.asking(exchange(line)):
                    pass
            yield

    return judge


def changing(isolation):
    """What holds while settings are changed."""
    return isolation.changing()


def adding(isolation):
    """What holds while a pattern of one's own is trusted."""
    return isolation.adding()


WAITS = {
    "a request that depends on settings, for a change": (changing, asking(CREATE)),
    "a predict, for a change": (changing, asking(PREDICT)),
    "a look at the settings, for a change": (changing, asking(SETTINGS)),
    "a search in an index, for a change": (changing, asking("POST /books/_search?search_pipeline=rerank")),
    "a change, for a request": (asking(PREDICT), changing),
    "a change, for a deployment that a check has begun": (judging(DEPLOY), changing),
    "a change, for a model that is deployed as it is registered": (judging(REGISTER), changing),
    "a change, for an update that a check has begun": (judging(f"PUT {ML}/models/a"), changing),
    "a change, for a deployment": (lambda isolation: isolation.settling(), changing),
    "a change, for another": (changing, changing),
    "a pattern, for a change": (changing, adding),
    "a pattern, for another pattern": (adding, adding),
    "a change, for a pattern": (adding, changing),
}
GOES_ON = {
    "reading, during a change": (changing, asking(READ)),
    "searching, during a change": (changing, asking(SEARCH)),
    "removing, during a change": (changing, asking(f"DELETE {ML}/models/a")),
    "undeploying, during a change": (changing, asking(f"POST {ML}/models/a/_undeploy")),
    "a request, during another": (asking(PREDICT), asking(CREATE)),
    "a request, while a pattern is trusted": (adding, asking(CREATE)),
    "a change, during a check that only predicts": (judging(CREATE, PREDICT), changing),
}


@pytest.mark.parametrize("case", WAITS)
def test_who_waits(url, case):
    """The second gets its turn when the first has ended."""
    first, second = WAITS[case]
    with ExitStack() as later:
        with Process(url).doing(first) as one:
            assert one.has_it()
            two = later.enter_context(Process(url).doing(second))
            assert two.waits()
        assert two.has_it()


@pytest.mark.parametrize("case", GOES_ON)
def test_who_goes_on(url, case):
    """Nobody waits for what does not concern him."""
    first, second = GOES_ON[case]
    with Process(url).doing(first) as one:
        assert one.has_it()
        with Process(url).doing(second) as two:
            assert two.has_it()


@pytest.mark.parametrize("want", [changing, adding])
def test_two_checks_that_deploy_and_then_change_do_not_wait_for_each_other_for_ever(url, want):
    """Who waits for a change of its own holds up nobody."""
    both, changed = threading.Barrier(2), []

    def work():
        with closing(Together(url)) as isolation, judging(DEPLOY)(isolation):
            both.wait(5)
            with want(isolation):
                changed.append(want)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(5)
    assert changed == [want, want]


def test_a_change_does_not_wait_for_its_own_requests(url):
    """Inside, the process asks as if it were alone; changes stand inside changes."""
    with closing(Together(url)) as isolation, isolation.changing(), isolation.changing(), isolation.judging():
        for line in (CREATE, DEPLOY, SETTINGS):
            with isolation.asking(exchange(line)), isolation.settling():
                pass


def test_clusters_are_apart(url):
    """A change on one cluster is nothing to those who ask another."""
    with Process(url).doing(changing) as one, Process(f"{url}.other").doing(asking(CREATE)) as two:
        assert one.has_it()
        assert two.has_it()


#: Settings otherwise, each as a check changes them.
OTHERWISE = ({TRUSTED: ["^http://nobody/.*$"]}, {PRIVATE_IP: False}, {AUTO_DEPLOY: False}, {TRUSTED: ["***"]})
ENDPOINT = Endpoint("http", "127.0.0.1:9")


def independent(ml, model):
    """Everything that goes on during changes, asked of a model and its parts, removals last: status and body."""
    task = model.deployed.get("task_id")
    seen = [ml.model(model.model_id), ml.connector(model.connector_id), ml.task(task)]
    seen += [ml.search(kind, {"match_all": {}}) for kind in ("models", "connectors", "model_groups", "tasks")]
    seen += [ml.undeploy(model.model_id), ml.delete_model(model.model_id), ml.delete_connector(model.connector_id)]
    assert all(INDEPENDENT.fullmatch(f"{one.method} {one.path}") for one in seen)
    return [(one.method, one.status, sorted(one.json)) for one in seen]


@pytest.mark.parametrize("engine", ["2.19", "3.3", "3.4"])
def test_what_goes_on_during_changes_depends_on_no_setting(engine):
    """Asked while settings are otherwise, it is answered as if they were not."""
    with PolarSearchEmulator(engine=engine) as server, closing(Client(server.url, timeout=10)) as client:
        ml = MlCommons(client)
        ml.change_settings(persistent={TRUSTED: ["^http://127.0.0.1:9/.*$"], PRIVATE_IP: True})
        answers = []
        for changes in ({}, *OTHERWISE):
            model = Provisioner(ml, Names("0123456789abcdef"), NoJournal(), 10).model(CHAT, ENDPOINT)
            before = {key: ml.settings().get("persistent", key) for key in changes}
            if changes:
                assert ml.change_settings(persistent=changes).ok
            answers.append(independent(ml, model))
            if changes:
                ml.change_settings(persistent=before)
        assert answers == answers[:1] * len(answers)
