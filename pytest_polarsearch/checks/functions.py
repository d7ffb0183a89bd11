"""Which of ML Commons' built-in post-process functions can read what the model service itself answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .context import Context
from .contract import check

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


def _tell(ctx: Context, fits: Mapping[str, bool]) -> None:
    for name, fit in fits.items():
        ctx.note(f"{name} {'reads' if fit else 'cannot read'} this service's answer")


@check("functions.embedding-fits", killed_by=["dashscope.forced-base64"])
def embedding_fits(ctx: Context) -> None:
    answer = ctx.ok(ctx.ask_service("embedding", input=["one", "two"]))
    found = {name: ctx.found(answer, path) for name, path in VECTORS.items()}
    fits = {name: len(vectors) == 2 and all(map(_is_vector, vectors)) for name, vectors in found.items()}
    _tell(ctx, fits)
    ctx.holds(
        any(fits.values()), "functions that can read two vectors in the answer", expected="one at least", actual=fits
    )


@check("functions.rerank-fits", killed_by=["dashscope.integer-scores"])
def rerank_fits(ctx: Context) -> None:
    answer = ctx.ok(ctx.ask_service("rerank"))
    found = {name: ctx.found(answer, path) for name, path in RESULTS.items()}
    fits = {name: bool(results) and all(map(_is_result, results)) for name, results in found.items()}
    _tell(ctx, fits)
    ctx.holds(
        any(fits.values()), "functions that can read the results in the answer", expected="one at least", actual=fits
    )
