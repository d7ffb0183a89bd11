"""Models that the checks of a process share: made once, by whoever asks first, or side by side before anybody asks."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import pytest

from pytest_polarsearch.blueprints import BLUEPRINTS, Endpoint
from pytest_polarsearch.client import NoAnswer
from pytest_polarsearch.provision.lifecycle import ProvisionError
from pytest_polarsearch.provision.shared import SharedModels

from .standins import exchange

SERVICE = Endpoint("http", "127.0.0.1:9")


class Making:
    """A provisioner that makes nothing, and keeps for what it was asked; `troubles` gives what it raises."""

    def __init__(self, *troubles):
        self.asked, self._troubles, self.meeting = [], list(troubles), nullcontext

    def model(self, blueprint, _endpoint):
        with self.meeting():
            self.asked.append(blueprint.kind)
        if self._troubles:
            raise self._troubles.pop()
        return blueprint.kind


def shared(making):
    """The shared models of a run whose service is the mock itself."""
    return SharedModels(making, BLUEPRINTS, SERVICE, SERVICE, lambda _name: nullcontext())


def test_models_are_made_ready_side_by_side_and_once():
    """Two at a time; a name of the mock's own model is the same model, and nobody who asks makes it again."""
    making, meet = Making(), threading.Barrier(2)

    def meeting():
        meet.wait(5)
        return nullcontext()

    making.meeting = meeting
    models = shared(making)
    models.make_ready(["chat", "embedding", "observed.chat"], 2)
    assert sorted(making.asked) == ["chat", "embedding"]
    assert models.get("observed.chat") == "chat"
    models.make_ready(["chat"], 2)
    assert len(making.asked) == 2


def test_what_cannot_be_made_ready_says_so_to_who_asks():
    """The refusal of the cluster is kept for everybody who asks."""
    making = Making(ProvisionError("deploy", exchange("POST /x", 500, {"error": "no"})))
    models = shared(making)
    models.make_ready(["chat"], 2)
    for _ in range(2):
        with pytest.raises(ProvisionError):
            models.get("chat")
    assert making.asked == ["chat"]


def test_what_got_no_answer_is_made_for_who_asks():
    """Nobody had asked yet, so nobody is told: the first who does has it made anew."""
    models = shared(Making(NoAnswer("dropped", "the connection was lost", exchange("POST /x"))))
    models.make_ready(["chat"], 2)
    assert models.get("chat") == "chat"
