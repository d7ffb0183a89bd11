"""What HTTP/1.1 clients of every kind are owed on one connection."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import threading

import pytest
from polarsearch_mock.messages import Reply, Request

GET = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_connection_is_kept_for_the_next_request(serve, connect):
    """Two requests, one after the other, are answered on one connection."""
    raw = connect(serve())
    assert raw.send(GET % 1).answer()[2] == b"GET /1?"
    status, headers, body = raw.send(GET % 2).answer()
    assert (status, body) == (200, b"GET /2?")
    assert "connection" not in headers
    assert "date" in headers


def test_pipelined_requests_are_answered_in_their_order(serve, connect):
    """A slow first answer is not overtaken by the quick ones behind it."""
    released = asyncio.Event()

    async def slow(request: Request) -> Reply:
        await released.wait()
        return Reply(200, request.path.encode())

    def app(request: Request):
        return slow(request) if request.path == "/1" else Reply(200, request.path.encode())

    server = serve(app)
    raw = connect(server).send(b"".join(GET % number for number in range(1, 60)))
    server.loop.call_soon_threadsafe(released.set)
    assert [raw.answer()[2] for _ in range(59)] == [b"/%d" % number for number in range(1, 60)]


@pytest.mark.parametrize("pieces", [1, 7], ids=["whole", "in pieces"])
def test_chunked_request_bodies_arrive_whole(serve, connect, pieces):
    """A body in chunks, with a trailer, is the same body."""
    message = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: 1\r\n\r\n"
    raw = connect(serve())
    step = len(message) // pieces + 1
    for at in range(0, len(message), step):
        raw.send(message[at : at + step])
    assert raw.answer()[2] == b"hello world"


def test_expect_continue_is_granted_before_the_body(serve, connect):
    """A client that asks first is told to go on, and then answered."""
    raw = connect(serve()).send(b"POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert raw.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert raw.send(b"abc").answer()[2] == b"abc"


@pytest.mark.parametrize("keep", [False, True], ids=["close", "keep-alive"])
def test_http_1_0_clients_are_answered(serve, connect, keep):
    """An old client gets a close unless it asked to stay."""
    line = b"Connection: keep-alive\r\n" if keep else b""
    raw = connect(serve()).send(b"GET /old HTTP/1.0\r\n" + line + b"\r\n")
    _, headers, body = raw.answer()
    assert body == b"GET /old?"
    assert headers["connection"] == ("keep-alive" if keep else "close")
    assert keep or raw.rest() == b""


def test_head_has_the_length_but_no_body(serve, connect):
    """HEAD names the size of what GET would give, and the connection stays usable."""
    raw = connect(serve()).send(b"HEAD /h HTTP/1.1\r\n\r\n")
    assert b"content-length: 8\r\n" in raw.until(b"\r\n\r\n")
    assert raw.send(GET % 1).answer()[2] == b"GET /1?"


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_a_body_send_none(serve, connect, status):
    """204 and 304 carry neither a body nor a length."""
    raw = connect(serve(lambda _: Reply(status, b"ignored"))).send(GET % 1)
    assert b"content-length" not in raw.until(b"\r\n\r\n")
    assert raw.send(GET % 2).until(b"\r\n\r\n").startswith(b"HTTP/1.1 %d" % status)


def test_gzip_is_used_only_where_it_is_accepted(serve, connect):
    """A large body is compressed for the client that says so, and for no other."""
    text = b"vector " * 1000
    server = serve(lambda _: Reply(200, text), gzip=True)
    _, headers, body = connect(server).send(b"GET / HTTP/1.1\r\nAccept-Encoding: br, gzip\r\n\r\n").answer()
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == text
    assert connect(server).send(GET % 1).answer()[2] == text


@pytest.mark.parametrize(
    "message",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001,
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    ],
    ids=["announced", "chunked", "absurd"],
)
def test_a_body_above_the_limit_is_refused(serve, connect, message):
    """413, then the connection ends, and other clients notice nothing."""
    server = serve(body_limit=1000)
    raw = connect(server).send(message)
    assert raw.answer()[0] in (413, 400)
    assert raw.rest() == b""
    assert connect(server).send(b"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000).answer()[0] == 200


def test_endless_headers_are_refused(serve, connect):
    """A head that does not end is not collected for ever."""
    raw = connect(serve()).send(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(70):
        raw.send(b"x" * 1024)
    assert raw.answer()[0] == 431


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n"])
def test_what_is_not_http_is_refused(serve, connect, noise):
    """A malformed message gets 400 and a close."""
    raw = connect(serve()).send(noise)
    assert raw.answer()[0] == 400
    assert raw.rest() == b""


def test_an_upgrade_is_declined_by_answering_in_http_1_1(serve, connect):
    """A client that offers h2c, as Java's does, is served what it asked, body and all."""
    head = b"POST / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n"
    raw = connect(serve()).send((head + b"Content-Length: 3\r\n\r\nabc") * 2 + GET % 3)
    assert [raw.answer()[2] for _ in range(3)] == [b"abc", b"abc", b"GET /3?"]


def test_a_proxy_style_target_is_reduced_to_its_path(serve, connect):
    """The absolute form that proxies receive names the same path."""
    raw = connect(serve()).send(b"GET http://ep-1.dashscope/a/b?c=d HTTP/1.1\r\n\r\n")
    assert raw.answer()[2] == b"GET /a/b?c=d"


def chunks(*pieces: bytes):
    """A stream of these pieces."""

    async def stream():
        for piece in pieces:
            yield piece

    return stream()


def test_a_stream_leaves_in_chunks(serve, connect):
    """Each yielded piece is a chunk, and the connection stays usable behind the last."""
    raw = connect(serve(lambda _: Reply(200, stream=chunks(b"one", b"", b"three")))).send(GET % 1)
    assert b"transfer-encoding: chunked" in raw.until(b"\r\n\r\n")
    assert raw.until(b"0\r\n\r\n") == b"3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"
    assert raw.send(GET % 2).until(b"\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_stream_for_an_old_client_ends_with_the_connection(serve, connect):
    """HTTP/1.0 knows no chunks: the bytes come bare and the close ends them."""
    raw = connect(serve(lambda _: Reply(200, stream=chunks(b"one", b"two")))).send(b"GET / HTTP/1.0\r\n\r\n")
    assert raw.rest().endswith(b"\r\n\r\nonetwo")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("how", ["request", "body", "truncate"])
def test_aborted_answers_break_as_asked(serve, how, streamed):
    """A reset before the answer, a reset inside it, or an end before the promised length."""

    def app(_: Request) -> Reply:
        return Reply(200, b"x" * 100, stream=chunks(b"x" * 50) if streamed else None, abort=how)

    connection = http.client.HTTPConnection("127.0.0.1", serve(app).port, timeout=10)
    expected = http.client.IncompleteRead if how == "truncate" else ConnectionResetError
    with pytest.raises(expected):
        connection.request("GET", "/")
        connection.getresponse().read()
    connection.close()


def test_a_stream_goes_no_faster_than_its_reader(serve, connect):
    """A reader that stops is not fed into the server's memory."""
    produced = 0

    async def endless():
        nonlocal produced
        while True:
            produced += 1
            yield b"x" * 65536
            await asyncio.sleep(0)

    server = serve(lambda request: Reply(200, stream=endless()) if request.path == "/1" else Reply(200, b"other"))
    raw = connect(server).send(GET % 1)
    raw.until(b"\r\n\r\n")
    for _ in range(300):
        assert connect(server).send(GET % 2).answer()[2] == b"other"
    assert produced < 1000


def test_an_application_that_raises_answers_500_and_says_so_in_the_log(serve, connect, caplog):
    """Neither a sync nor an async failure ends the connection."""

    async def later(_: Request) -> Reply:
        raise LookupError("async")

    def app(request: Request):
        if request.path == "/1":
            raise LookupError("sync")
        return later(request)

    raw = connect(serve(app))
    assert raw.send(GET % 1).answer()[0] == 500
    assert raw.send(GET % 2).answer()[0] == 500
    assert "sync" in caplog.text and "async" in caplog.text


def test_a_client_that_leaves_ends_its_stream(serve, connect):
    """Nothing goes on for a client that is gone."""
    ended = threading.Event()

    async def endless():
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0.001)
        finally:
            ended.set()

    raw = connect(serve(lambda _: Reply(200, stream=endless()))).send(GET % 1)
    raw.until(b"\r\n\r\n")
    raw.close()
    assert ended.wait(10)


def test_a_half_closed_client_still_gets_its_answer(serve, connect):
    """A client that only shuts its sending side down waits for an answer."""
    release = asyncio.Event()

    async def app(_: Request) -> Reply:
        await release.wait()
        return Reply(200, b"late")

    server = serve(app)
    raw = connect(server).send(GET % 1)
    raw.socket.shutdown(1)
    server.loop.call_soon_threadsafe(release.set)
    assert raw.rest().endswith(b"late")
