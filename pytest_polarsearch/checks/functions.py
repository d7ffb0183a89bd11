"""Which of ML Commons' built-in post-process functions can read what the model service itself answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .context import Context
from .contract import check
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
        return f"it finds {len(found)} of {wanted} vectors at {path}"
    return "" if all(map(_is_vector, found)) else f"what it finds at {path} is no list of numbers"


def _why_no_results(found: list[Any], path: str) -> str:
    """Why a function that looks there cannot read these results; empty where it can."""
    if not found:
        return f"it finds nothing at {path}"
    strange = next((one for one in found if not _is_result(one)), None)
    if strange is None:
        return ""
    fields = ", ".join(sorted(strange)) if isinstance(strange, dict) else type(strange).__name__
    return f"a result at {path} has not a whole index and a relevance_score with a decimal point, but {fields}"


def _judge(ctx: Context, reasons: Mapping[str, str], what: str) -> None:
    """Say of each function whether it fits, and why not; one at least must."""
    for name, why in reasons.items():
        ctx.note(
            f"{name} cannot read this service's answer, because {why}" if why else f"{name} reads this service's answer"
        )
    ctx.holds(not all(reasons.values()), f"functions that can read {what} in the answer", expected="one at least",
              actual=reasons)  # fmt: skip


@check("functions.embedding-fits", killed_by=["dashscope.forced-base64"])
def embedding_fits(ctx: Context) -> None:
    answer = ctx.ok(ctx.ask_service("embedding", input=["one", "two"]))
    reasons = {name: _why_no_vectors(ctx.found(answer, path), 2, path) for name, path in VECTORS.items()}
    _judge(ctx, reasons, "two vectors")


@check("functions.rerank-fits", killed_by=["dashscope.integer-scores"])
def rerank_fits(ctx: Context) -> None:
    answer = ctx.ok(ask_rerank(ctx))
    reasons = {name: _why_no_results(ctx.found(answer, path), path) for name, path in RESULTS.items()}
    _judge(ctx, reasons, "the results")
