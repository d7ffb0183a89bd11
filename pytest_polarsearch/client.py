"""The one door to the cluster: requests over the wire, and what to do when no answer comes."""

from __future__ import annotations

import itertools
import json
import ssl
import time
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from .exchange import Exchange
from .patience import Patience
from .provision.isolation import Alone
from .provision.waiting import Clock, WallClock
from .settings import Account
from .wire import Broken, Wire
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
        content = raw if raw is not None else _json(body)
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


class Client(Asker):
    """Sends requests to one cluster and makes an Exchange of each; redirects are never followed, cookies never kept.

    `named` is the cluster's own address where requests to it go by another.
    """

    def __init__(
        self, url: str, *, account: Account | None = None, trust: Trust | None = None, timeout: float = 30.0,
        clock: Clock | None = None, named: str = "",
    ) -> None:  # fmt: skip
        super().__init__(named or url, timeout=timeout, clock=clock)
        self._account, self._root = account, url.rstrip("/")
        self.authenticated = account is not None
        self._wire = Wire((trust or Trust()).context() if url.startswith("https") else None, MOST_BYTES)

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()

    def _send(self, asked: Exchange, headers: Mapping[str, str], timeout: float) -> Exchange:
        started = time.monotonic()
        try:
            came = self._wire.ask(asked.method, *self._addressed(asked.path, headers), asked.request_body, timeout)
        except Broken as error:
            sentence = self._sentence(error, asked, timeout)
            asked = replace(asked, seconds=time.monotonic() - started, trouble=sentence, kind=error.kind)
            raise NoAnswer(error.kind, sentence, self._tell(asked)) from None
        return Exchange(
            asked.method, asked.path, asked.request_body, *came, seconds=time.monotonic() - started, who=asked.who
        )

    def _addressed(self, path: str, own: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Where a request goes, and its headers. A path that is a whole address goes there without our account."""
        headers = {**STANDING, **{name.lower(): value for name, value in own.items()}}
        if path.startswith(("http://", "https://")):
            return path, headers
        account = {"authorization": basic(self._account)} if self._account else {}
        return f"{self._root}/{path.lstrip('/')}", {**headers, **account}

    def _sentence(self, error: Broken, asked: Exchange, timeout: float) -> str:
        where = urlsplit(self.url)
        return said(
            f"trouble.{error.kind}", host=where.hostname, netloc=where.netloc, method=asked.method, path=asked.path,
            timeout=timeout, detail=error.detail, most=MOST_BYTES,
        )  # fmt: skip


def basic(account: Account) -> str:
    """The header by which an account is known."""
    return f"Basic {b64encode(f'{account.user}:{account.password.reveal()}'.encode()).decode()}"


def _json(body: Json) -> bytes | None:
    return None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
