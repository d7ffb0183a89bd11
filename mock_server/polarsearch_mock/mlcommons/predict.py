"""Predict, and the only way out: connections to the service, retries, time-outs, how a broken link is told."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import httpx

from .dataset import Dataset
from .endpoint import Uri
from .engines import Engine
from .execution import Outgoing, PredictCall, results_of
from .interface import check_output
from .javajson import double_text, xcontent
from .remote import CLOSED, Answer, communication_error, throttled
from .throttle import Bucket
from .trust import Resolver

__all__ = ["Dataset", "Outgoing", "PredictCall", "Runtime", "predict"]

#: The largest answer that is read, as the engine's own client bounds it.
MAX_ANSWER = 256 * 1024 * 1024
_DEFAULT_TIMEOUT = 30_000
_KEEP_ALIVE = 60
_DISCONNECTED = "disconnected"
#: What Netty makes of bytes that are no HTTP answer: a status that has no name.
_NOT_HTTP = Answer(999, (), "no HTTP")


BeforeSending = Callable[[Outgoing], Outgoing]
AfterAnswer = Callable[[Answer], Answer]


@cache
def _tls(scheme: str) -> ssl.SSLContext:
    """Whom connectors trust, read once a process and only for https: it takes longer than a call."""
    return httpx.create_ssl_context() if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _header_bytes(value: str) -> bytes:
    """A header's value as Netty writes it: one byte a unit, a question mark for what does not fit one."""
    units = value.encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return bytes(low if high == 0 and low not in (10, 13) else ord("?") for high, low in pairs)


class Runtime:
    """The link of one deployed model on one node.

    `before_sending` may change each request, `after_answer` each answer: outside faults are made with them. `second` is
    how long a second of the connector's time-outs takes.
    """

    def __init__(
        self,
        connector: Mapping[str, Any],
        engine: Engine,
        *,
        before_sending: BeforeSending | None = None,
        after_answer: AfterAnswer | None = None,
        resolver: Resolver | None = None,
        second: float = 1.0,
    ) -> None:
        self.engine = engine
        self.bucket = Bucket()
        self.resolver = resolver or Resolver()
        self._second = second
        self._config: Mapping[str, Any] = connector.get("client_config") or {}
        self._before, self._after = before_sending, after_answer
        #: scheme of an address -> its connections
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}
        #: calls on their way, and whether the model was taken off the node
        self._calls, self._ended = 0, False
        #: requests and answers on the current connection, and when it was opened and last used
        self._asked = self._answered = 0
        self._opened = self._used = 0.0

    def __repr__(self) -> str:
        return f"Runtime({self.engine.name})"

    def is_connected(self) -> bool:
        """Whether it keeps connections for its next call."""
        return bool(self._transports)

    async def close(self) -> None:
        """Closes the connections once the last call on its way has ended."""
        self._ended = True
        while self._transports and not self._calls:
            await self._transports.popitem()[1].aclose()

    async def ask(self, outgoing: Outgoing) -> Answer:
        """The service's answer, after the retries that `client_config` allows. EngineError when none came whole."""
        self._calls += 1
        try:
            return await self._ask(outgoing)
        finally:
            self._calls -= 1
            if self._ended:
                await self.close()

    async def _ask(self, outgoing: Outgoing) -> Answer:
        retries = int(self._config.get("max_retry_times", 0))
        deadline = time.monotonic() + float(self._config.get("retry_timeout_seconds", 30))
        attempts = 0
        while True:
            answer = await self._send(self._before(outgoing) if self._before else outgoing)
            answer = self._after(answer) if self._after else answer
            attempts += 1
            if not answer.throttled:
                return answer
            wait = self._backoff(attempts)
            if 0 <= retries < attempts or time.monotonic() + wait > deadline:
                raise throttled(answer, attempts)
            await asyncio.sleep(wait)

    def _backoff(self, attempt: int) -> float:
        """Seconds before the next attempt."""
        base = float(self._config.get("retry_backoff_millis", 200)) / 1000
        policy = self._config.get("retry_backoff_policy", "constant")
        ceiling: float = base * 2 ** min(attempt - 1, 10)
        share = random.random()
        waits = {"exponential_equal_jitter": ceiling / 2 * (1 + share), "exponential_full_jitter": ceiling * share}
        return waits.get(str(policy).lower(), base)

    # --- one attempt ---

    def _timeouts(self) -> dict[str, float]:
        read = float(self._config.get("read_timeout", _DEFAULT_TIMEOUT))
        connect = float(self._config.get("connection_timeout", _DEFAULT_TIMEOUT))
        limits = {"connect": connect, "read": read, "write": read, "pool": connect}
        return {what: limit * self._second for what, limit in limits.items()}

    def _link(self, scheme: str) -> httpx.AsyncHTTPTransport:
        if scheme not in self._transports:
            most = int(self._config.get("max_connection", 30))
            limits = httpx.Limits(max_connections=most, max_keepalive_connections=most, keepalive_expiry=_KEEP_ALIVE)
            self._transports[scheme] = httpx.AsyncHTTPTransport(verify=_tls(scheme), limits=limits, trust_env=False)
        return self._transports[scheme]

    async def _send(self, outgoing: Outgoing) -> Answer:
        headers = [(name.encode("latin-1", "replace"), _header_bytes(value)) for name, value in outgoing.headers]
        extensions = {"timeout": self._timeouts()}
        content = outgoing.body or None
        request = httpx.Request(outgoing.method, outgoing.url, headers=headers, content=content, extensions=extensions)
        self._asking()
        try:
            response = await self._link(outgoing.uri.scheme).handle_async_request(request)
        except httpx.ConnectError as error:
            self._forget()
            refused = f"Connection refused: {await self._place(outgoing.uri)}"
            raise communication_error(_no_handshake(str(error)) or refused) from None
        except httpx.ReadTimeout:
            self._forget()
            raise communication_error("Read timed out") from None
        except httpx.TimeoutException:
            raise communication_error(await self._timed_out(outgoing.uri)) from None
        except httpx.TransportError as error:
            if isinstance(error, httpx.RemoteProtocolError) and _DISCONNECTED not in str(error):
                return _NOT_HTTP
            raise communication_error(await self._closed(outgoing.uri)) from None
        return await self._read(response, outgoing.uri)

    async def _read(self, response: httpx.Response, uri: Uri) -> Answer:
        """The whole answer; a failure after the status line keeps that status."""
        parts: list[bytes] = []
        received = 0
        try:
            async for chunk in response.stream:  # type: ignore[union-attr]
                received += len(chunk)
                parts.append(chunk)
                if received > MAX_ANSWER:
                    raise communication_error("the answer is larger than the engine reads", response.status_code)
        except httpx.TransportError:
            detail = await self._broken(response, received, uri)
            raise communication_error(detail, response.status_code) from None
        finally:
            await response.aclose()
        self._answered += 1
        self._used = time.monotonic()
        headers = tuple((name.lower(), value) for name, value in response.headers.items())
        return Answer(response.status_code, headers, _decoded(parts, chunked="content-length" not in response.headers))

    # --- how a broken link is told ---

    def _asking(self) -> None:
        if self._asked == 0:
            self._opened = time.monotonic()
        self._asked += 1

    def _forget(self) -> None:
        self._asked = self._answered = 0

    async def _broken(self, response: httpx.Response, received: int, uri: Uri) -> str:
        length = response.headers.get("content-length")
        if length is None:
            return await self._closed(uri)
        self._forget()
        return (
            f"Response had content-length of {length} bytes, but only received {received} bytes "
            "before the connection was closed."
        )

    async def _closed(self, uri: Uri) -> str:
        now = time.monotonic()
        counts = f"requestCount={self._asked}, responseCount={self._answered}"
        idle = f", lastIdleDuration=PT{double_text(round(now - self._used, 6))}S" if self._answered else ""
        age = f"channelAge=PT{double_text(round(now - self._opened, 6))}S"
        ours = f"id: 0x{id(self) & 0xFFFFFFFF:08x}, L:/127.0.0.1:{49152 + id(self) % 16384}"
        channel = f"channel=[{ours} ! R:{await self._place(uri)}]"
        self._forget()
        return f"{CLOSED}{channel}, {age}, {counts}{idle})"

    async def _timed_out(self, uri: Uri) -> str:
        millis = int(float(self._config.get("connection_timeout", _DEFAULT_TIMEOUT)) * 1000)
        return f"connection timed out after {millis} ms: {await self._place(uri)}"

    async def _place(self, uri: Uri) -> str:
        """The service's address as Java prints it: the name, a slash, the address, the port."""
        host = uri.host or ""
        addresses = await self.resolver.addresses(host)
        name = "" if addresses[0] == host.strip("[]") else host
        return f"{name}/{addresses[0]}:{uri.called_port}"


def _decoded(parts: list[bytes], *, chunked: bool) -> str:
    """An answer as Java decodes it, chunk by chunk: a character cut by a chunk becomes several U+FFFD."""
    pieces = parts if chunked else [b"".join(parts)]
    return "".join(piece.decode("utf-8", "replace") for piece in pieces)


async def predict(call: PredictCall) -> bytes:
    """The JSON text of a 200. EngineError as the engine fails; NeverAnswers where it leaves the call open."""
    results = await results_of(call)
    text = xcontent({"inference_results": results})
    interface = call.model.get("interface")
    if interface:
        check_output(interface, text)
    return text.encode("utf-8", "replace")


#: What OpenSSL says of a handshake that failed -> what Java and Netty say (not recorded).
_NO_HANDSHAKE = {
    "CERTIFICATE_VERIFY_FAILED": "PKIX path building failed: unable to find valid certification path to "
    "requested target",
    "WRONG_VERSION_NUMBER": "not an SSL/TLS record",
    "RECORD_LAYER_FAILURE": "not an SSL/TLS record",
}


def _no_handshake(said: str) -> str:
    return next((words for sign, words in _NO_HANDSHAKE.items() if sign in said), "")
