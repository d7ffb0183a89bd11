"""What a rerank service itself answers, asked as the guide's connector and the flat one ask it."""

from __future__ import annotations

import re
from typing import Any

from .context import Context, Exchange
from .contract import check

SCORE = re.compile(r'"relevance_score"\s*:\s*([^,}\s]+)')
#: Longer literals are read as a type that ML Commons' rerank functions cannot cast.
LONGEST = 18


def _results(ctx: Context, answer: Exchange, *path: str) -> list[dict[str, Any]]:
    found = ctx.ok(answer).get(*path)
    ctx.holds(isinstance(found, list), ".".join(path), expected="a list", actual=found)
    return list(found)


@check("reranking.every-document-answered", killed_by=["dashscope.dropped-document"])
def every_document_answered(ctx: Context) -> None:
    results = _results(ctx, ctx.ask_service("rerank"), "output", "results")
    ctx.equal(len(results), 3, "results for three documents and no top_n")


@check("reranking.top-n-honoured", killed_by=["dashscope.top-n-ignored", "dashscope.dropped-document"])
def top_n_honoured(ctx: Context) -> None:
    results = _results(ctx, ctx.ask_service("rerank.flat", top_n=1), "results")
    ctx.equal(len(results), 1, "results for three documents and top_n 1")


@check("reranking.large-top-n-served", killed_by=["dashscope.large-top-n-refused", "dashscope.dropped-document"])
def large_top_n_served(ctx: Context) -> None:
    results = _results(ctx, ctx.ask_service("rerank.flat", top_n=50), "results")
    ctx.equal(len(results), 3, "results for three documents and top_n 50")


@check("reranking.scores-in-range", killed_by=["dashscope.scores-in-percent"])
def scores_in_range(ctx: Context) -> None:
    results = _results(ctx, ctx.ask_service("rerank"), "output", "results")
    strange = [one for one in results if not 0 <= one.get("relevance_score", -1) <= 1]
    ctx.equal(strange, [], "results whose score lies outside 0 to 1")


@check("reranking.score-literals", killed_by=["dashscope.integer-scores"])
def score_literals(ctx: Context) -> None:
    literals = SCORE.findall(ctx.ok(ctx.ask_service("rerank.flat")).text)
    whole = [one for one in literals if "." not in one and "e" not in one.lower()]
    ctx.equal(whole, [], "scores written without a decimal point, which break the rerank functions of ML Commons")
    longest = max(map(len, literals), default=0)
    fit = "fit" if longest <= LONGEST else f"break (over {LONGEST} characters)"
    ctx.note(f"scores have up to {longest} characters, which {fit} connector.post_process.cohere.rerank")


@check(
    "reranking.documents-on-request",
    killed_by=["dashscope.string-document", "dashscope.dropped-document", "dashscope.duplicate-index"],
)
def documents_on_request(ctx: Context) -> None:
    answer = ctx.ask_service("rerank", parameters={"return_documents": True})
    results = _results(ctx, answer, "output", "results")
    asked = ctx.sample("rerank")["documents"]
    wanted = {place: {"text": text} for place, text in enumerate(asked)}
    ctx.equal({one.get("index"): one.get("document") for one in results}, wanted, "documents by index")


@check("reranking.no-documents-refused", killed_by=["dashscope.no-documents-taken"])
def no_documents_refused(ctx: Context) -> None:
    ctx.refused(ctx.ask_service("rerank", input={"query": "anything", "documents": []}), 400, 422)


@check("reranking.same-order-twice", killed_by=["dashscope.order-by-chance"])
def same_order_twice(ctx: Context) -> None:
    answers = [ctx.ask_service("rerank") for _ in range(3)]
    orders = [[one.get("index") for one in _results(ctx, answer, "output", "results")] for answer in answers]
    ctx.equal(orders[1:], orders[:1] * 2, "the order of the documents, asked twice more")
