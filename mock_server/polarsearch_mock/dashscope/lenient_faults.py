"""Faults of services that take what they should refuse, or answer what was not asked. The other tables are `faults.py`,
how a service breaks, and `literal_faults.py`, what it says."""

from __future__ import annotations

import base64
import json
import math
from array import array
from collections.abc import Callable, Iterator
from typing import Any

from ..faults import Fault, Occasion
from ..messages import Reply, Request
from .faults import CHAT, EMBEDDING, RERANK, row
from .reshaping import Json, documents_of, dumps, put_results, reasked, reshaped, results, rows

JSON = (("content-type", "application/json"),)
NOTHING = {"object": "list", "data": [], "choices": [], "output": {}, "usage": {}}


def taken(status: int, saying: str) -> Callable[[Reply, Occasion], Reply]:
    """A success without content in place of the refusal with these words."""

    def apply(reply: Reply, _occasion: Occasion) -> Reply:
        refused = reply.status == status and saying.encode() in reply.body
        return Reply(200, dumps(NOTHING), JSON) if refused else reply

    return apply


def nonsense_taken(reply: Reply, _occasion: Occasion) -> Reply:
    """A success for a key, a path, a model or a body that cannot be taken."""
    nonsense = reply.status in (401, 404) or (reply.status == 400 and b"body invalid" in reply.body)
    return Reply(200, dumps(NOTHING), JSON) if nonsense else reply


def field_lost(*path: str | int) -> Callable[[Json, Occasion], Json]:
    """The answer without the field at the end of the path."""

    def change(document: Json, _occasion: Occasion) -> Json:
        place = document
        for key in path[:-1]:
            place = place[key] if place else None
        if isinstance(place, dict):
            place.pop(path[-1], None)
        return document

    return change


def vectors(change: Callable[[list[float], Occasion], list[float]]) -> Callable[[Reply, Occasion], Reply]:
    """A change of every vector that comes in numbers."""

    def apply(document: Json, occasion: Occasion) -> Json:
        for one in rows(document):
            if isinstance(one.get("embedding"), list):
                one["embedding"] = change(one["embedding"], occasion)
        return document

    return reshaped(apply)


def drifted(one: list[float], occasion: Occasion) -> list[float]:
    """A vector in about the same direction, another each time, of the same length."""
    moved = [x * occasion.random.choice((0.3, 1.7)) for x in one]
    scale = math.dist(one, [0.0] * len(one)) / (math.dist(moved, [0.0] * len(one)) or 1.0)
    return [x * scale for x in moved]


def packed(document: Json, _occasion: Occasion) -> Json:
    """Vectors in base64 with the bytes of each number the other way round."""
    for one in rows(document):
        if isinstance(one.get("embedding"), str):
            numbers = array("f", base64.b64decode(one["embedding"]))
            numbers.byteswap()
            one["embedding"] = base64.b64encode(numbers.tobytes()).decode()
    return document


def shuffled(document: Json, occasion: Occasion) -> Json:
    """Results that begin anywhere but with the best, scores and all."""
    found = results(document)
    start = occasion.random.randrange(1, len(found)) if len(found) > 1 else 0
    return put_results(document, found[start:] + found[:start])


def percent(document: Json, _occasion: Occasion) -> Json:
    """Scores from 0 to 100."""
    for one in results(document):
        one["relevance_score"] *= 100
    return document


def documents_unasked(document: Json, occasion: Occasion) -> Json:
    """Every result with its document, asked for or not."""
    asked = documents_of(occasion.request)
    for one in results(document):
        one["document"] = {"text": asked[one["index"]]}
    return document


def in_letters(asked: Json, _occasion: Occasion) -> None:
    """A text taken for the list of its words."""
    if isinstance(asked.get("input"), str):
        asked["input"] = asked["input"].split() or asked["input"]


def cut_to_limit(asked: Json, _occasion: Occasion) -> None:
    """Only the first ten texts."""
    if isinstance(asked.get("input"), list):
        asked["input"] = asked["input"][:10]


def without_dimensions(asked: Json, _occasion: Occasion) -> None:
    """The request without its `dimensions`."""
    asked.pop("dimensions", None)


def large_top_n(request: Request, _occasion: Occasion) -> Request | Reply:
    """A refusal of a top_n over the number of documents."""
    return refused_where(request, lambda asked: asked.get("top_n", 0) > len(asked.get("documents") or ()))


def stream_false(request: Request, _occasion: Occasion) -> Request | Reply:
    """A refusal of `stream` unless it is true."""
    return refused_where(request, lambda asked: asked.get("stream") is False)


def small_batches(request: Request, _occasion: Occasion) -> Request | Reply:
    """A refusal of more than eight texts."""
    return refused_where(request, lambda asked: isinstance(asked.get("input"), list) and len(asked["input"]) > 8)


def tools_refused(request: Request, _occasion: Occasion) -> Request | Reply:
    """A refusal of tools."""
    return refused_where(request, lambda asked: bool(asked.get("tools")))


def refused_where(request: Request, fits: Callable[[Json], bool]) -> Request | Reply:
    """The request, or a refusal of it where its document fits."""
    try:
        asked = json.loads(request.body)
    except ValueError:
        return request
    if not isinstance(asked, dict) or not fits(asked):
        return request
    inner = {"message": "unsupported parameter", "type": "invalid_request_error", "param": None, "code": None}
    return Reply(400, dumps({"error": inner}), JSON)


def silent(reply: Reply, _occasion: Occasion) -> Reply:
    """A stream of empty texts."""
    if reply.stream is None:
        return reply
    stream = reply.stream

    async def emptied() -> Any:
        async for piece in stream:
            yield b"\n".join(_emptied(piece))

    return Reply(reply.status, headers=reply.headers, stream=emptied(), abort=reply.abort)


def _emptied(piece: bytes) -> Iterator[bytes]:
    for line in piece.split(b"\n"):
        if not line.startswith(b"data: {"):
            yield line
            continue
        document = json.loads(line.removeprefix(b"data: "))
        for choice in document.get("choices", ()):
            choice["delta"].pop("content", None)
        yield b"data: " + dumps(document)


def renamed(reply: Reply, _occasion: Occasion) -> Reply:
    """A stream in which every chunk has an id of its own."""
    if reply.stream is None:
        return reply
    stream = reply.stream

    async def numbered() -> Any:
        number = 0
        async for piece in stream:
            number += 1
            yield piece.replace(b'"id":"chatcmpl-', b'"id":"chatcmpl-%d-' % number)

    return Reply(reply.status, headers=reply.headers, stream=numbered(), abort=reply.abort)


def any_path(reply: Reply, _occasion: Occasion) -> Reply:
    """A success for a path that does not exist."""
    return Reply(200, dumps(NOTHING), JSON) if reply.status == 404 and not reply.body else reply


#: name, whom it imitates, status and words of the refusal that does not come, routes.
TAKEN: tuple[tuple[str, str, int, str, tuple[str, ...]], ...] = (
    ("any-encoding-taken", "a server that does not read encoding_format", 400, "encoding_format", (EMBEDDING,)),
    ("any-dimension-taken", "a server that does not check dimensions", 400, "dimension", (EMBEDDING,)),
    ("empty-text-taken", "a server that embeds the empty text", 400, "Range of input length", (EMBEDDING,)),
    ("empty-list-taken", "a server that answers nothing for nothing", 400, "neither str nor list", (EMBEDDING,)),
    ("no-documents-taken", "a server that ranks nothing", 400, "batch size of documents", (RERANK,)),
    ("empty-conversation-taken", "a server that answers nobody", 400, "too short", (CHAT,)),
    ("any-heat-taken", "a server that does not check temperature", 400, "emperature", (CHAT,)),
    ("any-key-taken", "vLLM and others without --api-key", 401, "", ()),
    ("any-model-taken", "text-embeddings-inference, which ignores model", 404, "does not exist", ()),
    ("missing-model-taken", "a server with one model", 400, "model parameter", ()),
    ("broken-json-taken", "a server that reads what it can", 400, "body invalid", ()),
    ("any-method-taken", "a server that serves a page to GET", 400, "Request method", ()),
)

LENIENT: tuple[Fault, ...] = (
    *(row(name, imitates, taken(status, saying), routes) for name, imitates, status, saying, routes in TAKEN),
    row("any-path-taken", "a gateway that answers every path", any_path),
    row("nonsense-taken", "a page that answers 200 whatever is asked", nonsense_taken),
    row("text-in-letters", "a server that takes a text for a list", reasked(in_letters), (EMBEDDING,), "request"),
    row("rows-over-limit-dropped", "a gateway that cuts batches", reasked(cut_to_limit), (EMBEDDING,), "request"),
    row("dimensions-ignored", "a server of one size", reasked(without_dimensions), (EMBEDDING,), "request"),
    row("large-top-n-refused", "a server that is strict about top_n", large_top_n, (RERANK,), "request"),
    row("small-batches", "a gateway with a smaller limit than its vendor's", small_batches, (EMBEDDING,), "request"),
    row("tools-refused", "vLLM without --enable-auto-tool-choice", tools_refused, (CHAT,), "request"),
    row("stream-false-refused", "a server that knows stream only as true", stream_false, (CHAT,), "request"),
    row("base64-big-endian", "a server on another machine's byte order", reshaped(packed), (EMBEDDING,)),
    row(
        "double-length", "a server that does not normalise", vectors(lambda one, _: [2 * x for x in one]), (EMBEDDING,)
    ),
    row(
        "constant-vector",
        "a model that was never trained",
        vectors(lambda one, _: [len(one) ** -0.5] * len(one)),
        (EMBEDDING,),
    ),
    row(
        "drifting-vectors",
        "a model that drops out while it serves",
        vectors(drifted),
        (EMBEDDING,),
    ),
    row("order-by-chance", "a reranker whose model did not load", reshaped(shuffled), (RERANK,)),
    row("documents-unasked", "vLLM, which always answers the documents", reshaped(documents_unasked), (RERANK,)),
    row("scores-in-percent", "a reranker that scores to 100", reshaped(percent), (RERANK,)),
    row(
        "finish-reason-lost",
        "a server without finish_reason",
        reshaped(field_lost("choices", 0, "finish_reason")),
        (CHAT,),
    ),
    row("role-lost", "a server without role", reshaped(field_lost("choices", 0, "message", "role")), (CHAT,)),
    row("stream-ids-differ", "a gateway that makes an id a chunk", renamed, (CHAT,)),
    row("stream-of-nothing", "a gateway that loses the text of chunks", silent, (CHAT,)),
)
