"""What checks see: models, bodies, the service side, and the ways to say what must hold."""

from __future__ import annotations

import pytest

from pytest_polarsearch.blueprints import BLUEPRINTS, GUIDE, Endpoint
from pytest_polarsearch.checks.context import Context
from pytest_polarsearch.checks.contract import Blocked, Failure, NotApplicable, NotObserved
from pytest_polarsearch.opening import open_run
from pytest_polarsearch.run import Part
from pytest_polarsearch.secret import Secret

from .standins import exchange, settings


@pytest.fixture(scope="module")
def run():
    """An open run on the built-in servers."""
    with open_run(settings(timeout="2"), Part("0123456789ab"), lambda _id: True) as opened:
        yield opened


@pytest.fixture
def ctx(run):
    """A check's view; what was made is gone afterwards."""
    context = Context(run)
    yield context
    assert context.finish(failed=False) == []


def test_a_shared_model_is_made_once(ctx):
    """Also under its observed name, where the mock is the service."""
    assert ctx.model("chat") is ctx.model("chat")
    assert ctx.model("observed.chat") is ctx.model("chat")


def test_a_scratch_model_is_gone_when_the_check_is_over(run):
    """Made for one check, removed by `finish`."""
    context = Context(run)
    model = context.scratch_model("chat")
    assert context.ml.model(model.model_id).ok
    assert context.finish(failed=False) == []
    assert context.ml.model(model.model_id).status == 404


def test_what_reaches_the_service_is_seen(ctx):
    """Only the calls of the watched kind, from the beginning of the watch."""
    ctx.predict("chat")
    with ctx.watching("chat") as seen:
        ctx.predict("chat", messages=[{"role": "user", "content": "seen"}])
    assert seen.one.json["messages"][0]["content"] == "seen"


def test_what_never_came_is_not_observed(ctx):
    """A watch without calls, and one with too many."""
    with ctx.watching("chat") as seen:
        pass
    with pytest.raises(NotObserved, match="no chat request"):
        _ = seen.one
    with ctx.watching("chat") as seen:
        ctx.predict("chat")
        ctx.predict("chat")
    with pytest.raises(Failure, match="expected one, found 2"):
        _ = seen.one


def test_a_model_that_cannot_be_made_blocks(ctx):
    """The requirement that says so is named by stage and kind."""
    with pytest.raises(Blocked) as blocked:
        ctx.scratch_model("chat", protocol=None)
    assert blocked.value.by == "connectors.guide-chat-created"


def test_what_must_hold_is_told_when_it_does_not(ctx):
    """Each way of saying it raises a Failure with what was expected and found."""
    ctx.exchanges.append(exchange("GET /x"))
    ways = (
        lambda: ctx.equal(1, 2, "the number"),
        lambda: ctx.holds(False, "the number", expected="2", actual=1),
        lambda: ctx.one_of(1, (2, 3), "the number"),
        lambda: ctx.eventually(lambda: 1, lambda one: one == 2, "the number", "2"),
    )
    context_timeout = ctx._bench.timeout
    ctx._bench.timeout = 0.05
    for way in ways:
        with pytest.raises(Failure) as failed:
            way()
        assert failed.value.looked_at.startswith("the number")
        assert failed.value.actual == "1"
        assert failed.value.exchanges
    ctx._bench.timeout = context_timeout


@pytest.mark.parametrize(
    ("status", "reason", "wanted", "held"),
    [
        (400, "it is missing", "missing", True),
        (500, "it is missing", "missing", False),
        (400, "other", "missing", False),
    ],
)
def test_a_refusal_is_held_to_status_and_words(ctx, status, reason, wanted, held):
    """Both must be as said."""
    refused = exchange("POST /x", {}, status, {"error": {"type": "x", "reason": reason}, "status": status})
    if held:
        ctx.refused(refused, 400, reason=wanted)
    else:
        with pytest.raises(Failure):
            ctx.refused(refused, 400, reason=wanted)


def test_success_is_held_to_200(ctx):
    """`ok` gives the exchange, or fails with the beginning of the answer."""
    good = exchange("GET /x", got={})
    assert ctx.ok(good) is good
    with pytest.raises(Failure, match="HTTP 500"):
        ctx.ok(exchange("GET /x", status=500, got={"error": "broken"}))


def test_a_check_can_say_that_it_has_no_meaning_here(ctx):
    """With the reason."""
    with pytest.raises(NotApplicable, match="no such thing"):
        ctx.not_applicable("no such thing")


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_a_blueprint_makes_a_connector_that_works(ctx, name):
    """Each is created, registered, deployed and answers the sample it brings."""
    model = ctx.scratch_model(name)
    assert ctx.ml.predict(model.model_id, ctx.sample(name)).ok


def test_a_blueprint_shows_its_key_in_the_credential_only():
    """The header names the credential, as the guide has it."""
    body = GUIDE["chat"].connector(Endpoint("http", "h:1", Secret("sk-1")), version="2")
    assert body["credential"] == {"api_key": "sk-1"}
    assert "sk-1" not in str({**body, "credential": None})
    assert body["version"] == "2"
    assert "sk-1" not in repr(Endpoint("http", "h:1", Secret("sk-1")))
