"""The record of exchanges: complete while it fits, bounded, honest about what it dropped."""

from __future__ import annotations

import gc

import pytest
from polarsearch_mock.messages import Reply, Request
from polarsearch_mock.recorder import Recorder

KEY = "Bearer sk-very-secret"


def kind_of(request: Request) -> str:
    """Routes by their first segment."""
    return {"/e": "embedding", "/n": "embedding.native", "/r": "rerank"}.get(request.path, "")


@pytest.fixture
def recorder() -> Recorder:
    """A record that keeps five."""
    return Recorder(kind_of, capacity=5)


def ask(path: str, body: bytes = b"{}") -> Request:
    """A request with a key."""
    return Request("POST", path, "q=1", (("authorization", KEY), ("x-a", "b")), body, "127.0.0.1")


def test_calls_are_decoded_in_order_with_their_status(recorder):
    """Each call shows what came and how it was answered."""
    recorder.answered(recorder.arrived(ask("/e", b'{"n": 1}')), Reply(200))
    recorder.answered(recorder.arrived(ask("/r", b'{"n": 2}')), Reply(429))
    first, second = recorder.calls()
    assert (first.kind, first.method, first.path, first.query) == ("embedding", "POST", "/e", "q=1")
    assert (first.json, first.body, first.headers["x-a"], first.status) == ({"n": 1}, b'{"n": 1}', "b", 200)
    assert (second.kind, second.status) == ("rerank", 429)
    assert first.time <= second.time


def test_a_kind_includes_its_dialects(recorder):
    """`embedding` also means `embedding.native`, not the other way round."""
    for path in ("/e", "/n", "/r"):
        recorder.arrived(ask(path))
    assert [call.path for call in recorder.calls("embedding")] == ["/e", "/n"]
    assert [call.path for call in recorder.calls("embedding.native")] == ["/n"]


def test_calls_after_a_moment_are_those_that_came_later(recorder):
    """What had arrived by then is left out, whatever else has been dropped or forgotten meanwhile."""
    recorder.arrived(ask("/e", b"before"))
    moment = recorder.received
    recorder.clear()
    assert recorder.calls(after=moment) == []
    for number in range(7):
        recorder.arrived(ask("/r" if number % 2 else "/e", b"%d" % number))
    assert [call.body for call in recorder.calls("embedding", moment)] == [b"2", b"4", b"6"]
    assert [call.body for call in recorder.calls(after=recorder.received - 1)] == [b"6"]


def test_a_request_is_recorded_before_it_is_answered(recorder):
    """One that hangs, or whose handler fails, is seen too."""
    recorder.arrived(ask("/e"))
    assert [call.status for call in recorder.calls()] == [None]


def test_it_keeps_the_last_and_counts_the_rest(recorder):
    """Beyond its capacity the oldest go, and their number is known until it is cleared."""
    for number in range(12):
        recorder.answered(recorder.arrived(ask("/e", b"%d" % number)), Reply(200 + number))
    assert [call.body for call in recorder.calls()] == [b"7", b"8", b"9", b"10", b"11"]
    assert [call.status for call in recorder.calls()] == [207, 208, 209, 210, 211]
    assert recorder.dropped == 7
    recorder.clear()
    assert (recorder.calls(), recorder.dropped, len(recorder)) == ([], 0, 0)
    recorder.arrived(ask("/e"))
    assert (len(recorder), recorder.dropped) == (1, 0)


def test_answers_are_kept_up_to_a_number_of_bytes():
    """Large answers do not fill the memory; their status stays."""
    recorder = Recorder(kind_of)
    for _ in range(300):
        recorder.answered(recorder.arrived(ask("/e")), Reply(200, b"x" * 2**16))
    replies = [reply for _, _, reply in recorder.entries() if reply is not None]
    assert 0 < sum(len(reply.body) for reply in replies) <= 2 * 2**20
    assert {status for _, status, _ in recorder.entries()} == {200}


def test_a_late_answer_to_a_forgotten_request_is_ignored(recorder):
    """Clearing while a request is under way does not bring it back."""
    number = recorder.arrived(ask("/e"))
    recorder.clear()
    recorder.answered(number, Reply(200))
    assert recorder.entries() == []


def test_the_collector_need_not_follow_the_record():
    """Thousands of entries add next to nothing that garbage collection has to visit."""
    recorder, headers = Recorder(kind_of), (("host", "x"),)
    gc.collect()
    before = len(gc.get_objects())
    for number in range(5000):
        recorder.arrived(Request("POST", "/e", "", headers, b"%d" % number, "127.0.0.1"))
    gc.collect()
    assert len(gc.get_objects()) - before < 500


def test_keys_appear_in_no_text(recorder):
    """Neither repr nor what is shown to others carries the authorization header."""
    recorder.arrived(ask("/e"))
    (call,) = recorder.calls()
    assert "sk-very-secret" not in repr(call) + str(call) + repr(call.without_secrets())
    assert call.headers["authorization"] == KEY
