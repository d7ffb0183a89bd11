"""Faults of services at their limits: what is too much breaks them or is dropped in silence, or the limit comes too
early; and fields that are not read. The other tables: `faults.py`, `lenient_faults.py`, `literal_faults.py`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ..faults import Fault, Occasion
from ..messages import Reply, Request
from .faults import CHAT, EMBEDDING, RERANK, row
from .lenient_faults import JSON, refused_where
from .reshaping import Json, dumps, reasked

#: Characters over which a text breaks a server that does not count before it computes.
BREAKING = 8192
#: Characters of a text, and documents, that a server with narrow buffers takes.
FEW_CHARACTERS, FEW_DOCUMENTS = 4000, 100


def texts_of(value: Json) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts_of(inner)


def breaking(fits: Callable[[Json], object]) -> Callable[[Request, Occasion], Request | Reply]:
    """A failure of the server itself where a request fits."""

    def apply(request: Request, _occasion: Occasion) -> Request | Reply:
        try:
            asked = json.loads(request.body)
        except ValueError:
            return request
        inner = {"message": "CUDA error: out of memory", "type": "internal_error", "param": None, "code": None}
        return Reply(500, dumps({"error": inner}), JSON) if isinstance(asked, dict) and fits(asked) else request

    return apply


def longest(asked: Json) -> int:
    """Characters of the longest text that is asked about."""
    return max(map(len, texts_of(asked)), default=0)


def has_token_ids(asked: Json) -> bool:
    """Whether numbers stand where a text belongs."""
    texts = asked.get("input")
    return isinstance(texts, list) and any(isinstance(one, list) for one in texts)


def out_of_range(asked: Json) -> object:
    """Whether a parameter of a chat is beyond its range."""
    return asked.get("seed", 0) < 0 or asked.get("max_tokens", 1) > 10**6


def top_n_of(asked: Json) -> Any:
    """The top_n of a request, nested or flat; -1 where it has none."""
    options = asked.get("parameters")
    return (options if isinstance(options, dict) else asked).get("top_n", -1)


def nothing_for_nothing(request: Request, _occasion: Occasion) -> Request | Reply:
    """No results where none are asked for."""
    empty = {"results": [], "output": {"results": []}, "usage": {"total_tokens": 1}}
    try:
        asked = json.loads(request.body)
    except ValueError:
        return request
    return Reply(200, dumps(empty), JSON) if isinstance(asked, dict) and top_n_of(asked) == 0 else request


def charset_refused(request: Request, _occasion: Occasion) -> Request | Reply:
    """A refusal of a content type with anything behind it."""
    strange = ";" in (request.header("content-type") or "")
    return Reply(415, dumps({"error": {"message": "Unsupported Media Type"}}), JSON) if strange else request


def documents_in(asked: Json) -> list[Any]:
    """The documents of a request, nested or flat; an empty list where there are none."""
    inner = asked.get("input")
    found = (inner if isinstance(inner, dict) else asked).get("documents")
    return found if isinstance(found, list) else []


def first_documents(asked: Json, _occasion: Occasion) -> None:
    """Only the first of many documents."""
    del documents_in(asked)[FEW_DOCUMENTS:]


def field_ignored(name: str) -> Callable[[Json, Occasion], None]:
    """The request without a field, wherever the dialect has it."""

    def change(asked: Json, _occasion: Occasion) -> None:
        for place in (asked, asked.get("parameters")):
            if isinstance(place, dict):
                place.pop(name, None)

    return change


LIMITS: tuple[Fault, ...] = (
    row("long-text-breaks", "a server that computes before it counts (vllm-project/vllm#24737)",
        breaking(lambda asked: longest(asked) > BREAKING), (EMBEDDING, RERANK), "request"),
    row("short-texts-only", "a server that was started for short texts (huggingface/text-embeddings-inference#394)",
        lambda request, _: refused_where(request, lambda asked: longest(asked) > FEW_CHARACTERS), (EMBEDDING,),
        "request"),
    row("token-ids-break", "a server that reads every input as text", breaking(has_token_ids), (EMBEDDING,), "request"),
    row("few-documents", "a gateway whose limit is below its vendor's (labring/FastGPT#1968)",
        lambda request, _: refused_where(request, lambda asked: len(documents_in(asked)) > FEW_DOCUMENTS), (RERANK,),
        "request"),
    row("documents-over-limit-dropped", "a gateway that cuts lists of documents", reasked(first_documents), (RERANK,),
        "request"),
    row("tool-choice-ignored", "a server whose model calls no tools", reasked(field_ignored("tools")), (CHAT,),
        "request"),
    row("json-mode-ignored", "a server without guided decoding", reasked(field_ignored("response_format")), (CHAT,),
        "request"),
    row("instruct-ignored", "a reranker without instructions", reasked(field_ignored("instruct")), (RERANK,),
        "request"),
    row("unknown-fields-break", "a server whose model class takes no other fields",
        breaking(lambda asked: "no_such_field" in asked), (CHAT,), "request"),
    row("null-encoding-breaks", "a server that looks a null up in a table (microsoft/graphrag#2194)",
        breaking(lambda asked: asked.get("encoding_format", "") is None), (EMBEDDING,), "request"),
    row("top-n-zero-answers-nothing", "Xinference before its fix (xorbitsai/inference#2939)", nothing_for_nothing,
        (RERANK,), "request"),
    row("charset-refused", "a gateway that compares content types letter by letter (TabbyML/tabby#4089)",
        charset_refused, (CHAT, EMBEDDING, RERANK), "request"),
    row("any-limit-breaks", "a server that hands on what it cannot compute", breaking(out_of_range), (CHAT,),
        "request"),
)  # fmt: skip
