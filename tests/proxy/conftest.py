"""A target that a test writes, and a proxy before it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from polarsearch_mock.front import Front
from polarsearch_mock.messages import App
from polarsearch_mock.proxy.doors import service_door
from polarsearch_mock.proxy.link import Link
from polarsearch_mock.serving import ThreadedServer

Door = Callable[[Link], Front]


class Standing:
    """Servers of one test, which end with it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def target(self, app: App, tls: tuple[str, str] | None = None) -> str:
        """The address of a target that answers as `app` does."""
        return self._stack.enter_context(ThreadedServer(app, tls=tls)).url

    def before(self, url: str, door: Door = service_door, tls: ssl.SSLContext | None = None) -> Proxy:
        """A proxy before the server of that address."""
        front = door(Link(url, tls))
        server = self._stack.enter_context(ThreadedServer(front, closing=front.close))
        client = self._stack.enter_context(httpx.Client(base_url=server.url, trust_env=False, timeout=20))
        return Proxy(front, client)


class Proxy:
    """A proxy that answers: its front, and a client of its own."""

    def __init__(self, front: Front, client: httpx.Client) -> None:
        self.front, self.client, self.set = front, client, front.faults.set


@pytest.fixture
def standing() -> Iterator[Standing]:
    """Starts targets and proxies."""
    with ExitStack() as stack:
        yield Standing(stack)
