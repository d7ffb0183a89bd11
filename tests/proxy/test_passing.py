"""What passes the proxy is as it was, faults act on it by name, and what cannot pass is said."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import trustme
from polarsearch_mock.certificates import Certificates
from polarsearch_mock.messages import Reply, Request
from polarsearch_mock.proxy import link as links
from polarsearch_mock.proxy.doors import cluster_door, service_door
from polarsearch_mock.proxy.keys import Keys
from polarsearch_mock.proxy.tables import every_fault

from pytest_polarsearch.client import Trust

CHAT = "/compatible-mode/v1/chat/completions"
EVENTS = (("content-type", "text/event-stream;charset=UTF-8"),)
JSON = (("content-type", "application/json"),)


def echo(request: Request) -> Reply:
    """Says what arrived."""
    said = {"method": request.method, "path": request.path, "query": request.query, "headers": request.headers}
    body = json.dumps({**said, "body": request.body.decode("latin-1")}).encode()
    return Reply(207, body, (("set-cookie", "a=1"), ("set-cookie", "b=2"), *JSON))


def test_a_request_arrives_as_it_was_sent(standing):
    """Method, raw path, query, headers and body reach the target; only the host is its own."""
    proxy = standing.before(url := standing.target(echo))
    answer = proxy.client.put(
        "/a%2Fb/c?x=1&y=%20", content=b"\xe4\xb8\xad", headers={"x-own": "1", "authorization": "Basic eA=="}
    )
    said = answer.json()
    headers = dict(said["headers"])
    assert (said["method"], said["path"], said["query"]) == ("PUT", "/a%2Fb/c", "x=1&y=%20")
    assert said["body"] == "\xe4\xb8\xad"
    assert (headers["x-own"], headers["authorization"], headers["content-length"]) == ("1", "Basic eA==", "3")
    assert headers["host"] == url.removeprefix("http://")


def test_an_answer_comes_back_as_it_was_given(standing):
    """Status, repeated headers and body are the target's."""
    answer = standing.before(standing.target(echo)).client.get("/")
    assert answer.status_code == 207
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert "content-length" not in dict(answer.json()["headers"])


def test_events_are_passed_on_as_they_come(standing):
    """The first event is read while the target still holds back the second."""
    read = threading.Event()

    async def stream() -> AsyncIterator[bytes]:
        yield b"data: first\n\n"
        await asyncio.get_running_loop().run_in_executor(None, read.wait, 20)
        yield b"data: second\n\n"

    proxy = standing.before(standing.target(lambda _: Reply(200, headers=EVENTS, stream=stream())))
    with proxy.client.stream("POST", CHAT) as answer:
        pieces = answer.iter_bytes()
        first = next(pieces)
        read.set()
        assert (first, b"".join(pieces)) == (b"data: first\n\n", b"data: second\n\n")


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_faults_of_streams_go_by_events(standing, size):
    """A stream is cut behind its second event, wherever the network has cut it, and the client sees that it is cut."""
    whole = b"".join(b"data: %d\r\n\r\n" % number for number in range(5))

    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), size):
            yield whole[start : start + size]

    proxy = standing.before(standing.target(lambda _: Reply(200, headers=EVENTS, stream=stream())))
    came = b""
    with proxy.set("sse-cut"), pytest.raises(httpx.RemoteProtocolError), proxy.client.stream("POST", CHAT) as answer:
        for piece in answer.iter_bytes():
            came += piece
    assert came == b"data: 0\r\n\r\ndata: 1\r\n\r\n"


def test_an_event_without_end_is_not_held(standing):
    """What grows beyond the longest event is handed on."""

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 2**16

    proxy = standing.before(standing.target(lambda _: Reply(200, headers=EVENTS, stream=stream())))
    assert len(proxy.client.post(CHAT).content) == 40 * 2**16


def test_a_cut_answer_stays_cut(standing):
    """The client of a target that ends early sees an answer that ends early."""
    proxy = standing.before(standing.target(lambda _: Reply(200, b"0123456789", JSON, abort="truncate")))
    with pytest.raises(httpx.RemoteProtocolError):
        proxy.client.get("/")


def test_a_dropped_connection_stays_dropped(standing):
    """The client of a target that answers nothing gets nothing."""
    proxy = standing.before(standing.target(lambda _: Reply(200, abort="request")))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        proxy.client.get("/")


def test_an_endless_answer_is_refused(standing, monkeypatch):
    """More than the proxy holds ends in a sentence with the bound."""
    monkeypatch.setattr(links, "MOST_BYTES", 1000)
    proxy = standing.before(url := standing.target(lambda _: Reply(200, b"x" * 1001)))
    answer = proxy.client.get("/")
    assert answer.status_code == 502
    assert answer.json() == {"error": f"{url} answered with more than 1000 bytes; the proxy reads no further"}


def test_an_unreachable_target_is_named(standing):
    """Where nothing listens the client gets one sentence with the address."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
    answer = standing.before(url).client.get("/")
    assert answer.status_code == 502
    assert answer.json()["error"].startswith(f"the proxy cannot reach {url} (")


@pytest.fixture(scope="module")
def certificates() -> Iterator[Certificates]:
    """A certificate for this machine."""
    with Certificates() as made:
        yield made


def test_a_known_issuer_is_trusted(standing, certificates):
    """With its issuer's file an https target is reached."""
    url = standing.target(echo, certificates.server)
    assert standing.before(url, tls=Trust(certificates.ca).context()).client.get("/").status_code == 207


def test_an_unknown_issuer_is_not_trusted(standing, certificates):
    """Without its issuer's file the target is not asked, and the certificate is blamed."""
    answer = standing.before(standing.target(echo, certificates.server)).client.get("/")
    assert answer.status_code == 502
    assert "CERTIFICATE_VERIFY_FAILED" in answer.json()["error"]


def test_a_name_is_checked(standing, tmp_path):
    """A certificate for another name is refused though its issuer is trusted."""
    authority = trustme.CA()
    other = authority.issue_cert("other.invalid")
    other.private_key_and_cert_chain_pem.write_to_path(pem := tmp_path / "other.pem")
    authority.cert_pem.write_to_path(ca := tmp_path / "ca.pem")
    proxy = standing.before(standing.target(echo, (str(pem), str(pem))), tls=Trust(str(ca)).context())
    answer = proxy.client.get("/")
    assert answer.status_code == 502
    assert "IP address mismatch" in answer.json()["error"]


def test_every_fault_can_be_set_at_a_door(standing):
    """The proxy has every fault of both tables: nothing is beyond it."""
    there = [
        f"{front.scope}.{name}"
        for front in (cluster_door(links.Link("http://127.0.0.1:9")), service_door(links.Link("http://127.0.0.1:9")))
        for name in front.faults.known
    ]
    assert sorted(there) == sorted(every_fault())


def shown(request: Request) -> Reply:
    """What the target was sent as authorization, in body and header or as an event."""
    key = (request.header("authorization") or "").encode()

    async def stream() -> AsyncIterator[bytes]:
        yield b"data: " + key + b"\n\n"

    if request.path == CHAT:
        return Reply(200, headers=EVENTS, stream=stream())
    return Reply(200, key, (("x-key", key.decode()), ("x-last", key.decode()[-4:])))


def test_keys_stay_with_the_proxy(standing):
    """Who asks with the stand-in is answered under the key, and never shown it, in a body, a header or a stream."""
    url = standing.target(shown)
    proxy = standing.before(url, lambda link: service_door(link, Keys(link, {"sk-stand-in": "sk-real"})))
    headers = {"authorization": "Bearer sk-stand-in"}
    plain, streamed = proxy.client.get("/", headers=headers), proxy.client.get(CHAT, headers=headers)
    assert plain.headers["x-last"] == "real"
    assert (plain.text, plain.headers["x-key"]) == ("Bearer sk-stand-in", "Bearer sk-stand-in")
    assert streamed.text == "data: Bearer sk-stand-in\n\n"
    assert proxy.client.get("/", headers={"authorization": "Bearer sk-other"}).text == "Bearer sk-other"
