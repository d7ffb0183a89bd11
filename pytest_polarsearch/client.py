"""The one door to the cluster: HTTP over httpx, and what to do when no answer comes."""

from __future__ import annotations

import itertools
import json
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

import httpx

from .deadlines import Deadline, bound
from .exchange import Exchange
from .patience import Patience
from .provision.isolation import Alone
from .provision.waiting import Clock, WallClock
from .settings import Account
from .words import WORDS, said

#: Most bytes of an answer that are kept; a cluster that sends more is not worth waiting for.
MOST_BYTES = 8 * 2**20

Json = Any
Listener = Callable[[Exchange], None]


class NoAnswer(Exception):
    """No answer came. `kind` is a row of TROUBLE, the message a sentence that says what to change."""

    def __init__(self, kind: str, sentence: str, exchange: Exchange) -> None:
        super().__init__(sentence)
        self.kind, self.exchange = kind, exchange


#: What can go wrong before there is an answer; the row of that name (`trouble.…`) says what happened, what to do next.
TROUBLE = tuple(key.partition(".")[2] for key in WORDS["en"] if key.startswith("trouble."))


@dataclass(frozen=True)
class Trust:
    """How a certificate is verified: by the system's issuers, by those in `ca` (`both`: by either), or not at all."""

    ca: str | None = None
    insecure: bool = False
    both: bool = False

    def context(self) -> ssl.SSLContext:
        """The TLS settings. Raises ValueError with a sentence where `ca` holds no certificate."""
        try:
            context = ssl.create_default_context(cafile=None if self.both else self.ca)
            if self.both and self.ca:
                context.load_verify_locations(self.ca)
        except (ssl.SSLError, OSError) as error:
            raise ValueError(said("usage.no-certificate", ca=self.ca, why=str(error))) from None
        if self.insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


class Asker(ABC):
    """Asks one cluster and tells its listeners of every Exchange; how an answer comes about is for others to say."""

    def __init__(self, url: str, *, timeout: float = 30.0, clock: Clock | None = None) -> None:
        self.url, self.timeout, self.clock = url, timeout, clock or WallClock()
        self.authenticated = False
        #: Called before anything is sent; what they raise keeps it from being sent.
        self.before: list[Listener] = []
        self.patience = Patience()
        #: Keeps what is asked here apart from what other processes change meanwhile.
        self.isolation = Alone()
        #: Whom exchanges name as the one who asked, where it is not the run's account.
        self.who = ""
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every exchange from now on; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def request(
        self, method: str, path: str, body: Json = None, *, raw: bytes | None = None,
        headers: Mapping[str, str] | None = None, timeout: float | None = None,
    ) -> Exchange:  # fmt: skip
        """Send one request, `body` as JSON or `raw` as it is. Raises NoAnswer."""
        content = raw if raw is not None else _wire(body)
        sent = {"content-type": "application/json"} if content is not None else {}
        sent.update(headers or {})
        return self._patiently(Exchange(method, path, content, who=self.who), sent, timeout or self.timeout)

    def _patiently(self, asked: Exchange, headers: Mapping[str, str], timeout: float) -> Exchange:
        """The answer, after as many tries as the patience allows. Raises NoAnswer."""
        spent = 0.0
        for tries in itertools.count(1):
            for look in self.before:
                look(asked)
            answer, trouble = self._try(asked, headers, timeout)
            spent += answer.seconds
            pause = self.patience.pause(answer, tries, timeout - spent)
            if pause is None:
                break
            self.clock.pause(pause)
            spent += pause
        if trouble:
            raise trouble
        return answer

    def _try(self, asked: Exchange, headers: Mapping[str, str], timeout: float) -> tuple[Exchange, NoAnswer | None]:
        try:
            with self.isolation.asking(asked):
                return self._tell(self._send(asked, headers, timeout)), None
        except NoAnswer as error:
            return error.exchange, error

    @abstractmethod
    def close(self) -> None:
        """Give back what asking took."""

    def _tell(self, exchange: Exchange) -> Exchange:
        for listener in tuple(self._listeners):
            listener(exchange)
        return exchange

    @abstractmethod
    def _send(self, asked: Exchange, headers: Mapping[str, str], timeout: float) -> Exchange:
        """The request with its answer. Raises NoAnswer, after telling of it."""


#: What every request says of us, beside its own headers.
STANDING = {
    "accept": "*/*",
    "accept-encoding": "identity",
    "connection": "keep-alive",
    "user-agent": "pytest-polarsearch",
}


#: Addresses that are not taken apart again: most are asked several times in a row.
KNOWN_ADDRESSES = 256


@cache
def _no_tls() -> ssl.SSLContext:
    """What httpx wants to have made for plain http too: once a process, it takes time."""
    return httpx.create_ssl_context(verify=False)


class Client(Asker):
    """Sends requests to one cluster and makes an Exchange of each; redirects are never followed, cookies never kept.

    `named` is the cluster's own address where requests to it go by another. It stands on httpx's transport: what its
    client adds to that we would only switch off, at the price of a request.
    """

    def __init__(
        self, url: str, *, account: Account | None = None, trust: Trust | None = None, timeout: float = 30.0,
        clock: Clock | None = None, named: str = "",
    ) -> None:  # fmt: skip
        super().__init__(named or url, timeout=timeout, clock=clock)
        self._auth = httpx.BasicAuth(account.user, account.password.reveal()) if account else None
        self.authenticated = account is not None
        verify = (trust or Trust()).context() if url.startswith("https") else _no_tls()
        self._base, self._root = httpx.URL(self.url), url.rstrip("/")
        self._address = lru_cache(KNOWN_ADDRESSES)(httpx.URL)
        self._deadline = Deadline()
        self._transport = httpx.HTTPTransport(verify=verify, trust_env=False)
        bound(self._transport, self._deadline)

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    def _send(self, asked: Exchange, headers: Mapping[str, str], timeout: float) -> Exchange:
        started = time.monotonic()
        self._deadline.until = started + timeout
        try:
            with closing(self._transport.handle_request(self._request(asked, headers, timeout))) as answer:
                body = _read(answer, started + timeout)
                taken, said = time.monotonic() - started, dict(answer.headers.items())
                return replace(asked, status=answer.status_code, headers=said, body=body, seconds=taken)
        except (httpx.HTTPError, httpx.InvalidURL, _TooLong, _TooLate) as error:
            kind, detail = _kind(error)
            sentence = self._sentence(kind, detail, asked, timeout)
            asked = replace(asked, seconds=time.monotonic() - started, trouble=sentence, kind=kind)
            raise NoAnswer(kind, sentence, self._tell(asked)) from None

    def _request(self, asked: Exchange, headers: Mapping[str, str], timeout: float) -> httpx.Request:
        """The request as it goes out. A path that is a whole address goes there, without the cluster's account."""
        whole = asked.path.startswith(("http://", "https://"))
        url = self._address(asked.path if whole else f"{self._root}/{asked.path.lstrip('/')}")
        limits = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)}
        request = httpx.Request(
            asked.method, url, content=asked.request_body, headers={**STANDING, **headers}, extensions=limits
        )
        return next(self._auth.sync_auth_flow(request)) if self._auth and not whole else request

    def _sentence(self, kind: str, detail: str, asked: Exchange, timeout: float) -> str:
        where = self._base
        return said(
            f"trouble.{kind}", host=where.host, netloc=where.netloc.decode(), method=asked.method, path=asked.path,
            timeout=timeout, detail=detail, most=MOST_BYTES,
        )  # fmt: skip


class _TooLong(Exception):
    """More bytes than MOST_BYTES."""


class _TooLate(Exception):
    """Bytes still trickle in when the deadline has passed."""


def _wire(body: Json) -> bytes | None:
    return None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _read(answer: httpx.Response, deadline: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in answer.iter_raw():
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise _TooLong
        if time.monotonic() > deadline:
            raise _TooLate
    return b"".join(pieces)


def _kind(error: Exception) -> tuple[str, str]:
    text = str(error) or type(error).__name__
    if isinstance(error, _TooLong):
        return "too-long", text
    if isinstance(error, httpx.TimeoutException | _TooLate):
        return "deadline", text
    if isinstance(error, httpx.ConnectError):
        return _connect_kind(text), text
    return (
        "dropped"
        if isinstance(error, httpx.ReadError | httpx.RemoteProtocolError | httpx.WriteError)
        else "unreachable"
    ), text


#: What Python and OpenSSL say when a connection is not made -> our row.
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


def _connect_kind(text: str) -> str:
    return next((kind for sign, kind in CONNECT_SIGNS if sign in text), "unreachable")
