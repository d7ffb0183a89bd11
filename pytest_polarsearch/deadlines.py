"""A deadline for a whole request: httpx gives one to each read, and a byte now and then would stretch that for ever.

The only module that knows httpcore, on which httpx's transport stands.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpcore


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
    """Connections as httpcore makes them, each with the deadline."""

    def __init__(self, network: httpcore.NetworkBackend, deadline: Deadline) -> None:
        self._network, self._deadline = network, deadline

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


def bound(transport: Any, deadline: Deadline) -> None:
    """Hold every step of one of httpx's transports to the deadline."""
    pool = transport._pool  # httpx offers no other way to the network below it
    pool._network_backend = _Network(pool._network_backend, deadline)
