"""Embeddings on the native route: `text_type`, `output_type`, sparse vectors (dashscope.md §5.2)."""

from __future__ import annotations

import json
import zlib
from typing import Any

from ..messages import Reply
from . import meaning, tasks
from .call import Call, render
from .embeddings import vectors
from .errors import Refusal

_OUTPUTS = ("dense", "sparse", "dense&sparse")
_VOCABULARY = 250_002  # the sparse index space of a multilingual vocabulary


def check(call: Call) -> None:
    """Nothing of this route is refused before the algorithm."""


def create(call: Call) -> Reply:
    """`POST /api/v1/services/embeddings/text-embedding/text-embedding`, synchronous or as a task."""
    if call.model.kind == "embedding-async":
        return tasks.submit(call)
    output = _output_type(call)
    found = vectors(call, call.input.get("texts"), call.parameters.get("dimension"), _role(call))
    texts = call.input["texts"]
    rows = [texts] if isinstance(texts, str) else texts
    items = b",".join(
        b"{%b}" % b",".join(_fields(call, row, vector.json, index, output))
        for index, (row, vector) in enumerate(zip(rows, found, strict=True))
    )
    used = sum(vector.tokens for vector in found) + call.model.row_end_tokens * len(found)
    return call.decided(
        b'{"output":{"embeddings":[%b]},"usage":{"total_tokens":%d},"request_id":"%b"}'
        % (items, used, call.request_id.encode())
    )


def _fields(call: Call, text: str, dense: bytes, index: int, output: str) -> list[bytes]:
    fields = []
    if output != "dense":
        fields.append(b'"sparse_embedding":' + render(sparse(text)))
    if output != "sparse":
        fields.append(b'"embedding":' + dense)
    elif call.state.switches.sparse_only_embedding == "null":
        fields.append(b'"embedding":null')
    return [*fields, b'"text_index":%d' % index]


def sparse(text: str) -> list[dict[str, Any]]:
    """The words of a text and its Chinese characters with their weights in (0, 1], heaviest first."""
    weights = meaning.words(text)
    top = max(weights.values(), default=1)
    found = {
        zlib.crc32(word.encode("utf-8", "surrogatepass")) % _VOCABULARY: (word, weight)
        for word, weight in sorted(weights.items())
    }
    ordered = sorted(found.items(), key=lambda item: (-item[1][1], item[0]))
    return [{"index": index, "value": weight / (top + top // 8), "token": word} for index, (word, weight) in ordered]


def _output_type(call: Call) -> str:
    asked = call.parameters.get("output_type")
    if asked is None or not call.model.sparse:
        return "dense"
    if asked not in _OUTPUTS:
        raise Refusal("output-type")
    return str(asked)


def _role(call: Call) -> str:
    asked = call.parameters.get("text_type", "document")
    if asked not in ("document", "query"):
        raise Refusal("text-type")
    instruct = call.parameters.get("instruct")
    if instruct is not None and not isinstance(instruct, str):
        raise Refusal("instruct-type")
    if asked == "document":
        return ""
    return json.dumps(["query", instruct]) if instruct and call.model.instruct else "query"
