"""What a rerank service itself answers, asked in the form that its vendor declares."""

from __future__ import annotations

import re

from .context import Context
from .contract import check, said
from .dialect import NOTHING, SHAPES, ask_rerank, documents, only_text, ranked

SCORE = re.compile(r'"relevance_score"\s*:\s*([^,}\s]+)')
#: Longer literals are read as a type that ML Commons' rerank functions cannot cast.
LONGEST = 18


@check("reranking.every-document-answered", killed_by=["dashscope.dropped-document"])
def every_document_answered(ctx: Context) -> None:
    for name in ctx.profile.reranks:
        results = ranked(ctx, ctx.ask_service(name, top_n=None), name)
        ctx.equal(len(results), 3, said("reranking.all", name=name))


@check(
    "reranking.index-in-range-once",
    killed_by=["dashscope.duplicate-index", "dashscope.dropped-document"],
)
def index_in_range_once(ctx: Context) -> None:
    indexes = [one.get("index") for one in ranked(ctx, ask_rerank(ctx))]
    ctx.equal(sorted(map(repr, indexes)), ["0", "1", "2"], said("reranking.indexes"))


@check("reranking.best-first", killed_by=["dashscope.unsorted", "dashscope.order-by-chance"])
def best_first(ctx: Context) -> None:
    name = SHAPES[ctx.profile.reranks[0]].score
    worst_first = ask_rerank(ctx, documents(ctx)[::-1])
    scores = [one.get(name) for one in ranked(ctx, worst_first)]
    numbers = [one for one in scores if isinstance(one, int | float)]
    ctx.equal(numbers, scores, said("reranking.numbers", name=name))
    ctx.equal(numbers, sorted(numbers, reverse=True), said("reranking.order", name=name))


@check("reranking.top-n-honoured", killed_by=["dashscope.top-n-ignored", "dashscope.dropped-document"])
def top_n_honoured(ctx: Context) -> None:
    results = ranked(ctx, ctx.ask_service("rerank.flat", top_n=1), "rerank.flat")
    ctx.equal(len(results), 1, said("reranking.top-1"))


@check("reranking.large-top-n-served", killed_by=["dashscope.large-top-n-refused", "dashscope.dropped-document"])
def large_top_n_served(ctx: Context) -> None:
    results = ranked(ctx, ctx.ask_service("rerank.flat", top_n=50), "rerank.flat")
    ctx.equal(len(results), 3, said("reranking.top-50"))


@check("reranking.scores-in-range", killed_by=["dashscope.scores-in-percent"])
def scores_in_range(ctx: Context) -> None:
    name = SHAPES[ctx.profile.reranks[0]].score
    strange = [one for one in ranked(ctx, ask_rerank(ctx)) if not 0 <= one.get(name, -1) <= 1]
    ctx.equal(strange, [], said("reranking.out-of-range"))


@check("reranking.score-literals", killed_by=["dashscope.integer-scores"])
def score_literals(ctx: Context) -> None:
    literals = SCORE.findall(ctx.ok(ctx.ask_service("rerank.flat")).text)
    whole = [one for one in literals if "." not in one and "e" not in one.lower()]
    ctx.equal(whole, [], said("reranking.literals"))
    longest = max(map(len, literals), default=0)
    ctx.note(said("reranking.fit" if longest <= LONGEST else "reranking.too-long", longest=longest, most=LONGEST))


@check(
    "reranking.documents-on-request",
    killed_by=["dashscope.string-document", "dashscope.dropped-document", "dashscope.duplicate-index"],
)
def documents_on_request(ctx: Context) -> None:
    results = ranked(ctx, ask_rerank(ctx, return_documents=True))
    wanted = {place: {"text": text} for place, text in enumerate(documents(ctx))}
    found = {one.get("index"): only_text(one.get("document")) for one in results}
    ctx.equal(found, wanted, said("reranking.documents"))


@check("reranking.documents-unasked-absent", killed_by=["dashscope.documents-unasked", "dashscope.string-document"])
def documents_unasked_absent(ctx: Context) -> None:
    sent = [one["document"] for one in ranked(ctx, ask_rerank(ctx)) if one.get("document") is not None]
    ctx.equal(sent, [], said("reranking.unasked"))


@check("reranking.usage-counted", killed_by=["dashscope.missing-usage"])
def usage_counted(ctx: Context) -> None:
    answer = ctx.ok(ask_rerank(ctx))
    count = answer.get("usage", "total_tokens") if isinstance(answer.json, dict) else None
    ctx.holds(
        isinstance(count, int) and count > 0, "usage.total_tokens", expected=said("expect.whole-number"), actual=count
    )


@check("reranking.no-documents-refused", killed_by=["dashscope.no-documents-taken"])
def no_documents_refused(ctx: Context) -> None:
    name = ctx.profile.reranks[0]
    ctx.refused(ctx.ask_service(name, **NOTHING[name]), 400, 422)


@check("reranking.same-order-twice", killed_by=["dashscope.order-by-chance"])
def same_order_twice(ctx: Context) -> None:
    orders = [[one.get("index") for one in ranked(ctx, ask_rerank(ctx))] for _ in range(3)]
    ctx.equal(orders[1:], orders[:1] * 2, said("reranking.asked-again"))


@check(
    "reranking.instruct",
    killed_by=["dashscope.instruct-ignored", "dashscope.missing-usage", "dashscope.dropped-document"],
)
def instruct(ctx: Context) -> None:
    plain, told = ask_rerank(ctx), ask_rerank(ctx, instruct="Rank what a student of computer science reads first. " * 3)
    ctx.equal(len(ranked(ctx, told)), 3, said("reranking.instructed"))
    counts = [ctx.ok(one).get("usage", "total_tokens") or 0 for one in (plain, told)]
    ctx.holds(counts[0] < counts[1], said("reranking.instruct-tokens"), expected=said("expect.more-with-it"),
              actual=counts)  # fmt: skip
