"""Stand-ins for a cluster: answers by table, sockets that misbehave, exchanges and settings from few words."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from polarsearch_mock import Reply, Request, ThreadedServer

from pytest_polarsearch.client import Client
from pytest_polarsearch.exchange import Exchange
from pytest_polarsearch.settings import Settings, resolve
from pytest_polarsearch.verbs import MlCommons

Json = Any
JSON = (("content-type", "application/json; charset=UTF-8"),)


def answer(status: int, body: Json = None, *, headers: tuple[tuple[str, str], ...] = JSON) -> Reply:
    """A reply with a JSON body, or with bytes as they are."""
    return Reply(status, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)


def refusal(status: int, kind: str, reason: str) -> Reply:
    """A refusal in the engine's envelope."""
    return answer(status, {"error": {"type": kind, "reason": reason}, "status": status})


class FakeCluster:
    """Answers by `METHOD /path` without the query: a reply, a function of the request, or a list used one by one."""

    def __init__(self, replies: Mapping[str, Any]) -> None:
        self.replies = dict(replies)
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        found = self.replies.get(f"{request.method} {request.path}")
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if callable(found):
            found = found(request)
        return found or refusal(404, "not_found", "nothing is there")

    @property
    def lines(self) -> list[str]:
        """What was asked, as `METHOD /path`."""
        return [f"{one.method} {one.path}" for one in self.asked]


@contextmanager
def cluster(replies: Mapping[str, Any], **client: Any) -> Iterator[tuple[FakeCluster, MlCommons]]:
    """A fake cluster that listens, and the verbs to ask it with."""
    fake = FakeCluster(replies)
    server = ThreadedServer(fake)
    server.start()
    try:
        asking = Client(server.url, **{"timeout": 5.0, **client})
        try:
            yield fake, MlCommons(asking)
        finally:
            asking.close()
    finally:
        server.stop()


@contextmanager
def raw_server(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A port on which every connection is handed to `talk` with an event that says that the test is over."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            one = threading.Thread(target=_handle, args=(connection,))
            threads.append(one)
            one.start()

    def _handle(connection: socket.socket) -> None:
        connection.settimeout(5)
        with connection:
            try:
                talk(connection, over)
            except OSError:
                return  # the client has gone, which is what some tests are about

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        main = threading.Thread(target=serve)
        main.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            main.join()
            for one in threads:
                one.join()


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def exchange(
    line: str = "GET /", sent: Json = None, status: int | None = 200, got: Json = None, **fields: Any
) -> Exchange:
    """An exchange from `METHOD /path`, what was sent and what came."""
    method, path = line.split(" ", 1)
    request_body = None if sent is None else json.dumps(sent, ensure_ascii=False).encode()
    body = got if isinstance(got, bytes) else json.dumps(got, ensure_ascii=False).encode() if got is not None else b""
    headers = {"content-type": "application/json; charset=UTF-8"}
    return Exchange(method, path, request_body, status, headers, body, 0.001, **fields)


def settings(environ: Mapping[str, str] | None = None, **given: str) -> Settings:
    """Settings as if `given` stood on the command line (`allow_settings="true"`)."""
    line = {key.replace("_", "-"): value for key, value in given.items()}
    return resolve(lambda option: line.get(option.name), lambda _option: None, environ or {})
