"""Ways to change an answer of the emulator, or a request it sends on: what the rows of `faults.py` are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..faults import Occasion
from ..messages import Reply, Request
from .execution import Outgoing

Json = Any
Change = Callable[[Json], Json]
Act = Callable[[Reply, Occasion], Reply]
When = Callable[[Request, Reply], bool]

JSON_HEADERS = (("content-type", "application/json; charset=UTF-8"),)


def answered(status: int, document: Json) -> Reply:
    """An answer with a JSON body."""
    return Reply(status, json.dumps(document, ensure_ascii=False).encode(), JSON_HEADERS)


def refusal(status: int, kind: str, reason: str) -> Reply:
    """A refusal in the engine's envelope."""
    cause = {"type": kind, "reason": reason}
    return answered(status, {"error": {"root_cause": [cause], **cause}, "status": status})


def asked(request: Request) -> Json:
    """The request's body, or {} where it is no JSON."""
    try:
        return json.loads(request.body)
    except ValueError:
        return {}


def reason_of(reply: Reply) -> str:
    """The sentence of a refusal, or an empty text."""
    try:
        error = json.loads(reply.body).get("error")
    except (ValueError, AttributeError):
        return ""
    return str(error.get("reason", "")) if isinstance(error, dict) else ""


def when(method: str, status: int, *, saying: str = "", asking: str = "") -> When:
    """True for an answer of that status to that method, with these words in the refusal, and in the request's body."""

    def holds(request: Request, reply: Reply) -> bool:
        fits = request.method == method and reply.status == status and asking.encode() in request.body
        return fits and (not saying or saying in reason_of(reply))

    return holds


def instead(condition: When, made: Callable[[Request], Reply]) -> Act:
    """Another answer where the condition holds."""
    return lambda reply, occasion: made(occasion.request) if condition(occasion.request, reply) else reply


def changed(condition: When, change: Change) -> Act:
    """The same answer with its JSON changed where the condition holds."""

    def act(reply: Reply, occasion: Occasion) -> Reply:
        if not condition(occasion.request, reply):
            return reply
        return Reply(reply.status, rewritten(reply.body, change), reply.headers)

    return act


def rewritten(body: bytes, change: Change) -> bytes:
    """The JSON of a body changed; the very same bytes where there is nothing to change, or no JSON."""
    try:
        before = json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        return body
    after = json.dumps(change(json.loads(body)), ensure_ascii=False)
    return body if after == before else after.encode()


def without(key: str) -> Change:
    """A change: the object lacks a key."""
    return lambda document: {name: value for name, value in document.items() if name != key}


def having(**values: Json) -> Change:
    """A change: the object has these values, where it has the keys."""
    return lambda document: {name: values.get(name, value) for name, value in document.items()}


def at(name: str, change: Callable[[Json], Json]) -> Change:
    """A change of one value of an object, where it is there."""
    return lambda document: {**document, name: change(document[name])} if name in document else document


def results(change: Change) -> Change:
    """A change of every result of a predict's answer."""
    return at("inference_results", lambda found: [change(one) for one in found])


def tensors(change: Change) -> Change:
    """A change of every tensor of a predict's answer."""

    return results(at("output", lambda found: [change(tensor) for tensor in found]))


def texts(change: Callable[[str], str]) -> Callable[[Outgoing, Occasion], Outgoing]:
    """A change of every text in the JSON that is sent to the model service."""
    return documents(lambda document: _walked(document, change))


def documents(change: Change) -> Callable[[Outgoing, Occasion], Outgoing]:
    """A change of the JSON that is sent to the model service."""
    return lambda outgoing, _: replace(outgoing, body=rewritten(outgoing.body, change))


def reasked(change: Change) -> Callable[[Request, Occasion], Request]:
    """A change of the JSON that the cluster is asked with."""
    return lambda request, _: request._replace(body=rewritten(request.body, change))


def _walked(value: Json, change: Callable[[str], str]) -> Json:
    if isinstance(value, dict):
        return {key: _walked(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_walked(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value


@dataclass
class Memory:
    """What faults of one emulator have seen: they act on what happened before, as broken clusters do."""

    credentials: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=dict)

    def note(self, what: str, resource: str) -> None:
        """Remember a resource."""
        self.seen.setdefault(what, set()).add(resource)

    def forget(self, what: str, resource: str) -> None:
        """It no longer is so."""
        self.seen.get(what, set()).discard(resource)

    def knows(self, what: str, resource: str) -> bool:
        """Whether it was remembered."""
        return resource in self.seen.get(what, set())


def resource_of(request: Request) -> str:
    """The id in the path: `…/models/ID`, `…/models/ID/_predict`."""
    parts = request.path.split("/")
    return parts[4] if len(parts) > 4 else ""
