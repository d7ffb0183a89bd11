"""Servers for the tests of this folder, and raw sockets to talk to them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from polarsearch_mock.messages import App, Reply, Request
from polarsearch_mock.serving import ThreadedServer

SECONDS = 10.0


class Raw:
    """A client that sends exactly these bytes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self.unread = b""

    def send(self, data: bytes) -> Raw:
        self.socket.sendall(data)
        return self

    def until(self, mark: bytes) -> bytes:
        """Everything up to and with `mark`."""
        while mark not in self.unread:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError(self.unread)
            self.unread += got
        head, _, self.unread = self.unread.partition(mark)
        return head + mark

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """One answer with a content-length: status, headers, body."""
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        size = int(headers.get("content-length", "0"))
        while len(self.unread) < size:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError(self.unread)
            self.unread += got
        body, self.unread = self.unread[:size], self.unread[size:]
        return int(lines[0].split()[1]), headers, body

    def rest(self) -> bytes:
        """Everything until the server closes."""
        while got := self.socket.recv(65536):
            self.unread += got
        return self.unread

    def close(self) -> None:
        self.socket.close()


def echo(request: Request) -> Reply:
    """Answers with what was asked, so that a test sees how it arrived."""
    return Reply(200, request.body or f"{request.method} {request.path}?{request.query}".encode())


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What is closed with the test, last first."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def serve(stack: ExitStack) -> Callable[..., ThreadedServer]:
    """Starts a server that is stopped with the test."""

    def start(app: App = echo, **options: object) -> ThreadedServer:
        return stack.enter_context(ThreadedServer(app, **options))  # type: ignore[arg-type]

    return start


@pytest.fixture
def connect(stack: ExitStack) -> Callable[[ThreadedServer], Raw]:
    """Opens a raw connection that is closed with the test."""

    def open_one(server: ThreadedServer) -> Raw:
        raw = Raw(server.port)
        stack.callback(raw.close)
        return raw

    return open_one
