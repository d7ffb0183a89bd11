"""Faults: found by name, limited as asked, repeatable, and gone when they should be."""

from __future__ import annotations

import asyncio

import pytest
from polarsearch_mock.faults import Fault, FaultBox, UnknownFault
from polarsearch_mock.messages import Reply, Request


def mark(reply: Reply, occasion) -> Reply:
    """Adds the fault's text to the body."""
    return Reply(reply.status, reply.body + str(occasion.params["text"]).encode(), reply.headers)


async def mark_later(reply: Reply, occasion) -> Reply:
    """The same, after waiting."""
    await asyncio.sleep(0)
    return mark(reply, occasion)


KNOWN = (
    Fault("mark", "nobody", mark, params={"text": "!"}),
    Fault("mark-later", "nobody", mark_later, params={"text": "?"}),
    Fault("rerank-only", "nobody", mark, routes=("rerank",), params={"text": "r"}),
    Fault("refuse", "nobody", lambda request, _: Reply(418, request.body), "request"),
    Fault("rewrite", "nobody", lambda request, _: request._replace(body=b"other"), "request"),
    Fault("no-escaping", "nobody", on="rule"),
    Fault("shout", "nobody", lambda value, _: value.upper(), "outgoing"),
)


@pytest.fixture
def box() -> FaultBox:
    """A box whose routes are the first path segments."""
    return FaultBox(KNOWN, lambda request: request.path.strip("/"), scope="toy")


def ask(box: FaultBox, path: str = "/embedding") -> Reply:
    """The reply of an echo with the box around it."""
    request = Request("POST", path, body=b"body")
    return asyncio.run(box.around(request, lambda asked: Reply(200, asked.body)))


def test_a_fault_acts_until_its_block_ends(box):
    """On inside the `with`, off behind it."""
    with box.set("mark") as active:
        assert ask(box).body == b"body!"
        assert active.hits == 1
    assert ask(box).body == b"body"


def test_a_fault_acts_until_it_is_removed(box):
    """The plain call returns the handle; removing twice does no harm."""
    active = box.set("mark", text="+")
    assert ask(box).body == b"body+"
    active.remove()
    active.remove()
    assert ask(box).body == b"body"


def test_faults_act_in_the_order_they_were_set(box):
    """Sync and async ones mix."""
    box.set("mark", text="1")
    box.set("mark-later", text="2")
    box.set("mark", text="3")
    assert ask(box).body == b"body123"
    box.clear()
    assert ask(box).body == b"body"


def test_a_fault_can_be_limited_to_a_route(box):
    """The route asked for, and the routes where the fault makes sense, both limit it; dialects are included."""
    box.set("mark", route="rerank")
    box.set("rerank-only")
    assert ask(box, "/embedding").body == b"body"
    assert ask(box, "/rerank").body == b"body!r"
    assert ask(box, "/rerank.flat").body == b"body!r"
    assert ask(box, "/reranker").body == b"body"


def test_a_fault_can_be_limited_in_number(box):
    """The first so many requests, and only those that it would act on, count."""
    active = box.set("mark", route="rerank", times=2)
    assert ask(box, "/embedding").body == b"body"
    assert [ask(box, "/rerank").body for _ in range(3)] == [b"body!", b"body!", b"body"]
    assert active.hits == 2


def test_chance_is_repeatable(box):
    """The same seed gives the same sequence, another seed another one, and the share is about right."""

    def sequence(seed: int) -> list[bool]:
        with box.set("mark", probability=0.3, seed=seed):
            return [ask(box).body == b"body!" for _ in range(200)]

    assert sequence(1) == sequence(1) != sequence(2)
    assert 30 < sum(sequence(1)) < 90


def test_a_request_fault_may_answer_or_change_the_request(box):
    """It stands before the application, which sees what the fault left of the request."""
    with box.set("rewrite"):
        assert ask(box).body == b"other"
    with box.set("refuse"):
        assert (ask(box).status, ask(box).body) == (418, b"body")


def test_rules_are_broken_only_while_the_fault_is_on(box):
    """A server asks by name where the rule stands."""
    assert not box.breaks("no-escaping")
    with box.set("no-escaping", times=1):
        assert box.breaks("no-escaping")
        assert not box.breaks("no-escaping")


def test_what_a_server_asks_elsewhere_can_be_changed(box):
    """The outgoing hook acts on any value, and on nothing when no fault is on."""
    assert asyncio.run(box.through("outgoing", "body")) == "body"
    box.set("shout")
    assert asyncio.run(box.through("outgoing", "body")) == "BODY"
    assert ask(box).body == b"body"


@pytest.mark.parametrize(
    ("name", "params", "sentence"),
    [
        ("mrak", {}, "no fault is called 'mrak'; did you mean 'mark'"),
        ("toy.refuze", {}, "did you mean 'refuse'"),
        ("zzz", {}, "there are: mark, mark-later"),
        ("mark", {"txt": 1}, "fault 'mark' has no parameter 'txt'; it has: text"),
    ],
)
def test_unknown_names_are_refused_with_the_closest(box, name, params, sentence):
    """The sentence helps, and nothing is switched on."""
    with pytest.raises(UnknownFault, match=sentence):
        box.set(name, **params)
    assert box.active == ()


def test_a_probability_is_one(box):
    """Outside of [0, 1] there is none."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        box.set("mark", probability=1.5)


def test_the_scope_may_be_named(box):
    """`toy.mark` is `mark` in the box called toy."""
    with box.set("toy.mark"):
        assert ask(box).body == b"body!"
