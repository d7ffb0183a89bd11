"""The control API: the same verbs over HTTP, for programs on this machine only."""

from __future__ import annotations

import json

import pytest
from polarsearch_mock.control import PREFIX
from polarsearch_mock.faults import Fault
from polarsearch_mock.front import Front
from polarsearch_mock.messages import Reply, Request

FAULTS = (
    Fault("teapot", "nobody", lambda reply, o: Reply(int(o.params["status"]), reply.body), params={"status": 418}),
    Fault("rerank-teapot", "nobody", lambda reply, _: Reply(418), routes=("rerank",)),
)


@pytest.fixture
def front() -> Front:
    """An application behind the front that a server serves."""
    told: list[str] = []
    front = Front(
        lambda _: Reply(200, b"ok"),
        lambda request: request.path.strip("/"),
        FAULTS,
        scope="toy",
        reset=lambda: told.append("reset"),
    )
    front.told = told  # type: ignore[attr-defined]
    return front


async def settled(answer) -> Reply:
    """A reply, whether it came at once or not."""
    return answer if isinstance(answer, Reply) else await answer


def ask(front: Front, method: str, path: str, body: object = None, query: str = "", **more) -> tuple[int, object]:
    """Status and JSON of a control request."""
    payload = b"" if body is None else json.dumps(body).encode()
    reply = front(
        Request(method, PREFIX + path, query, more.get("headers", ()), payload, more.get("peer", "127.0.0.1"))
    )
    assert isinstance(reply, Reply)
    return reply.status, json.loads(reply.body)


def call(front: Front, path: str = "/embedding") -> int:
    """The status of an ordinary request."""
    import asyncio

    request = Request("POST", path, headers=(("authorization", "Bearer sk-secret"),), body=b'{"a": 1}')
    return asyncio.run(settled(front(request))).status


def test_calls_can_be_read_and_forgotten(front):
    """Recorded requests come as JSON, keys masked; control requests are not among them."""
    call(front)
    call(front, "/rerank")
    status, answer = ask(front, "GET", "calls", query="kind=embedding")
    assert status == 200
    (one,) = answer["calls"]
    assert (one["path"], one["status"], one["body"]) == ("/embedding", 200, '{"a": 1}')
    assert "sk-secret" not in json.dumps(answer)
    assert ask(front, "GET", "state")[1]["requests"] == 2
    assert ask(front, "DELETE", "calls")[0] == 200
    assert ask(front, "GET", "calls")[1]["calls"] == []


def test_faults_can_be_set_listed_and_removed(front):
    """A fault set over HTTP acts as one set in Python."""
    status, active = ask(front, "POST", "faults", {"name": "teapot", "times": 1, "params": {"status": 429}})
    assert (status, active["name"], active["times"]) == (201, "teapot", 1)
    assert [call(front), call(front)] == [429, 200]
    assert [row["name"] for row in ask(front, "GET", "faults")[1]["known"]] == ["teapot", "rerank-teapot"]
    assert ask(front, "DELETE", f"faults/{active['id']}")[1] == {"faults": []}
    assert ask(front, "DELETE", f"faults/{active['id']}")[0] == 404
    ask(front, "POST", "faults", {"name": "teapot"})
    ask(front, "DELETE", "faults")
    assert call(front) == 200


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"name": "teapod"}, "did you mean 'teapot'"),
        ({"name": "teapot", "sometimes": 1}, "unknown fields: sometimes"),
        ({"name": "teapot", "probability": 2}, "between 0 and 1"),
        ({"name": "teapot", "params": {"x": 1}}, "no parameter 'x'"),
        ([], "name"),
        (7, "an object"),
    ],
)
def test_bad_orders_are_refused_in_words(front, body, sentence):
    """400 with a sentence, and nothing is switched on."""
    status, answer = ask(front, "POST", "faults", body)
    assert status == 400
    assert sentence in answer["error"]
    assert call(front) == 200


def test_reset_forgets_everything(front):
    """Calls, faults, and what the application holds."""
    ask(front, "POST", "faults", {"name": "teapot"})
    call(front)
    assert ask(front, "POST", "reset")[0] == 200
    assert ask(front, "GET", "state")[1] == {"server": "toy", "requests": 0, "dropped": 0, "faults": []}
    assert front.told == ["reset"]


@pytest.mark.parametrize("peer", ["10.0.0.1", "2001:db8::1", "nonsense"])
def test_other_machines_are_refused(front, peer):
    """Even where the server listens beyond loopback, its control API does not."""
    assert ask(front, "POST", "reset", peer=peer)[0] == 403


def test_browser_pages_are_refused(front):
    """A page that somebody visits meanwhile cannot set faults: browsers send where a request comes from."""
    assert ask(front, "POST", "reset", headers=(("origin", "https://example.com"),))[0] == 403


def test_unknown_verbs_list_the_known(front):
    """404 says what there is."""
    status, answer = ask(front, "PUT", "faults")
    assert status == 404
    assert f"POST {PREFIX}faults" in answer["verbs"]
