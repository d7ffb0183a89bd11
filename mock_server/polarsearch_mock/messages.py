"""What a server is asked and what it answers: plain values between the socket and the applications."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

Header = tuple[str, str]
Headers = tuple[Header, ...]


class Request(NamedTuple):
    """One request as it came over the wire.

    `path` is still percent-encoded and without the query, `query` is without its question mark,
    header names are lower case and in the order they were sent, values are decoded as latin-1.
    `peer` is the address of the client, empty where there was no socket.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""
    peer: str = ""

    def header(self, name: str) -> str | None:
        """The first value of a header (name in lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


@dataclass(slots=True)
class Reply:
    """One answer. With `stream` the body leaves in chunks, each as soon as it is yielded.

    The serving layer adds content-length (or chunked), date and connection, nothing else. `abort` ends the connection
    early: "request" resets it before any byte of an answer, "body" resets it half-way through the body (or behind the
    last chunk of a stream), "truncate" closes it politely at the same places.
    """

    status: int
    body: bytes = b""
    headers: Headers = ()
    stream: AsyncIterator[bytes] | None = None
    abort: Literal["", "request", "body", "truncate"] = ""


#: An application: a plain function for what needs no waiting, a coroutine function for what does.
App = Callable[[Request], Reply | Awaitable[Reply]]
