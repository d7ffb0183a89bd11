"""The cluster misbehaves while a run removes its own: what can be removed is, the rest is named, no more."""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager

import pytest
from polarsearch_mock import Emulator, Reply, ThreadedServer

from pytest_polarsearch.blueprints import CHAT, EMBEDDING, Endpoint
from pytest_polarsearch.client import Client, NoAnswer
from pytest_polarsearch.provision.journal import NoJournal
from pytest_polarsearch.provision.lifecycle import Provisioner
from pytest_polarsearch.provision.naming import Names
from pytest_polarsearch.provision.sweep import Sweep, sweep_run
from pytest_polarsearch.verbs import MlCommons

from .standins import refusal

RUN = "0123456789ab"
ENDPOINT = Endpoint("http", "127.0.0.1:9")
TRUST = {"plugins.ml_commons.trusted_connector_endpoints_regex": ["^http://127.0.0.1:9/.*$"]}
KINDS = ("models", "connectors", "model_groups", "tasks")


def says(status):
    """Refuse with this status, and do nothing."""

    async def misbehave(_emulator, _request):
        return refusal(status, "some_exception", "not now")

    return misbehave


async def hangs(_emulator, _request):
    """Never answer."""
    await asyncio.sleep(60)


async def lies(emulator, request):
    """Do it, and say that it failed."""
    await emulator(request)
    return refusal(500, "some_exception", "it failed")


async def drops(_emulator, _request):
    """End the connection without an answer."""
    return Reply(200, abort="request")


async def pretends(_emulator, _request):
    """Say that it is done, and do nothing."""
    return Reply(200, b'{"result": "deleted"}')


class Moody:
    """An emulator whose deletes of models misbehave, so many times."""

    def __init__(self):
        self.emulator, self.mood, self.times = Emulator(), None, 0

    async def __call__(self, request):
        if self.mood and self.times and request.method == "DELETE" and "/models/" in request.path:
            self.times -= 1
            return await self.mood(self.emulator, request)
        return await self.emulator(request)


@contextmanager
def two_models():
    """A moody cluster on which a run has made two models, the first to be removed second."""
    moody = Moody()
    with ThreadedServer(moody, closing=moody.emulator.close) as server:
        client = Client(server.url, timeout=0.4)
        ml = MlCommons(client)
        ml.change_settings(persistent=TRUST)
        made = Provisioner(ml, Names(RUN), NoJournal(), 0.1)
        made.model(EMBEDDING, ENDPOINT)
        made.model(CHAT, ENDPOINT)
        yield moody, ml, made, server
        client.close()


def counts(ml):
    """How many of each kind are on the cluster."""
    answers = {kind: ml.search(kind, {"match_all": {}}) for kind in KINDS}
    return {kind: len(answer.get("hits", "hits") or ()) if answer.ok else 0 for kind, answer in answers.items()}


EMPTY = dict.fromkeys(KINDS, 0)
MOODS = {"500": says(500), "409": says(409), "429": says(429), "403": says(403), "hangs": hangs, "pretends": pretends}


@pytest.mark.parametrize("mood", MOODS)
def test_what_can_be_removed_is_and_the_rest_is_named(mood, tmp_path):
    """One model's delete never works: the other goes, this one is named with the requests that remove it."""
    with two_models() as (moody, ml, made, _):
        moody.mood, moody.times = MOODS[mood], 999
        stubborn = made.undo()
        moody.times = 0
        assert counts(ml)["models"] == 2
        named = [one for one in stubborn if one.startswith("model ")]
        assert len(named) == 2
        for sentence in named:
            for method, path in re.findall(r"(POST|DELETE) (\S+?)[,;]?(?= then| removes|$)", sentence):
                assert ml.request(method, path).ok
        assert counts(ml)["models"] == 0
        assert sweep_run(ml, 0.1, tmp_path, RUN).left == []
        assert counts(ml) == EMPTY


@pytest.mark.parametrize("mood", ["500", "409", "429", "hangs"])
def test_what_passes_is_waited_for(mood):
    """The delete works the second or third time: nothing is left, nothing is said."""
    with two_models() as (moody, ml, made, _):
        moody.mood, moody.times = MOODS[mood], 1 if mood == "hangs" else 2
        assert made.undo() == []
        assert counts(ml) == EMPTY


def test_a_delete_that_succeeds_although_it_said_no_counts_as_done():
    """The read after it says so."""
    with two_models() as (moody, ml, made, _):
        moody.mood, moody.times = lies, 999
        assert made.undo() == []
        assert counts(ml) == EMPTY


def test_a_lost_connection_names_everything_once():
    """Every resource with its request; nothing is raised, and it takes no time."""
    with two_models() as (_, _, made, server):
        server.stop()
        left = made.undo()
    kinds = [one.partition(" ")[0] for one in left]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"model": 2, "connector": 2, "task": 4}
    assert all("nothing listens on" in one and "DELETE /_plugins/_ml/" in one for one in left)


def test_a_sweep_of_a_cluster_that_goes_away_is_told(tmp_path):
    """The connection is lost between two requests of the sweep: what was found is named, nothing is raised."""
    with two_models() as (moody, ml, _, _):
        moody.mood, moody.times = drops, 999
        sweep = Sweep(ml, 0.1)
        sweep.remove(sweep.find(RUN))
    assert len([one for one in sweep.left if one.startswith("model ")]) == 2


def test_a_sweep_that_reaches_nobody_says_so(tmp_path):
    """No answer to the search itself: the caller gets the client's sentence."""
    with two_models() as (_, ml, _, server):
        server.stop()
        with pytest.raises(NoAnswer, match="nothing listens on"):
            sweep_run(ml, 0.1, tmp_path, RUN)
