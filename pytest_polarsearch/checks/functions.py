"""Which of ML Commons' built-in post-process functions can read what the model service itself answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from .context import Context, Exchange
from .contract import check, said
from .dialect import ask_rerank

#: Function, without `connector.post_process.` -> where it looks for vectors (ml-commons MLPostProcessFunction).
VECTORS = {
    "openai.embedding": "$.data[*].embedding",
    "cohere.embedding": "$.embeddings[*]",
    "default.embedding": "$[*]",
    "bedrock.embedding": "$.embedding",
    **{f"cohere_v2.embedding.{kind}": f"$.embeddings.{kind}[*]"
       for kind in ("float", "int8", "uint8", "binary", "ubinary")},
    **{f"bedrock_v2.embedding.{kind}": f"$.embeddingsByType.{kind}" for kind in ("float", "binary")},
}  # fmt: skip
#: Function -> where it looks for results, and what it takes for a score.
RESULTS = {
    "cohere.rerank": ("$.results[*]", "relevance_score"),
    "default.rerank": ("$[*]", "relevance_score"),
    "bedrock.rerank": ("$.results[*]", "relevanceScore"),
    "cohere.rerank + response_filter $.output.results": ("$.output.results[*]", "relevance_score"),
}
#: Longer literals are read as a type that the functions cannot cast; Bedrock's can.
LONGEST = 18


def _is_vector(found: Any) -> bool:
    return isinstance(found, list) and bool(found) and all(type(one) in (int, float) for one in found)


def _why_no_vectors(found: list[Any], wanted: int) -> str:
    """Why a function that found this cannot read these vectors; empty where it can."""
    if not found:
        return said("functions.nothing")
    if len(found) != wanted:
        return said("functions.too-few", found=len(found), wanted=wanted)
    return "" if all(map(_is_vector, found)) else said("functions.no-numbers")


def _why_no_results(found: list[Any], score: str, literals: Iterable[str]) -> str:
    """Why a function that found this cannot read these results; empty where it can."""
    if not found:
        return said("functions.nothing")
    strange = next((one for one in found if not _is_result(one, score)), None)
    if strange is not None:
        fields = ", ".join(sorted(strange)) if isinstance(strange, dict) else type(strange).__name__
        return said("functions.no-result", score=score, fields=fields)
    longest = max(map(len, literals), default=0)
    return said("functions.long", longest=longest, most=LONGEST) if longest > LONGEST else ""


def _is_result(found: Any, score: str) -> bool:
    return isinstance(found, dict) and type(found.get("index")) is int and type(found.get(score)) is float


def _judge(ctx: Context, reasons: Mapping[str, str], what: str) -> None:
    """Say with which functions the service works and with which not, and why not; one at least must fit."""
    fits = [name for name, why in reasons.items() if not why]
    why_not = [
        said("functions.because", names=", ".join(name for name, one in reasons.items() if one == why), why=why)
        for why in dict.fromkeys(filter(None, reasons.values()))
    ]
    unfit = reduce(lambda first, other: said("both", one=first, other=other), why_not)
    ctx.note(said("functions.works" if fits else "functions.works-not", fits=", ".join(fits), unfit=unfit))
    ctx.holds(fits, said(f"functions.{what}"), expected=said("expect.one-at-least"), actual=unfit)


@check("functions.embedding-fits", killed_by=["dashscope.forced-base64"])
def embedding_fits(ctx: Context) -> None:
    answer = ctx.ok(ctx.ask_service("embedding", input=["one", "two"]))
    _judge(ctx, {name: _why_no_vectors(ctx.found(answer, path), 2) for name, path in VECTORS.items()}, "vectors")


@check("functions.rerank-fits", killed_by=["dashscope.integer-scores", "dashscope.long-scores"])
def rerank_fits(ctx: Context) -> None:
    answer = ctx.ok(ask_rerank(ctx))
    reasons = {
        name: _why_no_results(ctx.found(answer, path), score, _literals(answer, score))
        for name, (path, score) in RESULTS.items()
    }
    _judge(ctx, reasons, "results")


def _literals(answer: Exchange, score: str) -> list[str]:
    """The scores as they are written; Bedrock's function reads those of any length."""
    written = re.findall(rf'"{score}"\s*:\s*([^,}}\s]+)', answer.text)
    return written if score == "relevance_score" else []
