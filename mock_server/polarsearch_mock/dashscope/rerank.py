"""Rerank on the native and the flat compatible route (dashscope.md §6)."""

from __future__ import annotations

import hashlib
from typing import Any

from ..messages import Reply
from . import meaning, tokens
from .call import Call, render
from .errors import Refusal
from .models import Model

_DEFAULT_INSTRUCT = "Given a web search query, retrieve relevant passages that answer the query."
_LONGEST_DOCUMENT = 300_000  # characters
_ONE = 10**18


def check(call: Call) -> None:
    """Nothing of these routes is refused before the algorithm."""


def create_flat(call: Call) -> Reply:
    """`POST /compatible-api/v1/reranks`."""
    shown = call.body.get("return_documents") if call.state.switches.compat_return_documents else False
    results, used = _ranked(call, call.body, call.body, shown)
    head = b'{"object":"list","results":[%b],"model":%b' % (results, render(call.model.name))
    return call.decided(head + b',"id":"%b","usage":{"total_tokens":%d}}' % (call.request_id.encode(), used))


def create(call: Call) -> Reply:
    """`POST /api/v1/services/rerank/text-rerank/text-rerank`, nested, and flat where the switch says so."""
    flat = call.body.get("input") is None
    given = call.body if flat else call.input
    options = call.parameters or (call.body if flat else {})
    results, used = _ranked(call, given, options, options.get("return_documents"))
    return call.decided(
        b'{"output":{"results":[%b]},"usage":{"total_tokens":%d},"request_id":"%b"}'
        % (results, used, call.request_id.encode())
    )


def _ranked(call: Call, given: dict[str, Any], options: dict[str, Any], shown: Any) -> tuple[bytes, int]:
    query, documents = _text(given.get("query"), call.model), given.get("documents")
    if not query or not query.strip():
        raise Refusal("query-empty")
    texts = _documents(documents, call.model)
    count = _top_n(call, options.get("top_n"), len(texts))
    asked, read = _first(query, call.model), [_first(text, call.model) for text in texts]
    used = _tokens(call, asked, read, options.get("instruct"))
    scores = _scores(call, asked, read)
    order = sorted(range(len(texts)), key=lambda index: (-scores[index], index))[:count]
    truly = shown is True or (isinstance(shown, str) and shown.lower() == "true")
    return b",".join(_result(call, index, scores[index], texts[index] if truly else None) for index in order), used


def _result(call: Call, index: int, score: int, text: str | None) -> bytes:
    shown = b"" if text is None else b'"document":%b,' % render({"text": text})
    if text is None and call.state.switches.absent_document == "null":
        shown = b'"document":null,'
    digits = f"0.{score:018d}" if call.state.switches.long_score_literals else f"0.{score // 100 | 1:016d}"
    return b'{%b"index":%d,"relevance_score":%b}' % (shown, index, digits.encode())


def _text(value: Any, model: Model) -> str | None:
    """A query or document as text; an image or a film counts as the words of its address."""
    if isinstance(value, dict) and model.objects:
        value = next((value[kind] for kind in ("text", "image", "video") if kind in value), None)
    return value if isinstance(value, str) else None


def _documents(value: Any, model: Model) -> list[str]:
    if not isinstance(value, list) or not 1 <= len(value) <= model.rows:
        raise Refusal("documents-size", limit=model.rows)
    texts = [text for text in (_text(one, model) for one in value) if text is not None]
    if len(texts) < len(value):
        raise Refusal("documents-type")
    for index, text in enumerate(texts):
        if len(text) > _LONGEST_DOCUMENT:
            raise Refusal("document-length", index=index)
    return texts


def _first(text: str, model: Model) -> str:
    """What the model reads of a text: the rest of a longer one is cut in silence."""
    return text if len(text) <= model.tokens else tokens.first(text, model.tokens)


def _top_n(call: Call, asked: Any, count: int) -> int:
    if asked is None or (asked == 0 and not isinstance(asked, bool) and call.state.switches.top_n_zero == "all"):
        return count
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise Refusal("top-n")
    return min(asked, count)


def _tokens(call: Call, query: str, texts: list[str], instruct: Any) -> int:
    said = instruct if isinstance(instruct, str) and instruct else _DEFAULT_INSTRUCT
    asked = tokens.count(query)
    counted = [tokens.count(text) for text in texts]
    most = min(call.model.context, call.state.switches.rerank_request_tokens)
    if asked * len(counted) + sum(counted) > most:
        raise Refusal("request-tokens", limit=most)
    return tokens.rerank_total(asked, counted, tokens.count(said) if call.model.instruct else 0)


def _scores(call: Call, query: str, texts: list[str]) -> list[int]:
    """Scores in units of 10**-18, each a function of the query and its own document alone."""
    measure = call.state.meaning.measure
    asked = measure(query)
    found = []
    for text in texts:
        near = meaning.nearness(asked, measure(text))
        curved = _ONE - (_ONE - near) ** 2 // _ONE
        score = _ONE // 50 + curved * 95 // 100 + _grain(query, text)
        found.append(_jittered(call, score) if call.state.switches.score_jitter else score)
    return found


def _grain(query: str, text: str) -> int:
    """Up to 0.01 that tells equal measures apart without ever overturning a clear one."""
    mixed = hashlib.blake2b(f"{query}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(mixed, "little") % (_ONE // 100)


def _jittered(call: Call, score: int) -> int:
    moved = score + int(call.state.chance.uniform(-0.02, 0.02) * _ONE)
    return min(max(moved, 1), _ONE - 100)
