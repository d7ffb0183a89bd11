"""How a vendor's routes differ in form, as data, so that one check asks and reads all of them. No check stands here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .context import Context, Exchange
from .contract import said

Json = Any


@dataclass(frozen=True)
class Shape:
    """One form of rerank: where results stand, what a score is called, where options go, and where documents."""

    results: tuple[str, ...]
    score: str = "relevance_score"
    options: str = ""
    documents: str = "documents"
    inside: str = ""


SHAPES: Mapping[str, Shape] = {
    "rerank": Shape(("output", "results"), options="parameters", inside="input"),
    "rerank.flat": Shape(("results",)),
    "rerank.texts": Shape((), score="score", documents="texts"),
}
#: What asks of each route nothing at all, so that every service refuses it.
NOTHING: Mapping[str, Mapping[str, Json]] = {
    "chat": {"messages": []},
    "embedding": {"input": []},
    "rerank": {"input": {"query": "anything", "documents": []}},
    "rerank.flat": {"documents": []},
    "rerank.texts": {"texts": []},
}


#: Statuses by which a service refuses what is too much for it.
TOO_MUCH = (400, 413, 422)


def offered(ctx: Context, names: Sequence[str] = tuple(NOTHING)) -> list[str]:
    """Those of the blueprints whose routes the vendor declares."""
    return [name for name in names if name in ctx.profile.offered]


def any_of(ctx: Context) -> str:
    """A declared route, chat before others, for what holds of all routes."""
    found = offered(ctx)
    if not found:
        ctx.not_applicable(said("dialect.no-route", profile=ctx.profile.name))
    return found[0]


def words_of(answer: Exchange) -> str:
    """The words of a service's refusal: under `error`, as `error`, or at the top; empty where it has none."""
    error = answer.get("error")
    message = error if isinstance(error, str) else answer.get("error", "message") or answer.get("message")
    return message if isinstance(message, str) else ""


def ask_rerank(ctx: Context, texts: Sequence[str] | None = None, **options: Json) -> Exchange:
    """Rank the sample's documents, or these, in the vendor's first form of rerank."""
    name = ctx.profile.reranks[0]
    shape = SHAPES[name]
    asked = {} if texts is None else _about(ctx, name, texts)
    return ctx.ask_service(name, **asked, **({shape.options: options} if options and shape.options else options))


def _about(ctx: Context, name: str, texts: Sequence[str]) -> dict[str, Json]:
    """The part of a request that names question and documents."""
    shape = SHAPES[name]
    if not shape.inside:
        return {shape.documents: list(texts)}
    return {shape.inside: {"query": ctx.sample(name)["query"], shape.documents: list(texts)}}


def ranked(ctx: Context, answer: Exchange, name: str = "") -> list[dict[str, Any]]:
    """The results of an answer of that form of rerank (the vendor's first, if none is named). Raises Failure."""
    path = SHAPES[name or ctx.profile.reranks[0]].results
    found = ctx.ok(answer).get(*path) if path else ctx.ok(answer).json
    ctx.holds(isinstance(found, list), ".".join(path) or said("the-answer"), expected=said("expect.list"), actual=found)
    return list(found)


def documents(ctx: Context) -> list[str]:
    """The documents that `ask_rerank` has ranked."""
    name = ctx.profile.reranks[0]
    return list(ctx.sample(name)[SHAPES[name].documents])


def only_text(document: object) -> object:
    """A document of an answer without what a vendor adds beside its text."""
    return {"text": document.get("text")} if isinstance(document, dict) else document


def whole_or_refused(
    ctx: Context, answer: Exchange, wanted: int, found: Callable[[], Sequence[object]], what: str
) -> None:
    """A part, nothing, or a failure of the service itself is what nobody can work with."""
    if answer.ok:
        ctx.equal(len(found()), wanted, said("dialect.answers", what=what))
        ctx.note(said("dialect.served", what=what))
    else:
        ctx.refused(answer, *TOO_MUCH)
        ctx.holds(
            answer.reason or answer.text,
            said("dialect.refusal", what=what),
            expected=said("expect.sentence"),
            actual=answer.text,
        )
        ctx.note(said("dialect.refused", what=what, status=answer.status))


def one_choice(answer: Exchange) -> Sequence[object]:
    """The first choice of a chat's answer, in a list; empty where there is none."""
    return (answer.get("choices") or ())[:1]
