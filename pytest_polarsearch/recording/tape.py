"""The format of a recording: JSON lines, an event each, and what exchanges and calls look like in them.

`begin` (a process starts to write), `target` (what it talks to), `open`/`close` (a scope: a case, a model), and inside
`exchange`, `upstream` (what reached the built-in mock before that exchange was answered), `clock`, `mark`, `example`;
at last `end` with the number of lines that the process wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..exchange import Exchange

FORMAT = 1
#: Scopes: a requirement under judgement; a model that checks share.
CASE, MODEL = "case", "model"

Json = Any


@dataclass(frozen=True)
class Upstream:
    """One request that reached the built-in mock, as checks see it."""

    kind: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> Json:
        """The body as JSON. ValueError where it is none."""
        import json

        return json.loads(self.body)


def text_of(body: bytes) -> str:
    """Bytes as a text that gives them back, whatever they are."""
    return body.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """The bytes of such a text."""
    return text.encode("utf-8", "surrogateescape")


def plain_exchange(one: Exchange) -> dict[str, Json]:
    """An exchange in builtin types."""
    return {
        "method": one.method,
        "path": one.path,
        "sent": None if one.request_body is None else text_of(one.request_body),
        "status": one.status,
        "headers": dict(one.headers),
        "body": text_of(one.body),
        "seconds": one.seconds,
        "trouble": one.trouble,
        "kind": one.kind,
        "who": one.who,
    }


def exchange_of(event: Mapping[str, Json]) -> Exchange:
    """The exchange of an event. Raises KeyError, TypeError, AttributeError where it is not whole."""
    sent = event["sent"]
    return Exchange(
        event["method"], event["path"], None if sent is None else bytes_of(sent), event["status"],
        dict(event["headers"]), bytes_of(event["body"]), event["seconds"], event["trouble"], event["kind"],
        event.get("who", ""),
    )  # fmt: skip


def plain_call(call: Any) -> dict[str, Json]:
    """A request that reached the mock, in builtin types."""
    return {"kind": call.kind, "headers": dict(call.headers), "body": text_of(call.body)}


def call_of(event: Mapping[str, Json]) -> Upstream:
    """The call of an event. Raises KeyError, TypeError, AttributeError where it is not whole."""
    return Upstream(event["kind"], dict(event["headers"]), bytes_of(event["body"]))


def cleaned(value: Json, clean: Callable[[str], str]) -> Json:
    """A JSON value with every text of it cleaned; names of fields stay."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: cleaned(one, clean) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(one, clean) for one in value]
    return value


@dataclass
class Tape:
    """What happened in one scope, in order; the place of an event is its index."""

    events: list[dict[str, Json]] = field(default_factory=list, repr=False)
    whole: bool = False

    def places(self, name: str) -> list[int]:
        """Where the events of one kind stand."""
        return [place for place, event in enumerate(self.events) if event["event"] == name]

    def values(self, name: str) -> list[Json]:
        """The values of all events of one kind that carry one."""
        return [event["value"] for event in self.events if event["event"] == name]
