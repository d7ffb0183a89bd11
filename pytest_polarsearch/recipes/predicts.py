"""Rules of what models are asked: routes, and parameters that go nowhere, or do harm."""

from __future__ import annotations

import re

from polarsearch_mock.mlcommons.engines import ENGINES

from .connector import Connector, File, slots
from .facts import RETIRED
from .findings import Finding, Found
from .reading import Body
from .text import Edit, together

_SHORT = re.compile(r"(?P<models>models/)(?P<id>[^/?]+)(?P<predict>/_predict)\b")


def routes(body: Body, _file: File) -> Found:
    """`text_docs`, sent where only parameters are taken."""
    key, found = body.root.key("text_docs"), _SHORT.search(body.request.path)
    if key and found:
        yield Finding("text-docs-route", *body.span(key), body.request.path, _moved(body))


def _moved(body: Body) -> tuple[Edit, ...]:
    """The long route in place of the short one."""
    address = body.request.address
    found = _SHORT.search(address.chars) if address else None
    if not (address and found):
        return ()
    first = address.edit(*found.span("models"), "_predict/text_embedding/")
    return together(first, address.edit(*found.span("predict"), ""))


def retired(body: Body, _file: File) -> Found:
    """A model that is gone, asked for by a predict."""
    parameters = body.root.get("parameters")
    node = parameters.get("model") if parameters and not body.root.get("actions") else None
    if node and node.text in RETIRED:
        yield Finding("retired-model", *body.span(node), f"{node.text} → {RETIRED[node.text]}")


def stream(body: Body, file: File) -> Found:
    """A parameter that makes a predict hang, where the engine is one of those."""
    if file.engine and not ENGINES[file.engine].stream_parameter_hangs:
        return
    nodes = [body.root.get("parameters")]
    if connector := body.root.get("connector"):
        nodes.append(connector.get("parameters"))
    for node in nodes:
        if node and (key := node.key("stream")):
            yield Finding("stream-parameter", *body.span(key), "stream")


def top_n(file: File) -> Found:
    """Given to a rerank model, where no rerank connector of the file has a place for it."""
    rerank = [one for one in file.connectors if _taken(one) & {"documents", "texts"}]
    if not rerank or any("top_n" in _taken(one) for one in rerank):
        return
    for body in file.predicts:
        parameters = body.root.get("parameters")
        if parameters and (key := parameters.key("top_n")):
            yield Finding("top-n-dropped", *body.span(key), "top_n")


def _taken(connector: Connector) -> set[str]:
    return {slot.name for action in connector.actions for slot in slots(action.get("request_body"))}
