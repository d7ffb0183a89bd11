"""Embeddings on the compatible route, and the rules both embedding routes share (dashscope.md §5.1)."""

from __future__ import annotations

from typing import Any

from ..messages import Reply
from . import tokens
from .call import Call
from .errors import Refusal
from .meaning import Vector
from .models import Model
from .switches import Switches

_ENCODINGS = ("float", "base64")
_ROW_END = b',"index":%d,"object":"embedding"}'


def check(call: Call) -> None:
    """The gateway's schema: a null or unknown `encoding_format` never reaches the model."""
    body = call.body
    if "encoding_format" in body:
        allowed = _ENCODINGS if call.state.switches.base64 else _ENCODINGS[:1]
        if body["encoding_format"] not in allowed:
            raise Refusal("encoding-format")


def create(call: Call) -> Reply:
    """`POST /compatible-mode/v1/embeddings`."""
    body, model = call.body, call.model
    base64 = body.get("encoding_format") == "base64"
    found = vectors(call, body.get("input"), body.get("dimensions"), base64=base64)
    used = sum([row.tokens for row in found]) + model.row_end_tokens * len(found)
    tail = b'],"model":"%b","object":"list","usage":{"prompt_tokens":%d,"total_tokens":%d},"id":"%b"}'
    parts = [b'{"data":[']
    for index, row in enumerate(found):  # one join of all parts: rows are long, a copy more would cost as much again
        parts += (b',{"embedding":' if index else b'{"embedding":', row.json, _ROW_END % index)
    return call.decided(b"".join([*parts, tail % (model.name.encode(), used, used, call.request_id.encode())]))


def vectors(call: Call, texts: Any, dimension: Any, role: str = "", *, base64: bool = False) -> list[Vector]:
    """The vectors of the texts asked for. Refuses in the service's order: type, rows, size, length."""
    model = call.model
    rows = [texts] if isinstance(texts, str) else texts
    if not isinstance(rows, list) or not rows or not all(isinstance(row, str) for row in rows):
        raise Refusal("contents-type")
    if len(rows) > model.rows:
        raise Refusal("batch-size", limit=model.rows)
    size = dimension_of(model, dimension, call.state.switches)
    whole = size if call.state.switches.renormalise else max((*model.dimensions, size))
    vector, name, limit = call.state.meaning.vector, model.name, model.tokens
    found = []
    for row in rows:
        long = len(row) > limit and tokens.count(row) > limit  # a token has a character at least
        one = vector(_cut(call, row) if long else row, name, size, role, whole, base64=base64)
        if not one.tokens:
            raise Refusal("input-length", limit=limit)
        found.append(one)
    return found


def dimension_of(model: Model, asked: Any, switches: Switches) -> int:
    """The size to answer with. Models of one fixed size ignore what was asked."""
    if asked is None or not model.dimensions:
        return model.default_dimension
    allowed = model.allowed_dimensions(switches.region)
    if isinstance(asked, bool) or not isinstance(asked, int) or asked not in allowed:
        name = "dimension.path" if switches.dimension_path else "dimension"
        raise Refusal(name, generation=model.generation, allowed=sorted(allowed))
    return asked


def _cut(call: Call, text: str) -> str:
    """The beginning of a text too long for its model, where the switch cuts it and does not refuse it."""
    if call.state.switches.long_text == "refuse":
        raise Refusal("input-length", limit=call.model.tokens)
    return tokens.first(text, call.model.tokens)
