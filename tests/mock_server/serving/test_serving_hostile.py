"""Hostile bytes: whatever is sent, the server answers or closes, and the next client is served."""

from __future__ import annotations

import itertools
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polarsearch_mock.messages import Reply, Request
from polarsearch_mock.serving import ThreadedServer

STARTS = (b"GET ", b"POST ", b"/", b" HTTP/1.1", b" HTTP/1.0", b" HTTP/9.9", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
MARKS = (b"\r\n", b"\n", b"\r", b":", b"\x00", b"\xff\xfe", b"\r\n\r\n", b"hello", b"5\r\nhello\r\n", b"0\r\n\r\n")
LENGTHS = (b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 5, 6", b"Transfer-Encoding: chunked")
WISHES = (
    b"Expect: 100-continue",
    b"Connection: close",
    b"Connection: Upgrade",
    b"Upgrade: h2c",
    b"Transfer-Encoding: x",
)
PIECES = st.sampled_from(STARTS + MARKS + LENGTHS + WISHES)
SOUP = st.lists(PIECES | st.binary(max_size=20), max_size=25).map(b"".join)


def echo(request: Request) -> Reply:
    """Answers with what was asked."""
    return Reply(200, request.body or f"{request.method} {request.path}?{request.query}".encode())


@pytest.fixture(scope="module")
def server():
    """One that all examples share."""
    with ThreadedServer(echo) as started:
        yield started


def poke(port: int, data: bytes, cuts: list[int]) -> bytes:
    """Sends in pieces, ends sending, and reads until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
        try:
            for start, end in itertools.pairwise(edges):
                client.sendall(data[start:end])
            client.shutdown(socket.SHUT_WR)
            got = b""
            while piece := client.recv(65536):
                got += piece
        except ConnectionError:
            return b""
    return got


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SOUP, st.lists(st.integers(0, 400), max_size=4))
def test_no_bytes_hang_or_break_the_server(server, data, cuts):
    """Any soup of HTTP pieces ends in answers or a close, never in a 500, and a well-formed request follows fine."""
    got = poke(server.port, data, cuts)
    assert b"HTTP/1.1 500" not in got
    assert got == b"" or got.startswith(b"HTTP/1.1 ")
    assert poke(server.port, b"GET /after HTTP/1.1\r\n\r\n", []).endswith(b"GET /after?")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=6))
def test_however_a_request_is_split_it_is_the_same(server, body, cuts):
    """Where TCP cuts a message changes nothing."""
    message = b"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    assert poke(server.port, message, cuts).endswith(b"\r\n\r\n" + (body or b"POST /p?"))
