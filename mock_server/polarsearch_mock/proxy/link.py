"""The way from the proxy to its target: a request sent on, its answer brought back as it comes. The room's one door to
httpx, whose transport keeps connections and verifies certificates."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx

from ..messages import Headers, Reply, Request
from .events import events

#: Most bytes of an answer that are held at once; what is longer is not passed on.
MOST_BYTES = 32 * 2**20
#: Seconds until a connection stands, and of silence on it; who asks may lose patience earlier.
CONNECT, READ = 10.0, 600.0
#: Headers that concern one connection, or that are written anew on each.
OF_THE_CONNECTION = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "http2-settings", "expect",
    }
)  # fmt: skip
NOT_SENT_ON = OF_THE_CONNECTION | {"host", "content-length", "accept-encoding"}
NOT_BROUGHT_BACK = OF_THE_CONNECTION | {"content-length", "content-encoding", "date"}

#: What can keep a target from answering: how the proxy says it.
TROUBLE = {
    "unreachable": (502, "the proxy cannot reach {url} ({detail}); see that it runs and that this machine reaches it"),
    "late": (504, "{url} gave no answer to the proxy within {seconds:g} s"),
    "long": (502, "{url} answered with more than {most} bytes; the proxy reads no further"),
}


class _TooLong(Exception):
    """More bytes than MOST_BYTES."""


class Link:
    """Sends requests to `url` and gives its answers: a stream of events event by event, any other answer whole.

    `tls` says whose certificates are trusted, and checks hosts' names; without it the system's issuers are.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self.url, self._host = url.rstrip("/"), parts.netloc.encode("latin-1")
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
        verify = tls if tls is not None else url.startswith("https")
        self._transport = httpx.AsyncHTTPTransport(verify=verify, limits=limits, trust_env=False)

    def __repr__(self) -> str:
        return f"Link({self.url!r})"

    async def close(self) -> None:
        """End all connections."""
        await self._transport.aclose()

    async def __call__(self, request: Request) -> Reply:
        """The target's answer; a refusal of the proxy's own where there is none, and a cut where it was cut."""
        try:
            response = await self._transport.handle_async_request(self._outgoing(request))
        except httpx.TimeoutException:
            return self._trouble("late", seconds=READ)
        except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError) as error:
            return self._trouble("unreachable", detail=str(error) or type(error).__name__)
        except httpx.TransportError:
            return Reply(502, abort="request")
        return await self._brought_back(response)

    def _outgoing(self, request: Request) -> httpx.Request:
        target = request.path + (f"?{request.query}" if request.query else "")
        kept = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in request.headers if name not in NOT_SENT_ON
        ]  # fmt: skip
        sized = bool(request.body) or request.header("content-length") is not None
        size = [(b"content-length", str(len(request.body)).encode())] if sized else []
        headers = [(b"host", self._host), *kept, (b"accept-encoding", b"identity"), *size]
        timeout = {"connect": CONNECT, "read": READ, "write": READ, "pool": CONNECT}
        extensions = {"timeout": timeout, "target": target.encode("latin-1")}
        return httpx.Request(
            request.method, self.url, headers=headers, content=request.body or None, extensions=extensions
        )

    async def _brought_back(self, response: httpx.Response) -> Reply:
        headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in response.headers.raw if name.decode("latin-1").lower() not in NOT_BROUGHT_BACK
        )  # fmt: skip
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            return Reply(response.status_code, headers=headers, stream=events(_passing(response)))
        body: list[bytes] = []
        try:
            await _read(response, body)
        except (_TooLong, httpx.DecodingError):
            return self._trouble("long", most=MOST_BYTES)
        except httpx.TransportError:
            return _cut(response.status_code, headers, b"".join(body))
        finally:
            await response.aclose()
        return Reply(response.status_code, b"".join(body), headers)

    def _trouble(self, kind: str, **values: object) -> Reply:
        status, sentence = TROUBLE[kind]
        body = json.dumps({"error": sentence.format(url=self.url, **values)}).encode()
        return Reply(status, body, (("content-type", "application/json"),))


async def _read(response: httpx.Response, pieces: list[bytes]) -> None:
    """The whole body, decoded, piece by piece so that what came of a broken one is there."""
    size = 0
    async for piece in response.aiter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise _TooLong


async def _passing(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in response.aiter_bytes():
            yield piece
    finally:
        await response.aclose()


def _cut(status: int, headers: Headers, came: bytes) -> Reply:
    """An answer that ends early, as it did for us."""

    async def stream() -> AsyncIterator[bytes]:
        yield came

    return Reply(status, headers=headers, stream=stream(), abort="truncate")
