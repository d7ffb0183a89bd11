"""Which of ML Commons' built-in post-process functions can read what the model service itself answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .context import Context
from .contract import check, said
from .dialect import ask_rerank

#: Function -> where it looks for vectors, or for results (ml-commons MLPostProcessFunction).
VECTORS = {
    "connector.post_process.openai.embedding": "$.data[*].embedding",
    "connector.post_process.cohere.embedding": "$.embeddings[*]",
    "connector.post_process.bedrock.embedding": "$.embedding",
}
RESULTS = {
    "connector.post_process.cohere.rerank": "$.results[*]",
    "connector.post_process.default.rerank": "$[*]",
    "connector.post_process.cohere.rerank with response_filter $.output.results": "$.output.results[*]",
}


def _is_vector(found: Any) -> bool:
    return isinstance(found, list) and bool(found) and all(type(one) in (int, float) for one in found)


def _is_result(found: Any) -> bool:
    return isinstance(found, dict) and type(found.get("index")) is int and type(found.get("relevance_score")) is float


def _why_no_vectors(found: list[Any], wanted: int, path: str) -> str:
    """Why a function that looks there cannot read these vectors; empty where it can."""
    if len(found) != wanted:
        return said("functions.too-few", found=len(found), wanted=wanted, path=path)
    return "" if all(map(_is_vector, found)) else said("functions.no-numbers", path=path)


def _why_no_results(found: list[Any], path: str) -> str:
    """Why a function that looks there cannot read these results; empty where it can."""
    if not found:
        return said("functions.nothing", path=path)
    strange = next((one for one in found if not _is_result(one)), None)
    if strange is None:
        return ""
    fields = ", ".join(sorted(strange)) if isinstance(strange, dict) else type(strange).__name__
    return said("functions.no-result", path=path, fields=fields)


def _judge(ctx: Context, reasons: Mapping[str, str], what: str) -> None:
    """Say of each function whether it fits, and why not; one at least must."""
    for name, why in reasons.items():
        ctx.note(said("functions.unfit" if why else "functions.fits", name=name, why=why))
    ctx.holds(not all(reasons.values()), said(f"functions.{what}"), expected=said("expect.one-at-least"),
              actual=reasons)  # fmt: skip


@check("functions.embedding-fits", killed_by=["dashscope.forced-base64"])
def embedding_fits(ctx: Context) -> None:
    answer = ctx.ok(ctx.ask_service("embedding", input=["one", "two"]))
    reasons = {name: _why_no_vectors(ctx.found(answer, path), 2, path) for name, path in VECTORS.items()}
    _judge(ctx, reasons, "vectors")


@check("functions.rerank-fits", killed_by=["dashscope.integer-scores"])
def rerank_fits(ctx: Context) -> None:
    answer = ctx.ok(ask_rerank(ctx))
    reasons = {name: _why_no_results(ctx.found(answer, path), path) for name, path in RESULTS.items()}
    _judge(ctx, reasons, "results")
