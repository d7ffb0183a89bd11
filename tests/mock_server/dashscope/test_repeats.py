"""Requests that came before: answered from memory exactly as if they were decided anew."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polarsearch_mock import DashScopeMock
from polarsearch_mock.dashscope import repeats
from polarsearch_mock.dashscope.repeats import Repeats
from polarsearch_mock.dashscope.service import DashScope
from polarsearch_mock.dashscope.switches import Switches
from polarsearch_mock.messages import Request

EMBEDDINGS = "/compatible-mode/v1/embeddings"
NATIVE = "/api/v1/services/embeddings/text-embedding/text-embedding"
RERANK = "/api/v1/services/rerank/text-rerank/text-rerank"
FLAT = "/compatible-api/v1/reranks"
QUESTION = {"query": "cats", "documents": ["cats purr", "rain"]}
BODIES = [
    (EMBEDDINGS, {"model": "text-embedding-v4", "input": ["hello"], "dimensions": 64}),
    (EMBEDDINGS, {"model": "text-embedding-v4", "input": "hello", "dimensions": 64, "encoding_format": "base64"}),
    (EMBEDDINGS, {"model": "text-embedding-v4", "input": ["hello"], "dimensions": 3}),
    (EMBEDDINGS, {"model": "text-embedding-v3", "input": ["hello"], "dimensions": 768}),
    (NATIVE, {"model": "text-embedding-v4", "input": {"texts": ["hello"]}, "parameters": {"dimension": 64}}),
    (NATIVE, {"model": "text-embedding-async-v2", "input": {"url": "http://127.0.0.1/texts"}}),
    (RERANK, {"model": "qwen3-rerank", "input": QUESTION, "parameters": {"return_documents": True}}),
    (RERANK, {"model": "gte-rerank-v2", **QUESTION}),
    (FLAT, {"model": "qwen3-rerank", **QUESTION, "return_documents": True}),
]
KEYS = ["Bearer sk-good", "Bearer sk-other", "Bearer bad", ""]
SWITCHES = [
    Switches(),
    Switches(region="ap-southeast-1", flat_native_rerank=True),
    Switches(base64=False, score_jitter=True, absent_document="null"),
    Switches(qwen3_rerank_routes="compat", compat_return_documents=False),
]


class Forgetful(Repeats):
    """Never remembers an answer."""

    def find(self, request, switches, request_id):
        """Nothing."""


@dataclass
class Clock:
    """A time that moves on by itself, the same for both services."""

    now: float = 1_700_000_000.0

    def __call__(self):
        self.now += 0.25
        return self.now


def service(memory):
    """A service with the ids and times of its twin."""
    made = DashScope(clock=Clock(), seed=1)
    made.state.repeats = memory
    return made


def asked(path, body, key="Bearer sk-good", method="POST", extra=()):
    """A request as the service sees it."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(method, path, "", (("authorization", key), *extra), content)


REQUESTS = st.builds(
    lambda target, key, method, extra: asked(*target, key, method, extra),
    st.sampled_from(BODIES),
    st.sampled_from([KEYS[0], *KEYS]),
    st.sampled_from(["POST", "POST", "GET"]),
    st.sampled_from([(), (("x-dashscope-async", "enable"),)]),
)
CHANGES = st.one_of(
    st.sampled_from(SWITCHES).map(lambda chosen: lambda one: setattr(one, "switches", chosen)),
    st.sampled_from([("sk-good",), ()]).map(lambda keys: lambda one: setattr(one, "api_keys", keys)),
    st.just(lambda one: one.set_vector("hello", [1.0, 2.0])),
    st.just(lambda one: one.reset()),
    st.sampled_from([None, "Arrearage"]).map(lambda name: lambda one: setattr(one, "quota", lambda _: name)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(REQUESTS | CHANGES, max_size=25))
def test_no_answer_tells_that_it_was_remembered(steps):
    """Whatever comes in which order, a service that remembers answers byte for byte like one that does not."""
    remembering, forgetful = service(Repeats()), service(Forgetful())
    for step in steps:
        if isinstance(step, Request):
            assert remembering(step) == forgetful(step)
        else:
            step(remembering)
            step(forgetful)


@pytest.mark.parametrize(("path", "body"), BODIES[:2] + BODIES[4:5] + BODIES[6:7] + BODIES[8:])
def test_the_second_time_is_answered_from_memory(path, body):
    """What the request alone decides is kept, and answered with an id of its own."""
    one = service(Repeats())
    first, second = one(asked(path, body)), one(asked(path, body))
    assert len(one.state.repeats) == 1
    assert first.status == second.status == 200
    assert first.body != second.body
    assert len(first.body) == len(second.body)


def test_a_task_is_opened_each_time():
    """An answer that leaves something behind is never repeated."""
    one = service(Repeats())
    submit = asked(*BODIES[5], extra=(("x-dashscope-async", "enable"),))
    assert one(submit).status == one(submit).status == 200
    assert len(one.state.tasks) == 2
    assert not len(one.state.repeats)


def test_scores_left_to_chance_are_drawn_anew():
    """Where a switch shakes the scores, the same question gets other scores each time."""
    one = service(Repeats())
    one.switches = Switches(score_jitter=True)
    scores = {json.loads(one(asked(*BODIES[6])).body)["output"]["results"][0]["relevance_score"] for _ in range(3)}
    assert len(scores) == 3


def test_memory_is_bounded(monkeypatch):
    """Past its budget everything is forgotten, and a request beyond the longest is never kept."""
    monkeypatch.setattr(repeats, "BUDGET", 20_000)
    one, sizes = service(Repeats()), []
    for number in range(40):
        one(asked(EMBEDDINGS, {"model": "text-embedding-v4", "input": [f"text {number}"], "dimensions": 64}))
        sizes.append(len(one.state.repeats))
    assert 2 <= max(sizes) <= 20
    assert 1 in sizes[2:]
    kept = len(one.state.repeats)
    one(asked(EMBEDDINGS, json.dumps(BODIES[0][1]).encode() + b" " * repeats.LONGEST_REQUEST))
    assert len(one.state.repeats) == kept


def test_faults_and_expectations_come_before_memory():
    """A remembered answer is still broken by a fault, and an expectation set later still answers first."""
    mock = DashScopeMock()
    request = asked(*BODIES[0])
    for _ in range(2):
        assert mock.front(request).status == 200
    with mock.fault("Arrearage"):
        assert asyncio.run(mock.front(request)).status == 400
    mock.expect_oneshot_request(EMBEDDINGS).respond_with_data("mine", status=418)
    assert mock.front(request).status == 418
    assert [call.status for call in mock.calls("embedding")] == [200, 200, 400, 418]
