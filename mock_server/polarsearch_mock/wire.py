"""How HTTP/1.1 looks in bytes, and what all connections of one server share: texts seen before, limits, the date."""

from __future__ import annotations

import struct
import time
import zlib
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from .messages import App, Header, Reply

STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus}
BODILESS = frozenset({204, 304})
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
#: Remembered header lines and targets: clients repeat theirs, and a shared string costs the log nothing.
MOST_REMEMBERED, LONGEST_REMEMBERED = 2048, 256
GZIP_FROM = 1024
#: SO_LINGER on with zero seconds: close() sends a reset.
RESET = struct.pack("ii", 1, 0)
PLAIN = (("content-type", "text/plain"),)
#: What is refused before an application sees it: reason -> (status, sentence).
REFUSALS = {
    "malformed": (400, b"Bad Request: not an HTTP/1.1 message"),
    "body": (413, b"Payload Too Large"),
    "head": (431, b"Request Header Fields Too Large"),
}


def refusal(reason: str) -> Reply:
    """The answer to a message that no application may see."""
    status, sentence = REFUSALS[reason]
    return Reply(status, sentence, PLAIN)


def server_error() -> Reply:
    """The answer when an application raised; the log has the traceback."""
    return Reply(500, b"Internal Server Error", PLAIN)


def gzipped(reply: Reply) -> Reply:
    """The same reply with its body compressed; level 1, since the reader is next door."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    body = packer.compress(reply.body) + packer.flush()
    return Reply(reply.status, body, (*reply.headers, ("content-encoding", "gzip")), abort=reply.abort)


def chunk(data: bytes) -> bytes:
    """One piece of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


@dataclass
class Site:
    """What all connections of one server share: the application, limits (bytes), and whether bodies may be gzipped."""

    app: App
    body_limit: int = 128 * 2**20
    head_limit: int = 64 * 2**10
    gzip: bool = False
    _second: int = 0
    _date: str = ""
    _headers: dict[tuple[bytes, bytes], Header] = field(default_factory=dict, repr=False)
    _targets: dict[bytes, tuple[str, str]] = field(default_factory=dict, repr=False)

    def date(self) -> str:
        """The date header's value, rendered once a second."""
        now = int(time.time())
        if now != self._second:
            self._second, self._date = now, formatdate(now, usegmt=True)
        return self._date

    def header(self, name: bytes, value: bytes) -> Header:
        """A header line as text, the same object for the same bytes."""
        known = self._headers.get((name, value))
        if known is None:
            known = (name.decode("latin-1").lower(), value.decode("latin-1"))
            _remember(self._headers, (name, value), known, len(value))
        return known

    def target(self, url: bytes) -> tuple[str, str]:
        """Path and query of a request target, also of the absolute form that proxies receive."""
        known = self._targets.get(url)
        if known is None:
            path, _, query = url.decode("latin-1").partition("?")
            if not path.startswith("/") and "://" in path:
                path = "/" + path.partition("://")[2].partition("/")[2]
            known = (path, query)
            _remember(self._targets, url, known, len(url))
        return known

    def head(self, reply: Reply, *, keep: bool, old: bool, size: int | None) -> bytes:
        """Status line and headers up to the blank line. `size` None means chunks, or up to the close for HTTP/1.0."""
        lines = [STATUS_LINES.get(reply.status) or f"HTTP/1.1 {reply.status} ", *map(": ".join, reply.headers)]
        if size is None:
            if not old:
                lines.append("transfer-encoding: chunked")
        elif reply.status not in BODILESS:
            lines.append(f"content-length: {size}")
        if not keep:
            lines.append("connection: close")
        elif old:
            lines.append("connection: keep-alive")
        lines.append(f"date: {self.date()}\r\n\r\n")
        return "\r\n".join(lines).encode("latin-1", "replace")


def _remember(known: dict[Any, Any], key: Any, value: Any, size: int) -> None:
    if size <= LONGEST_REMEMBERED:
        if len(known) >= MOST_REMEMBERED:
            known.clear()
        known[key] = value
