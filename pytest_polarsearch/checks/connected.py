"""What a model service's extras come to through a connector: sizes, encodings, documents, tools, refusals, streams."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .context import Context, Exchange
from .contract import check, said
from .dialect import NOTHING, SHAPES, any_of, documents, only_text, words_of
from .measures import cosine, norm, unpacked, vectors
from .tools import TOOL, TOOL_CHOICE, tool_calls

Json = Any
ANSWER = ("inference_results", 0, "output", 0, "dataAsMap")


def _asking_for(ctx: Context, name: str, more: str) -> Exchange:
    """The guide's question to a model whose template asks for something more, answered without post-processing."""
    action = ctx.body(name)["actions"][0]
    action["request_body"] = f"{action['request_body'].rstrip().removesuffix('}')}, {more} }}"
    for function in ("pre_process_function", "post_process_function"):
        action.pop(function, None)
    return ctx.ml.predict(ctx.scratch_model(name, actions=[action]).model_id, ctx.sample(name))


# --- embeddings ----------------------------------------------------------------------------------------------------


@check(
    "predict.embedding-unit-length",
    killed_by=[
        "dashscope.double-length", "dashscope.wrong-dimension", "dashscope.forced-base64", "mlcommons.vector-of-texts",
        "mlcommons.tensor-lost",
    ],
    uses=["embedding"],
)  # fmt: skip
def embedding_unit_length(ctx: Context) -> None:
    lengths = [norm(one) for one in vectors(ctx.ok(ctx.predict("embedding", input=["one", "two"])))]
    ctx.equal(len(lengths), 2, said("connected.two-vectors"))
    ctx.equal([one for one in lengths if abs(one - 1) > 1e-3], [], said("connected.lengths"))


@check(
    "predict.embedding-dimensions",
    killed_by=["dashscope.dimensions-ignored", "dashscope.wrong-dimension", "dashscope.forced-base64"],
)
def embedding_dimensions(ctx: Context) -> None:
    size = ctx.profile.get("embedding", "dimensions")[0]
    answer = ctx.ok(_asking_for(ctx, "embedding", f'"dimensions": {size}'))
    found = answer.get(*ANSWER, "data", 0, "embedding")
    ctx.equal(len(found or ()), size, said("connected.size", size=size))


@check(
    "predict.embedding-base64",
    killed_by=[
        "dashscope.base64-big-endian", "dashscope.constant-vector", "dashscope.drifting-vectors",
        "dashscope.forced-base64", "mlcommons.vector-of-texts",
    ],
)  # fmt: skip
def embedding_base64(ctx: Context) -> None:
    answer = ctx.ok(_asking_for(ctx, "embedding", '"encoding_format": "base64"'))
    packed = answer.get(*ANSWER, "data", 0, "embedding")
    plain = vectors(ctx.ok(ctx.predict("embedding")))
    ctx.equal(len(plain), 1, said("connected.one-vector"))
    likeness = cosine(plain[0], unpacked(packed, len(plain[0]), answer))
    ctx.holds(likeness > 0.999, said("connected.base64"), expected="1", actual=likeness)


# --- rerank --------------------------------------------------------------------------------------------------------


def _results(answer: Exchange, name: str) -> Sequence[dict[str, Json]]:
    return answer.get(*ANSWER, *SHAPES[name].results) or ()


@check("predict.rerank-scores-in-range", killed_by=["dashscope.scores-in-percent"], uses=["rerank"])
def rerank_scores_in_range(ctx: Context) -> None:
    found = _results(ctx.ok(ctx.predict("rerank")), "rerank")
    ctx.holds(found, said("connected.results"), expected=said("expect.one-at-least"), actual=found)
    strange = [one for one in found if not 0 <= one.get("relevance_score", -1) <= 1]
    ctx.equal(strange, [], said("connected.out-of-range"))


#: Form of rerank -> what its template asks with for documents.
WITH_DOCUMENTS = {"rerank": '"parameters": { "return_documents": true }', "rerank.flat": '"return_documents": true'}


@check(
    "predict.rerank-documents-returned",
    killed_by=["dashscope.string-document", "dashscope.dropped-document", "dashscope.duplicate-index"],
)
def rerank_documents_returned(ctx: Context) -> None:
    name = next((one for one in ctx.profile.reranks if one in WITH_DOCUMENTS), "")
    if not name:
        ctx.not_applicable(said("connected.no-documents", profile=ctx.profile.name))
    found = _results(ctx.ok(_asking_for(ctx, name, WITH_DOCUMENTS[name])), name)
    texts = {one.get("index"): only_text(one.get("document")) for one in found}
    wanted = {place: {"text": text} for place, text in enumerate(documents(ctx))}
    ctx.equal(texts, wanted, said("connected.documents"))


# --- chat ----------------------------------------------------------------------------------------------------------


@check(
    "predict.chat-tools",
    killed_by=["dashscope.tools-refused", "dashscope.tool-choice-ignored", "mlcommons.chat-answer-lost"],
)
def chat_tools(ctx: Context) -> None:
    asked = f'"tools": [{json.dumps(TOOL)}], "tool_choice": {json.dumps(TOOL_CHOICE)}'
    tool_calls(ctx, ctx.ok(_asking_for(ctx, "chat", asked)).get(*ANSWER, "choices", 0, "message"))


@check("predict.chat-stream-asked", killed_by=["mlcommons.unread-answer-served", "dashscope.sse-cut"])
def chat_stream_asked(ctx: Context) -> None:
    answer = _asking_for(ctx, "chat", '"stream": true')
    if answer.ok:
        ctx.holds(answer.get(*ANSWER), said("connected.stream"), expected=said("expect.something"),
                  actual=answer.text[:200])  # fmt: skip
        ctx.note(said("connected.stream-answered"))
    else:
        ctx.refused(answer, 400, 500, 502)
        ctx.note(said("connected.stream-refused", reason=answer.short_reason(80)))


# --- refusals ------------------------------------------------------------------------------------------------------


@check(
    "predict.refusal-reaches-caller",
    killed_by=["mlcommons.remote-400-lost", "dashscope.empty-conversation-taken"],
)
def refusal_reaches_caller(ctx: Context) -> None:
    name = any_of(ctx)
    itself = ctx.refused(ctx.ask_service(name, **NOTHING[name]), 400, 422)
    field = SHAPES[name].documents if name in SHAPES else next(iter(NOTHING[name]))
    ctx.refused(ctx.predict(name, **{field: []}), int(itself.status or 0), reason=words_of(itself)[:40])
