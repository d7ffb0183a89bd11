"""One request to the cluster and what came of it: the unit that checks judge and reports show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .words import said

Json = Any


#: Bytes of memory that the values of one answer may take: a few letters of JSON can become many objects.
MOST_UNFOLDED = 32 * 2**20
#: What the smallest list or object takes in memory, and what each value beside another does.
CONTAINER, VALUE = 80, 40
#: Letters of a text without an envelope that may be the reason of something.
MOST_REASON = 20_000
LONGEST_LETTER = 4
#: Bytes of a body that is read once, and not anew for each who looks at it.
MOST_KEPT = 2**18
#: Bytes of a body that anybody looks through as text.
MOST_SHOWN = 2**20


def _unfolded(body: bytes) -> int:
    """At least the memory that the JSON in `body` takes once it is read."""
    if len(body) * CONTAINER < MOST_UNFOLDED:
        return len(body)
    containers = body.count(b"[") + body.count(b"{")
    return len(body) + CONTAINER * containers + VALUE * body.count(b",")


class NotJson(ValueError):
    """The answer is no JSON where JSON was needed; `exchange` has it."""

    def __init__(self, exchange: Exchange) -> None:
        told = said(
            "too-much-json" if _unfolded(exchange.body) > MOST_UNFOLDED else "not-json",
            method=exchange.method, path=exchange.path, status=exchange.status, type=exchange.content_type or "-",
            excerpt=repr(exchange.excerpt(200)),
        )  # fmt: skip
        super().__init__(told)
        self.exchange = exchange


@dataclass(frozen=True)
class Exchange:
    """A request and its answer: where none came `status` is None, `trouble` says why, and `kind` is its row of
    `client.TROUBLE`; `seconds` is wall time, `who` asked where it was not the run's account."""

    method: str
    path: str
    request_body: bytes | None = field(default=None, repr=False)
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    seconds: float = 0.0
    trouble: str = ""
    kind: str = ""
    who: str = ""

    @property
    def ok(self) -> bool:
        """Whether the answer is HTTP 200."""
        return self.status == 200

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as UTF-8; what is none is replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Json:
        """The body as JSON, for everybody who looks at it: not to be changed. Raises NotJson."""
        return self._kept if len(self.body) <= MOST_KEPT else self._read()

    @cached_property
    def _kept(self) -> Json:
        return self._read()

    def _read(self) -> Json:
        if _unfolded(self.body) > MOST_UNFOLDED:
            raise NotJson(self)
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise NotJson(self) from None

    @property
    def reason(self) -> str:
        """The engine's sentence of refusal (`error.reason`), or the raw text where there is no envelope."""
        error = self._error()
        return str(error.get("reason", "")) if error else self.excerpt(MOST_REASON)

    @property
    def error_type(self) -> str:
        """The engine's type of refusal (`error.type`), or an empty text."""
        return str(self._error().get("type", ""))

    def _error(self) -> Mapping[str, Json]:
        try:
            error = self.json.get("error")
        except (NotJson, AttributeError):
            return {}
        return error if isinstance(error, dict) else {}

    def get(self, *path: str | int) -> Json:
        """The value at a path of the answer, or None where the path leads nowhere."""
        value = self.json
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def excerpt(self, most: int = 600) -> str:
        """The beginning of the body, for people."""
        text = self.body[: most * LONGEST_LETTER].decode("utf-8", "replace")
        return text if len(text) <= most else f"{text[:most]}… ({len(self.body)} bytes)"

    @property
    def shown(self) -> str:
        """The body as text for people and patterns: whole, or the beginning of a very long one."""
        return self.text if len(self.body) <= MOST_SHOWN else self.excerpt(MOST_REASON)

    def short_reason(self, most: int) -> str:
        """The beginning of the reason; the mark of the cut lets a redactor know a piece of a secret before it."""
        return self.reason if len(self.reason) <= most else f"{self.reason[:most]}…"
