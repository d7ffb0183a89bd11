"""Runs an application in a thread of its own: address, start, stop. The wire itself is `protocol`'s.

uvicorn keeps what it does well (sockets, TLS, the order of starting and ending); its polling of a flag ten times a
second is replaced by an event, so that `stop()` takes milliseconds.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import uvicorn

from .messages import App
from .protocol import HttpProtocol
from .wire import Site

new_event_loop: Callable[[], asyncio.AbstractEventLoop]
try:
    from uvloop import new_event_loop  # a third of the time a request takes is the loop
except ImportError:
    from asyncio import new_event_loop

log = logging.getLogger(__name__)

BACKLOG = 2048
#: Turns of the loop in which connections end: one that was just accepted needs a few to come to us at all. Waiting for
#: the sockets' own end instead would wait for a client that never finishes its TLS handshake.
ROUNDS = 5
#: Seconds `start()` and `stop()` wait for the thread before they say that something is wrong.
PATIENCE = 10.0


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound there."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound and listening socket, so that a client may connect before the thread has run. OSError when taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


class ThreadedServer:
    """Serves `app` on `host`:`port` (0 takes a free one) between `start()` and `stop()`, as often as wanted.

    `tls` is a (certificate, key) pair of PEM files. Bodies above `body_limit` bytes are refused with 413. With `gzip`
    answers are compressed for clients that accept it. `closing` is awaited on the loop before it ends. `start()` raises
    OSError when the address is taken.
    """

    def __init__(
        self,
        app: App,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: tuple[str, str] | None = None,
        *,
        gzip: bool = False,
        body_limit: int = Site.body_limit,
        closing: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._host, self._port, self._bound, self._tls = host, port, 0, tls
        self._closing = closing
        self._site = Site(app, gzip=gzip, body_limit=body_limit)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    @property
    def host(self) -> str:
        """The address it binds."""
        return self._host

    @property
    def port(self) -> int:
        """The port it listens on, or the one asked for while it does not run."""
        return self._bound or self._port

    @property
    def url(self) -> str:
        """Where it answers, without a trailing slash. A server bound to every interface is named by loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that answers, while it runs."""
        return self._loop

    def is_running(self) -> bool:
        """Between `start()` and `stop()`."""
        return self._thread is not None

    def start(self) -> None:
        """Answers from here on. OSError when the address cannot be bound; RuntimeError when it runs already."""
        if self._thread is not None:
            raise RuntimeError(f"the server on {self.url} runs already")
        config = self._config()
        sock = listening_socket(self._host, self._port)
        self._bound = sock.getsockname()[1]
        if not is_loopback(self._host):
            log.warning("port %d is open on %s: other machines can reach this mock", self._bound, self._host)
        ready: threading.Event = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(config, sock, ready), name=f"polarsearch-mock-{self._bound}", daemon=True
        )
        self._thread.start()
        ready.wait(PATIENCE)

    def stop(self) -> None:
        """Ends open connections and frees the port before it returns. Stopping twice does nothing."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._stopping is not None:
            with suppress(RuntimeError):  # the loop ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join(PATIENCE)
        self._bound = 0

    def __enter__(self) -> ThreadedServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ------------------------------------------------------------------------------------------ in the thread
    def _run(self, config: uvicorn.Config, sock: socket.socket, ready: threading.Event) -> None:
        loop = new_event_loop()
        try:
            loop.run_until_complete(self._serve(config, sock, ready))
        finally:
            self._loop = self._stopping = None
            sock.close()
            loop.close()
            ready.set()

    async def _serve(self, config: uvicorn.Config, sock: socket.socket, ready: threading.Event) -> None:
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        self._stopping, self._loop = stopping, loop
        await QuickServer(config, stopping, ready).serve(sockets=[sock])
        await asyncio.sleep(0)  # what has just begun may begin, so that it can be cancelled
        rest = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        if self._closing is not None:
            await self._closing()
        await loop.shutdown_asyncgens()

    def _config(self) -> uvicorn.Config:
        files = {"ssl_certfile": self._tls[0], "ssl_keyfile": self._tls[1]} if self._tls else {}
        config = uvicorn.Config(
            unused_asgi,
            http=self._protocol,  # type: ignore[arg-type]  # called with keywords, as uvicorn calls its own classes
            ws="none",
            lifespan="off",
            interface="asgi3",
            proxy_headers=False,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            backlog=BACKLOG,
            **files,  # type: ignore[arg-type]
        )
        config.load()
        if config.ssl is not None:
            config.ssl.set_alpn_protocols(["http/1.1"])
        return config

    def _protocol(self, *, server_state: Any, **_: Any) -> HttpProtocol:
        return HttpProtocol(self._site, server_state.connections, asyncio.get_running_loop())


async def unused_asgi(_scope: Any, _receive: Any, _send: Any) -> None:
    """What uvicorn is given as application: its protocol class talks to ours directly."""


class QuickServer(uvicorn.Server):
    """A uvicorn server that waits for an event instead of polling, and ends connections at once."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event, ready: threading.Event) -> None:
        super().__init__(config)
        self._stopping, self._ready = stopping, ready

    async def main_loop(self) -> None:
        """Until somebody calls `stop()`."""
        self._ready.set()
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Frees the port, then the connections."""
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        for _ in range(ROUNDS):
            for connection in list(self.server_state.connections):
                connection.shutdown()
            await asyncio.sleep(0)
