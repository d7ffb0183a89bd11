"""One HTTP/1.1 connection: bytes to `Request`, `Reply` to bytes. Knows neither what is served nor who started it.

uvicorn runs sockets, TLS and lifecycle and takes this class as its http protocol. The ASGI dance in between is left out
on purpose: a task, three awaits and five dictionaries a request cost more than the mock's whole answer, and the figures
to hold are ratios to a server in C. httptools parses; an answer leaves in one write.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import socket
from collections import deque
from collections.abc import Awaitable
from typing import Any, NamedTuple

import httptools

from .messages import Header, Reply, Request
from .wire import BODILESS, CONTINUE, GZIP_FROM, LAST_CHUNK, RESET, Site, chunk, gzipped, refusal, server_error

log = logging.getLogger(__name__)

#: Requests of one connection that wait for an earlier one before the socket is no longer read.
MOST_WAITING = 32
#: Seconds a refused client may go on sending: closing at once would reset the connection under its answer.
LINGER = 1.0


class Asked(NamedTuple):
    """A request, and what its connection may do behind the answer. `old` is an HTTP/1.0 client."""

    request: Request
    keep: bool
    old: bool


def without_upgrade(method: bytes, url: bytes, headers: list[Header]) -> bytes:
    """The head of a request that offered another protocol, as one that does not: here only HTTP/1.1 is spoken.

    The parser takes everything behind such a head for the other protocol, and with it the body (Java's client offers
    h2c with each first request).
    """
    kept = [(name, value) for name, value in headers if name not in ("upgrade", "connection", "http2-settings")]
    lines = "".join(f"{name}: {value}\r\n" for name, value in kept).encode("latin-1")
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (method, url, lines)


class HttpProtocol(asyncio.Protocol):
    """One connection. Answers leave in the order of the requests, however long each takes."""

    def __init__(self, site: Site, connections: set[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.site, self.connections, self.loop = site, connections, loop
        self.parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport | None = None
        self.waiting: deque[Asked] = deque()
        self.task: asyncio.Task[None] | None = None
        self.writable = asyncio.Event()
        self.writable.set()
        self.refused = self.peer = ""
        self.ended = self.lingering = self.in_body = False
        self.head_size = 0
        self._new_message()

    # ------------------------------------------------------------------------------------------ the connection
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self.transport = transport  # type: ignore[assignment]
        self.connections.add(self)
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if peer else ""

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Called by the loop: whatever still ran for this client is cancelled."""
        self.connections.discard(self)
        self.transport = None
        self.waiting.clear()
        self.writable.set()
        self._cancel()

    def _cancel(self) -> None:
        """Behind the task's first step: a coroutine that never began would warn that nobody awaited it."""
        if self.task is not None:
            self.loop.call_soon(self.task.cancel)

    def eof_received(self) -> bool:
        """A client that shuts its sending side down still gets the answers it waits for (TLS has no such half)."""
        self.ended = True
        unfinished = self.task is not None or bool(self.waiting)
        return unfinished and self.transport is not None and self.transport.can_write_eof()

    def pause_writing(self) -> None:
        """A client that does not read is not read from either, so its answers stay few."""
        self.writable.clear()
        if self.transport is not None:
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Called by the loop once the client has read."""
        self.writable.set()
        self._go_on()

    def shutdown(self) -> None:
        """Ends the connection at once (the name uvicorn calls)."""
        self._cancel()
        if self.transport is not None:
            self.transport.abort()

    # ------------------------------------------------------------------------------------------ bytes in
    def data_received(self, data: bytes) -> None:
        """Called by the loop: parse, then answer whatever is complete."""
        if self.lingering:
            return
        rest = data
        while rest and not self.refused:
            rest = self._parse(rest)
        if self.waiting or self.refused:
            self._drain()
        if len(self.waiting) >= MOST_WAITING and self.transport is not None:
            self.transport.pause_reading()

    def _parse(self, data: bytes) -> bytes:
        """Feeds the parser; what is left behind an upgrade is returned."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            method, self.parser = self.parser.get_method(), httptools.HttpRequestParser(self)
            rest = data[upgrade.args[0] :]
            return rest if method == b"CONNECT" else without_upgrade(method, self.url, self.headers) + rest
        except httptools.HttpParserError:
            self.refused = self.refused or "malformed"
        if not self.in_body:
            self.head_size += len(data)
            if self.head_size > self.site.head_limit and not self.waiting:
                self.refused = self.refused or "head"
        return b""

    def _new_message(self) -> None:
        self.url = b""
        self.headers: list[Header] = []
        self.body: list[bytes] = []
        self.body_size = 0

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._new_message()

    def on_url(self, url: bytes) -> None:
        """Called by the parser, more than once when the target came in pieces."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self.headers.append(self.site.header(name, value))

    def on_headers_complete(self) -> None:
        """Called by the parser: the last moment to refuse a body before it is sent."""
        self.in_body, self.head_size = True, 0
        fields = dict(self.headers)
        size = fields.get("content-length", "")
        if size.isdecimal() and (len(size) > 18 or int(size) > self.site.body_limit):
            self._refuse("body")
        elif "expect" in fields and fields["expect"].lower() == "100-continue" and self.task is None:
            self._write(CONTINUE)

    def on_body(self, body: bytes) -> None:
        """Called by the parser with each piece of the body, chunked or not."""
        self.body_size += len(body)
        if self.body_size > self.site.body_limit:
            self._refuse("body")
        self.body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser: one request is whole."""
        self.in_body, self.head_size = False, 0
        parser = self.parser
        if parser.should_upgrade() and parser.get_method() != b"CONNECT":
            return  # it comes again without its offer, now with its body
        path, query = self.site.target(self.url)
        method, body = parser.get_method().decode("latin-1"), b"".join(self.body)
        request = Request(method, path, query, tuple(self.headers), body, self.peer)
        self.waiting.append(Asked(request, parser.should_keep_alive(), parser.get_http_version() == "1.0"))

    def _refuse(self, reason: str) -> None:
        """Stops the parser by raising in its callback; `data_received` then answers and closes."""
        self.refused = self.refused or reason
        raise ValueError(reason)

    # ------------------------------------------------------------------------------------------ bytes out
    def _drain(self) -> None:
        """Answers complete requests in their order until one needs time or the client has to read first."""
        while self.waiting and self.task is None and self.transport is not None and self.writable.is_set():
            asked = self.waiting.popleft()
            answer = self._ask(asked.request)
            if isinstance(answer, Reply) and answer.stream is None:
                self._send(asked, answer)
            else:
                self.task = self.loop.create_task(self._later(asked, answer))
                self.task.add_done_callback(self._done)
        if self.refused and self.task is None and self.transport is not None and not self.waiting:
            self._answer_refusal(self.transport)

    def _go_on(self) -> None:
        """Takes up what a slow answer or a slow reader held up."""
        if self.transport is None:
            return
        self._drain()
        if self.transport is None or self.task is not None or not self.writable.is_set():
            return
        if self.ended:
            self._hang_up(reset=False)
        else:
            self.transport.resume_reading()

    def _ask(self, request: Request) -> Reply | Awaitable[Reply]:
        try:
            return self.site.app(request)
        except Exception:
            log.exception("the application raised on %s %s", request.method, request.path)
            return server_error()

    async def _later(self, asked: Asked, answer: Reply | Awaitable[Reply]) -> None:
        try:
            reply = await answer if inspect.isawaitable(answer) else answer
        except Exception:
            log.exception("the application raised on %s %s", asked.request.method, asked.request.path)
            reply = server_error()
        if reply.stream is None:
            self._send(asked, reply)
        else:
            await self._stream(asked, reply)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.task = None
        if not task.cancelled() and task.exception() is not None:
            log.error("a stream broke off", exc_info=task.exception())
            self._hang_up(reset=True)
        self._go_on()

    def _answer_refusal(self, transport: asyncio.Transport) -> None:
        reply = refusal(self.refused)
        self._write(self.site.head(reply, keep=False, old=False, size=len(reply.body)) + reply.body)
        self.lingering = True
        if transport.can_write_eof():
            transport.write_eof()
        self.loop.call_later(LINGER, transport.close)

    def _send(self, asked: Asked, reply: Reply) -> None:
        """A whole answer in one write."""
        request, keep, old = asked
        if reply.abort == "request":
            self._hang_up(reset=True)
            return
        if self.site.gzip and len(reply.body) >= GZIP_FROM and "gzip" in (request.header("accept-encoding") or ""):
            reply = gzipped(reply)
        body = reply.body[: len(reply.body) // 2] if reply.abort else reply.body
        head = self.site.head(reply, keep=keep, old=old, size=len(reply.body))
        self._write(head if request.method == "HEAD" or reply.status in BODILESS else head + body)
        if reply.abort or not keep:
            self._hang_up(reset=reply.abort == "body")

    async def _stream(self, asked: Asked, reply: Reply) -> None:
        """An answer in chunks, each written when it is yielded, no faster than the client reads."""
        request, keep, old = asked
        if reply.abort == "request":
            self._hang_up(reset=True)
            return
        keep = keep and not old
        self._write(self.site.head(reply, keep=keep, old=old, size=None))
        if reply.stream is not None and request.method != "HEAD":
            async for piece in reply.stream:
                if piece:
                    self._write(piece if old else chunk(piece))
                if not self.writable.is_set():
                    await self.writable.wait()
            if not old and not reply.abort:
                self._write(LAST_CHUNK)
        if reply.abort or not keep:
            self._hang_up(reset=reply.abort == "body")

    def _write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def _hang_up(self, *, reset: bool) -> None:
        """Closes behind what was written; with `reset` the client sees a connection reset instead of an end."""
        transport, self.transport = self.transport, None
        self.waiting.clear()
        if transport is None:
            return
        if reset:
            plain: socket.socket | None = transport.get_extra_info("socket")
            if plain is not None:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        transport.close()
