"""Bytes to a server and back, over kept connections, with one deadline for a whole request: the one door to httpcore.

httpcore is the engine of httpx. What httpx lays over it would only be switched off here (redirects, cookies, proxies,
decoding), it takes as long again, and it hides the network, at which alone a whole request can be held to a deadline: a
byte now and then would stretch its own time-outs for ever.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import httpcore

from .addresses import DEFAULT_PORTS, Address

#: Connections to one server: at most, kept, and the seconds for which an unused one is kept.
MOST_CONNECTIONS, MOST_KEPT, KEPT_FOR = 100, 20, 5.0
#: Addresses that are not taken apart again: most are asked several times in a row.
KNOWN_ADDRESSES = 256
#: Letters of a path and of a query that go as they are; what is escaped already is not escaped again.
PLAIN_IN_PATH, PLAIN_IN_QUERY = "/%:@!$&'()*+,;=~", "/%:@!$&'()*+,;=~?"
#: Methods whose requests say that they have no body.
WITH_BODY = ("POST", "PUT", "PATCH")


class Broken(Exception):
    """No whole answer came. `kind` is what went wrong (a row `trouble.…` of the words), the message what was said."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


class Deadline(threading.local):
    """The moment until which all reading and writing of a thread must be done; None while there is no request."""

    def __init__(self) -> None:
        self.until: float | None = None

    def left(self, timeout: float | None, error: type[Exception]) -> float | None:
        """Seconds that one step may take. Raises `error` where there are none."""
        if self.until is None:
            return timeout
        left = self.until - time.monotonic()
        if left <= 0:
            raise error("the deadline of the whole request has passed")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose every step knows the deadline. The pieces of a request are sent together, once an answer is
    awaited: head and body apart would wake the server twice."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline
        self._unsent: list[bytes] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._send(timeout)
        return self._stream.read(max_bytes, self._deadline.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002  given to what sends
        self._unsent.append(buffer)

    def _send(self, timeout: float | None) -> None:
        """A server may refuse a request before it has read all of it: its answer tells more than the broken pipe."""
        if self._unsent:
            whole = b"".join(self._unsent)
            self._unsent.clear()
            with suppress(httpcore.WriteError):
                self._stream.write(whole, self._deadline.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Connections as `network` makes them, each with the deadline."""

    def __init__(self, deadline: Deadline, network: httpcore.NetworkBackend | None = None) -> None:
        self._network, self._deadline = network or httpcore.SyncBackend(), deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._network.connect_tcp(host, port, left, local_address, socket_options), self._deadline)


class Wire:
    """Kept connections to servers, any number of threads at a time; of an answer at most `most` bytes are read.

    `tls` is how certificates are verified, by the system's issuers where it is None.
    """

    def __init__(self, tls: ssl.SSLContext | None, most: int, network: httpcore.NetworkBackend | None = None) -> None:
        self._deadline, self._most = Deadline(), most
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_KEPT,
            keepalive_expiry=KEPT_FOR,
            network_backend=_Network(self._deadline, network),
        )

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of the answer, as they came, within so many seconds.

        Raises Broken.
        """
        self._deadline.until = until = time.monotonic() + seconds
        try:
            with closing(self._pool.handle_request(_request(method, url, headers, body, seconds))) as answer:
                return answer.status, _said(answer.headers), self._read(answer, until)
        except (*BROKEN, ValueError) as error:
            raise Broken(_kind(error), str(error) or type(error).__name__) from None

    def _read(self, answer: httpcore.Response, until: float) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in answer.iter_stream():
            pieces.append(piece)
            size += len(piece)
            if size > self._most:
                raise Broken("too-long", f"more than {self._most} bytes")
            if time.monotonic() > until:
                raise Broken("deadline", "the deadline of the whole request has passed")
        return b"".join(pieces)


def _request(method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float) -> httpcore.Request:
    host, address = _address(url)
    sent = [(b"host", host), *((name.encode(), value.encode()) for name, value in headers.items())]
    if body is not None or method in WITH_BODY:
        sent.append((b"content-length", b"%d" % len(body or b"")))
    limits = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)}
    return httpcore.Request(method, address, headers=sent, content=body, extensions=limits)


@lru_cache(KNOWN_ADDRESSES)
def _address(url: str) -> tuple[bytes, httpcore.URL]:
    """What the header `host` says, and where to ask. Raises ValueError where the URL is none."""
    parts = urlsplit(url)
    host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise ValueError(f"{url!r} is no address of the form http(s)://HOST[:PORT]/PATH")
    place = Address(parts.scheme, host, DEFAULT_PORTS[parts.scheme] if port is None else port)
    query = f"?{quote(parts.query, safe=PLAIN_IN_QUERY)}" if parts.query else ""
    target = f"{quote(parts.path, safe=PLAIN_IN_PATH) or '/'}{query}"
    return place.netloc.encode("ascii"), httpcore.URL(scheme=place.scheme, host=host, port=place.port, target=target)


def _said(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """What came under each name, several of one name behind each other."""
    said: dict[str, str] = {}
    for raw_name, raw in headers:
        name, value = raw_name.decode("latin-1").lower(), raw.decode("latin-1")
        said[name] = f"{said[name]}, {value}" if name in said else value
    return said


#: Errors of httpcore, which have no common ancestor.
BROKEN = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)
#: The first that an error is -> its kind.
KINDS = (
    (httpcore.TimeoutException, "deadline"),
    (httpcore.ReadError, "dropped"),
    (httpcore.WriteError, "dropped"),
    (httpcore.RemoteProtocolError, "dropped"),
)
#: What Python and OpenSSL say when a connection is not made -> its kind.
CONNECT_SIGNS = (
    ("Hostname mismatch", "wrong-name"),
    ("IP address mismatch", "wrong-name"),
    ("CERTIFICATE_VERIFY_FAILED", "untrusted"),
    ("WRONG_VERSION_NUMBER", "no-tls"),
    ("RECORD_LAYER_FAILURE", "no-tls"),
    ("Name or service not known", "unknown-host"),
    ("Temporary failure in name resolution", "unknown-host"),
    ("nodename nor servname", "unknown-host"),
    ("No address associated", "unknown-host"),
    ("getaddrinfo failed", "unknown-host"),
    ("refused", "refused"),
)


def _kind(error: Exception) -> str:
    if isinstance(error, httpcore.ConnectError):
        return next((kind for sign, kind in CONNECT_SIGNS if sign in str(error)), "unreachable")
    return next((kind for one, kind in KINDS if isinstance(error, one)), "unreachable")
