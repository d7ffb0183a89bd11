"""The call to the service: what leaves, what its answers and failures become, on one node and on another."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading

import pytest
from polarsearch_mock.messages import Reply
from polarsearch_mock.mlcommons.engines import engine_named
from polarsearch_mock.mlcommons.errors import EngineError, NeverAnswers
from polarsearch_mock.mlcommons.predict import Runtime, predict
from polarsearch_mock.serving import ThreadedServer

from .predicting import PlayedLink, answered, call, failed


def test_headers_leave_sorted_with_credentials_filled_in():
    """Unresolved placeholders stay, a content type is added when there is none."""
    link = PlayedLink()
    headers = {"X-B": "${parameters.m}", "Authorization": "Bearer ${credential.k}", "X-A": "${credential.no}"}
    answered(call(link, action={"headers": headers}, credential={"k": "s"}, parameters={"m": "1"}))
    assert link.asked[0].headers == (
        ("Authorization", "Bearer s"), ("Content-Type", "application/json"), ("X-A", "${credential.no}"), ("X-B", "1"),
    )  # fmt: skip


def test_nothing_secret_shows_in_a_call():
    """Neither the call nor what leaves it shows a key."""
    link = PlayedLink()
    one = call(link, action={"headers": {"A": "${credential.k}"}}, credential={"k": "top-secret"})
    answered(one)
    assert "top-secret" not in f"{one!r}{link.asked[0]!r}"


@pytest.mark.parametrize("status", [301, 400, 401, 404, 429, 500, 503])
def test_a_status_of_the_service_is_the_answers(status):
    """The body follows in the reason."""
    error = failed(call(PlayedLink('{"a": 1}', status)))
    assert (error.status, error.type, error.reason) == (
        status,
        "status_exception",
        'Error from remote service: {"a": 1}',
    )


@pytest.mark.parametrize("status", [308, 418, 499, 520, 999])
def test_a_status_without_a_name(status):
    """500 on the node that was asked, silence from another one."""
    assert failed(call(PlayedLink("x", status))).type == "null_pointer_exception"
    with pytest.raises(NeverAnswers):
        answered(call(PlayedLink("x", status), hop=True))


@pytest.mark.parametrize(("status", "old", "new"), [(200, 400, 502), (401, 400, 401)])
def test_an_empty_body_by_engine(status, old, new):
    """2.19 forgets the status."""
    assert [failed(call(PlayedLink(" ", status), engine=engine)).status for engine in ("2.19", "3.3")] == [old, new]


def test_another_node_rounds_to_floats():
    """Numbers of tensors cross as float32, whole ones in maps as doubles."""
    action = {"post_process_function": "connector.post_process.openai.embedding"}
    body = {"data": [{"embedding": [-0.46288867, 0]}]}
    assert answered(call(PlayedLink(body), action=action, hop=True))[0]["output"][0]["data"] == [-0.46288866, 0.0]


def test_another_node_prefixes_what_it_cannot_send():
    """The root cause is the inner one there."""
    action = {"post_process_function": "connector.post_process.openai.embedding"}
    error = failed(call(PlayedLink({"x": 1}), action=action, hop=True)).document()["error"]
    assert error["root_cause"][0]["type"] == "path_not_found_exception"
    assert error["reason"] == "m_l_exception: Fail to execute PREDICT in aws connector"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "FETCH"])
def test_other_methods_are_not_sent(method):
    """Only POST and GET are."""
    link = PlayedLink()
    assert failed(call(link, action={"method": method})).reason == "unsupported http method"
    assert not link.asked


def service(app):
    """An application that answers until it is stopped."""
    server = ThreadedServer(app)
    server.start()
    return server


def through(url, app_config=None, **hooks):
    """One predict over a real connection."""

    async def run():
        runtime = Runtime({"client_config": app_config or {}}, engine_named("3.3"), **hooks)
        try:
            return await predict(call(runtime, action={"url": url}))
        finally:
            await runtime.close()

    return asyncio.run(run())


def test_a_predict_over_the_wire_follows_no_redirect():
    """The answer to the first request is the answer."""
    seen = []

    def app(request):
        seen.append((request.method, request.path, request.body))
        return Reply(302, b"moved", (("location", "http://127.0.0.1:1/x"),))

    server = service(app)
    try:
        with pytest.raises(EngineError) as caught:
            through(f"{server.url}/a/b")
    finally:
        server.stop()
    assert caught.value.status == 302
    assert seen == [("POST", "/a/b", b"{}")]


def test_models_share_what_tls_trusts(monkeypatch):
    """The issuers are read for the first model of a process that calls over TLS, not again for each, and never for
    those that do not: that took longer than a call."""
    read, make = [], ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda *how, **more: read.append(how) or make(*how, **more))
    server = service(lambda _request: Reply(200, b"{}", (("content-type", "application/json"),)))
    try:
        through(server.url)
        assert read == []
        for _ in range(2):
            with pytest.raises(EngineError):
                through(server.url.replace("http:", "https:"))
    finally:
        server.stop()
    assert len(read) <= 1  # another test may have had them read


def test_a_call_on_its_way_outlives_the_model():
    """A model taken off the node while its service still works is answered, and its connections close after that."""
    arrived, released = threading.Event(), threading.Event()

    def app(_):
        arrived.set()
        released.wait(5)
        return Reply(200, b'{"ok": true}', (("content-type", "application/json"),))

    async def run(url):
        runtime = Runtime({}, engine_named("3.3"))
        asked = asyncio.create_task(predict(call(runtime, action={"url": url})))
        await asyncio.to_thread(arrived.wait, 5)
        await runtime.close()
        released.set()
        return await asked, runtime

    with ThreadedServer(app) as server:
        said, runtime = asyncio.run(run(server.url))
    assert b'"ok":true' in said
    assert not runtime.is_connected()


def test_only_amazons_throttling_is_tried_again():
    """As often as the configuration says; the failures before the last are its suppressed ones."""
    seen = []

    def app(request):
        seen.append(request.path)
        return Reply(429, b"{}", (("x-amzn-errortype", "ThrottlingException"),) if request.path == "/amazon" else ())

    server = service(app)
    config = {"max_retry_times": 2, "retry_backoff_millis": 1}
    try:
        with pytest.raises(EngineError) as throttled:
            through(f"{server.url}/amazon", config)
        with pytest.raises(EngineError) as plain:
            through(f"{server.url}/plain", config)
    finally:
        server.stop()
    assert seen == ["/amazon"] * 3 + ["/plain"]
    assert len(throttled.value.extra["suppressed"]) == 2
    assert plain.value.type == "status_exception"


def test_a_port_nobody_listens_on():
    """The address stands in the reason as Java prints it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(EngineError) as caught:
        through(f"http://127.0.0.1:{port}/")
    assert caught.value.reason == f"Error communicating with remote model: Connection refused: /127.0.0.1:{port}"


def test_hooks_see_the_request_and_change_the_answer():
    """Faults can be made on the way."""
    server = service(lambda request: Reply(200, b'{"ok": true}'))
    url, seen = f"{server.url}/x", []

    def broken(answer):
        return type(answer)(503, (), "down")

    try:
        with pytest.raises(EngineError) as caught:
            through(url, before_sending=lambda one: seen.append(one.url) or one, after_answer=broken)
    finally:
        server.stop()
    assert (caught.value.status, seen) == (503, [url])
