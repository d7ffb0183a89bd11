"""pytest-httpserver's API over our server: what its users know keeps working, and built-in routes stand behind it."""

from __future__ import annotations

import json
import re
import threading

import httpx
import pytest
from polarsearch_mock.expectations import ExpectingServer
from polarsearch_mock.front import Front
from polarsearch_mock.messages import Reply, Request
from pytest_httpserver import HTTPServer
from pytest_httpserver.httpserver import HTTPServerError
from werkzeug import Response

BUILTIN = "/v1/embeddings"


def builtin(request: Request) -> Reply:
    """One route, and nothing else."""
    return Reply(200, b"built in") if request.path == BUILTIN else Reply(404)


def kind_of(request: Request) -> str:
    """The name of the one route."""
    return "embedding" if request.path == BUILTIN else ""


@pytest.fixture
def mock():
    """A running server."""
    with ExpectingServer(Front(builtin, kind_of, capacity=20), [BUILTIN], "127.0.0.1", 0, None) as server:
        yield server


@pytest.fixture
def client(mock):
    """A client with a connection pool."""
    with httpx.Client(base_url=mock.url, timeout=10) as client:
        yield client


def test_it_is_an_httpserver(mock, client):
    """Existing helpers that take an HTTPServer take this one."""
    assert isinstance(mock, HTTPServer)
    assert mock.url_for("/x") == f"http://{mock.endpoint}/x" == f"{mock.url}/x"
    with pytest.raises(HTTPServerError):
        mock.start()


def test_built_in_routes_answer_without_expectations(mock, client):
    """And `check()` finds nothing wrong."""
    assert client.post(BUILTIN).text == "built in"
    mock.check()


def test_an_expectation_comes_before_the_built_in_route(mock, client):
    """It overrides what it matches; everything else falls through."""
    mock.expect_request(BUILTIN, json={"a": 1}).respond_with_json({"mine": True}, headers={"X-Mine": "1"})
    answer = client.post(BUILTIN, json={"a": 1})
    assert (answer.json(), answer.headers["x-mine"]) == ({"mine": True}, "1")
    assert client.post(BUILTIN, json={"a": 2}).text == "built in"
    mock.check()


@pytest.mark.parametrize(
    ("matcher", "request_kwargs"),
    [
        ({"uri": re.compile("/m/.*")}, {"url": "/m/x"}),
        ({"uri": "/m", "query_string": {"a": "b"}}, {"url": "/m", "params": {"a": "b"}}),
        ({"uri": "/m", "headers": {"X-A": "1"}}, {"url": "/m", "headers": {"X-A": "1"}}),
        ({"uri": "/m", "data": "text"}, {"url": "/m", "content": b"text"}),
        ({"uri": "/m", "method": "PUT"}, {"url": "/m", "method": "PUT"}),
        ({"uri": "/m/中 文"}, {"url": "/m/中 文"}),
    ],
    ids=["regex", "query", "header", "data", "method", "unicode"],
)
def test_every_kind_of_matcher_works(mock, client, matcher, request_kwargs):
    """A request that fits is answered, one that does not is not."""
    mock.expect_request(**matcher).respond_with_data("fits")
    assert client.request(**{"method": "POST", **request_kwargs}).text == "fits"
    assert client.request("POST", "/other").status_code == 404


def test_one_shot_handlers_answer_once_each(mock, client):
    """However many clients ask at the same time."""
    for number in range(20):
        mock.expect_oneshot_request("/once").respond_with_data(str(number))
    got: list[str] = []

    def ask() -> None:
        with httpx.Client(timeout=10) as own:
            got.extend(own.get(mock.url_for("/once")).text for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got, key=int) == [str(number) for number in range(20)]
    assert client.get("/once").status_code == 404


def test_ordered_handlers_fail_for_good_when_the_order_is_broken(mock, client):
    """As in pytest-httpserver: after one wrong request, all fail, and `check()` says why."""
    mock.expect_ordered_request("/1").respond_with_data("one")
    mock.expect_ordered_request("/2").respond_with_data("two")
    assert client.get("/1").text == "one"
    assert client.get("/3").status_code == 500
    assert client.get("/2").status_code == 500
    with pytest.raises(AssertionError, match="permanently failed"):
        mock.check()


def test_wait_ends_when_all_one_shot_handlers_were_used(mock, client):
    """`wait()` sees what happens on the server's thread."""
    mock.expect_oneshot_request("/a").respond_with_data("a")
    with mock.wait(timeout=10) as waiting:
        client.get("/a")
    assert waiting.result


def test_a_handler_may_block_and_ask_the_mock_itself(mock, client):
    """It runs beside the loop, so other clients are served meanwhile."""

    def handler(request) -> Response:
        with httpx.Client(timeout=10) as own:
            return Response("inner " + own.post(mock.url_for(BUILTIN)).text)

    mock.expect_request("/outer").respond_with_handler(handler)
    assert client.get("/outer").text == "inner built in"


def test_a_generator_is_streamed(mock, client):
    """Its pieces arrive as they are made, not when it ends."""
    go_on = threading.Event()

    def pieces():
        yield "first"
        go_on.wait(10)
        yield "second"

    mock.expect_request("/s").respond_with_handler(lambda _: Response(pieces()))
    with client.stream("GET", "/s") as answer:
        chunks = answer.iter_text()
        assert next(chunks) == "first"
        go_on.set()
        assert next(chunks) == "second"


def test_a_handler_that_raises_is_500_logged_and_raised_by_check(mock, client):
    """Errors and failed assertions of handlers reach the test."""

    def wrong(_) -> Response:
        raise KeyError("mine")

    def failed(_) -> Response:
        raise AssertionError("not so")

    mock.expect_request("/wrong").respond_with_handler(wrong)
    mock.expect_request("/failed").respond_with_handler(failed)
    assert client.get("/wrong").status_code == client.get("/failed").status_code == 500
    mock.assert_request_made(mock.create_matcher("/wrong"))
    with pytest.raises(AssertionError, match="not so"):
        mock.check()
    with pytest.raises(KeyError, match="mine"):
        mock.check()


def test_a_path_that_is_not_there_fails_the_test_and_names_the_nearest(mock, client):
    """`check()` lists built-in routes like it, and says how each expectation differs."""
    mock.expect_request("/v1/embedding", method="PUT").respond_with_data("x")
    assert client.post("/v1/embedding").status_code == 404
    with pytest.raises(AssertionError, match="unexpected request POST /v1/embedding") as failure:
        mock.check()
    assert f"built-in: {BUILTIN}" in str(failure.value)
    assert "differs in method" in str(failure.value)


def test_unexpected_requests_do_not_pile_up(mock, client):
    """A server that nobody checks stays small."""
    for number in range(150):
        client.get(f"/{number}")
    assert len(mock.assertions) <= 100


def test_the_log_is_rebuilt_as_werkzeug_objects(mock, client):
    """Requests and answers are what pytest-httpserver's users expect to find."""
    client.post(BUILTIN + "?a=1", json={"x": "中"}, headers={"X-A": "b"})
    ((request, response),) = mock.log
    assert (request.method, request.path, request.args["a"]) == ("POST", BUILTIN, "1")
    assert (request.json, request.headers["X-A"]) == ({"x": "中"}, "b")
    assert (response.status_code, response.get_data()) == (200, b"built in")
    mock.clear_log()
    assert mock.log == []


def test_assert_request_made_counts_and_describes(mock, client):
    """The right count passes, a wrong one fails with similar requests."""
    client.post(BUILTIN, json=1)
    client.post(BUILTIN, json=2)
    mock.assert_request_made(mock.create_matcher(BUILTIN), count=2)
    mock.assert_request_made(mock.create_matcher(BUILTIN, json=1))
    mock.assert_request_made(mock.create_matcher("/never"), count=0)
    with pytest.raises(AssertionError, match="similar request"):
        mock.assert_request_made(mock.create_matcher(BUILTIN, json=3))


def test_assert_request_made_refuses_to_guess_about_dropped_requests(mock, client):
    """When requests left the bounded log, "never" and "exactly once" cannot be told; "more than" can."""
    for number in range(25):
        client.post(BUILTIN, json=number)
    assert mock.dropped == 5
    for matcher, count in ((mock.create_matcher("/never"), 0), (mock.create_matcher(BUILTIN, json=24), 1)):
        with pytest.raises(AssertionError, match="5 requests were dropped"):
            mock.assert_request_made(matcher, count=count)
    with pytest.raises(AssertionError, match="found 20 times but expected 3"):
        mock.assert_request_made(mock.create_matcher(BUILTIN), count=3)


def test_calls_are_found_by_route(mock, client):
    """`calls("embedding")` gives decoded requests."""
    client.post(BUILTIN, json={"input": ["a"]})
    client.get("/other")
    (call,) = mock.calls("embedding")
    assert (call.json, call.status, call.path) == ({"input": ["a"]}, 200, BUILTIN)
    assert len(mock.calls()) == 2


def test_clear_gives_a_clean_view(mock, client):
    """Expectations, assertions, log: nothing is left for the next test."""
    mock.expect_request(BUILTIN).respond_with_data("mine")
    client.post(BUILTIN)
    client.get("/nowhere")
    mock.clear()
    assert (mock.log, mock.calls(), mock.assertions) == ([], [], [])
    assert client.post(BUILTIN).text == "built in"
    mock.check()


def test_many_expectations_each_get_their_request(mock, client):
    """Matching by body finds the right one of many; the body is compared as JSON, not as text."""
    for number in range(50):
        mock.expect_request("/many", json={"n": number}).respond_with_data(str(number))
    for number in (0, 25, 49):
        assert client.post("/many", content=json.dumps({"n": number}, indent=3)).text == str(number)
    assert client.post("/many", content=b"{").status_code == 404
