"""Trying faults without changing anything tells which of them would have changed something."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from polarsearch_mock.faults import Fault, FaultBox, Occasion, UnknownFault
from polarsearch_mock.messages import Reply, Request
from polarsearch_mock.trial import Trial


async def _late(reply: Reply, _occasion: Occasion) -> Reply:
    return reply


def _fails(_reply: Reply, _occasion: Occasion) -> Reply:
    raise ValueError


FAULTS = (
    Fault("same", "nobody", lambda reply, _: Reply(reply.status, reply.body)),
    Fault("other", "somebody", lambda reply, _: Reply(500, reply.body)),
    Fault("elsewhere", "somebody", lambda reply, _: Reply(500, reply.body), routes=("there",)),
    Fault("late", "somebody", _late),
    Fault("fails", "somebody", _fails),
    Fault("asks", "somebody", lambda request, _: request._replace(body=b"no"), on="request"),
    Fault("rule", "somebody", on="rule"),
)


@pytest.fixture
def box() -> FaultBox:
    """A box with those faults, whose route is the path."""
    return FaultBox(FAULTS, lambda request: request.path)


@pytest.fixture
def trial(box: FaultBox) -> Iterator[Trial]:
    """All of them on trial."""
    with box.trying([fault.name for fault in FAULTS]) as trial:
        yield trial


def _asked(box: FaultBox, path: str) -> Reply:
    return asyncio.run(box.around(Request("GET", path, body=b"yes"), lambda request: Reply(200, request.body)))


def test_nothing_is_changed(box: FaultBox, trial: Trial) -> None:
    """Request and answer pass as they are."""
    assert not box.idle
    assert _asked(box, "there") == Reply(200, b"yes")
    assert trial.take()


def test_those_that_would_change_are_told_once(box: FaultBox, trial: Trial) -> None:
    """A fault of another route, or one that gives what it got, is not among them; one that fails or waits is."""
    _asked(box, "here")
    assert trial.take() == {"other", "late", "fails", "asks"}
    assert trial.take() == set()
    _asked(box, "there")
    assert "elsewhere" in trial.take()


def test_a_rule_counts_when_it_is_asked_for(box: FaultBox, trial: Trial) -> None:
    """It holds during the trial, and its fault is told."""
    assert box.breaks("rule") is False
    assert trial.take() == {"rule"}


def test_only_what_is_tried_is_told(box: FaultBox) -> None:
    """Faults that are not on trial are not told, and after it nothing is on."""
    with box.trying(["same"]) as trial:
        _asked(box, "here")
        box.breaks("rule")
        assert trial.take() == set()
    assert box.idle


def test_an_unknown_fault_is_named(box: FaultBox) -> None:
    """The closest name is told."""
    with pytest.raises(UnknownFault, match="did you mean 'late'"), box.trying(["lates"]):
        pass
