"""At a model service's limits and beyond them: what is declared is served; more is answered whole, or refused in words,
asked for by itself and through a connector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .context import Context, Exchange
from .contract import check, said
from .dialect import SHAPES, ask_rerank, one_choice, ranked, whole_or_refused
from .measures import rows, vectors

#: How much longer than what is declared a text is that must be over every limit in tokens: each digit is one.
BEYOND = 1000
#: Digits of a document that is longer than what any reranker reads of one.
LONG_DOCUMENT = 20_000
#: Forms of rerank whose results ML Commons can answer.
CONNECTED = ("rerank", "rerank.flat")


def _digits(characters: int) -> str:
    """A text of so many tokens: tokenizers take digits one by one."""
    return "7" * characters


def _words(characters: int) -> str:
    """A text of so many characters, and of few tokens."""
    return ("word " * (characters // 5 + 1))[:characters]


def _blanks(characters: int) -> str:
    """A text of so many characters, and of hardly a token."""
    return "word".ljust(characters)


# --- texts ---------------------------------------------------------------------------------------------------------


@check("embeddings.declared-characters-served", killed_by=["dashscope.short-texts-only", "dashscope.forced-base64"])
def declared_characters_served(ctx: Context) -> None:
    most = ctx.profile.get("embedding", "characters")
    answer = ctx.ok(ctx.ask_service("embedding", input=[_words(most)]))
    ctx.equal(len(rows(answer)), 1, said("limits.declared-characters", most=most))


def _too_long(ctx: Context) -> list[str]:
    return ["a short text", _digits(ctx.profile.get("embedding", "characters") + BEYOND)]


@check("embeddings.long-text", killed_by=["dashscope.long-text-breaks", "dashscope.empty-text-taken"])
def long_text(ctx: Context) -> None:
    answer = ctx.ask_service("embedding", input=_too_long(ctx))
    whole_or_refused(ctx, answer, 2, partial(rows, answer), said("limits.long-text"))


@check(
    "predict.embedding-long-text",
    killed_by=["dashscope.long-text-breaks", "dashscope.empty-text-taken", "mlcommons.remote-400-lost"],
    uses=["embedding"],
)
def long_text_through_a_connector(ctx: Context) -> None:
    answer = ctx.predict("embedding", input=_too_long(ctx))
    whole_or_refused(ctx, answer, 2, partial(vectors, answer), said("limits.long-text"))


@check(
    "predict.embedding-empty-text",
    killed_by=["dashscope.empty-text-taken", "mlcommons.remote-400-lost"],
    uses=["embedding"],
)
def empty_text_through_a_connector(ctx: Context) -> None:
    answer = ctx.predict("embedding", input=[""])
    whole_or_refused(ctx, answer, 1, partial(vectors, answer), said("limits.empty-text"))


@check("embeddings.token-ids", killed_by=["dashscope.empty-list-taken", "dashscope.token-ids-break"])
def token_ids(ctx: Context) -> None:
    answer = ctx.ask_service("embedding", input=[[9906, 1917]])
    whole_or_refused(ctx, answer, 1, partial(rows, answer), said("limits.token-ids"))


# --- documents -----------------------------------------------------------------------------------------------------


def _documents(count: int) -> list[str]:
    return [f"{number}" for number in range(count)]


@check(
    "reranking.declared-documents-served",
    killed_by=["dashscope.few-documents", "dashscope.documents-over-limit-dropped", "dashscope.dropped-document"],
)
def declared_documents_served(ctx: Context) -> None:
    most = ctx.profile.get("rerank", "documents")
    results = ranked(ctx, ask_rerank(ctx, _documents(most)))
    ctx.equal(len(results), most, said("limits.declared-documents", most=most))


@check(
    "reranking.many-documents",
    killed_by=["dashscope.documents-over-limit-dropped", "dashscope.no-documents-taken"],
)
def many_documents(ctx: Context) -> None:
    count = ctx.profile.get("rerank", "documents") + 1
    answer = ask_rerank(ctx, _documents(count))
    whole_or_refused(ctx, answer, count, partial(ranked, ctx, answer), said("limits.one-more"))


@check("reranking.long-document", killed_by=["dashscope.long-text-breaks", "dashscope.dropped-document"])
def long_document(ctx: Context) -> None:
    declared = ctx.profile.get("rerank", "characters") or LONG_DOCUMENT
    for long in (_digits(LONG_DOCUMENT), _blanks(declared + 1)):
        answer = ask_rerank(ctx, [long, "a short document"])
        what = said("limits.long-document", characters=len(long))
        whole_or_refused(ctx, answer, 2, partial(ranked, ctx, answer), what)


def _predicted(ctx: Context, documents: Sequence[str]) -> tuple[Exchange, Callable[[], Sequence[object]]]:
    """The answer of a rerank model to these documents, and how its results are found."""
    name = next((one for one in ctx.profile.reranks if one in CONNECTED), "")
    if not name:
        ctx.not_applicable(said("limits.no-function", profile=ctx.profile.name))
    answer = ctx.predict(name, **{SHAPES[name].documents: list(documents)})
    output: tuple[str | int, ...] = ("inference_results", 0, "output")
    path = (*output, 0, "dataAsMap", *SHAPES[name].results) if name == "rerank" else output
    return answer, lambda: answer.get(*path) or ()


@check(
    "predict.rerank-many-documents",
    killed_by=[
        "dashscope.documents-over-limit-dropped",
        "dashscope.no-documents-taken",
        "mlcommons.remote-400-lost",
    ],
)
def many_documents_through_a_connector(ctx: Context) -> None:
    count = ctx.profile.get("rerank", "documents") + 1
    answer, found = _predicted(ctx, _documents(count))
    whole_or_refused(ctx, answer, count, found, said("limits.one-more"))


@check("predict.rerank-long-document", killed_by=["dashscope.long-text-breaks", "dashscope.dropped-document"])
def long_document_through_a_connector(ctx: Context) -> None:
    answer, found = _predicted(ctx, [_digits(LONG_DOCUMENT), "a short document"])
    whole_or_refused(ctx, answer, 2, found, said("limits.long-document", characters=LONG_DOCUMENT))


# --- conversations -------------------------------------------------------------------------------------------------

#: Parameters beyond what the guide's vendor documents; others take some of them.
BEYOND_RANGE: tuple[dict[str, Any], ...] = (
    {"top_p": 0}, {"n": 5}, {"seed": -1}, {"max_tokens": 10**9}, {"response_format": {"type": "json_object"}},
)  # fmt: skip


@check("chat.limits-in-words", killed_by=["dashscope.any-limit-breaks"])
def limits_in_words(ctx: Context) -> None:
    for asked in BEYOND_RANGE:
        answer = ctx.ask_service("chat", **asked)
        whole_or_refused(ctx, answer, 1, partial(one_choice, answer), " ".join(asked))
