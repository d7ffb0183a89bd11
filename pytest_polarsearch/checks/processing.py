"""Between request and answer: what the connector functions make of texts, and of what the service answers."""

from __future__ import annotations

from typing import Any

from .context import Context, Exchange
from .contract import check, said
from .measures import cosine, vectors

QUESTION = "What is machine learning?"
DOCUMENTS = [
    "The weather is nice today.",
    "Machine learning is a subfield of artificial intelligence.",
    "The train leaves at nine.",
]
BEST = 1


def _ranked(ctx: Context, name: str) -> Exchange:
    """The answer to what the rerank search processor asks."""
    body = {"query_text": QUESTION, "text_docs": DOCUMENTS}
    return ctx.ml.predict_as("text_similarity", ctx.model(name).model_id, body)


def _tensors(ctx: Context, answer: Exchange) -> list[dict[str, Any]]:
    found = ctx.ok(answer).get("inference_results") or ()
    return [tensor for result in found for tensor in result.get("output") or ()]


@check(
    "processing.rerank-similarity",
    killed_by=[
        "mlcommons.similarity-renamed",
        "mlcommons.text-docs-refused",
        "dashscope.dropped-document",
        "dashscope.integer-scores",
        "dashscope.long-scores",
    ],
    uses=["rerank.flat"],
)
def rerank_similarity(ctx: Context) -> None:
    names = [tensor.get("name") for tensor in _tensors(ctx, _ranked(ctx, "rerank.flat"))]
    ctx.equal(names, ["similarity"] * len(DOCUMENTS), said("processing.similarity-names"))


@check(
    "processing.rerank-in-input-order",
    killed_by=[
        "mlcommons.similarity-in-order-of-score",
        "mlcommons.text-docs-refused",
        "dashscope.duplicate-index",
        "dashscope.dropped-document",
        "dashscope.integer-scores",
        "dashscope.long-scores",
    ],
    uses=["rerank.flat"],
)
def rerank_in_input_order(ctx: Context) -> None:
    scores = [one[0] for one in vectors(ctx.ok(_ranked(ctx, "rerank.flat")))]
    ctx.equal(len(scores), len(DOCUMENTS), said("processing.scores"))
    ctx.equal(scores.index(max(scores)), BEST, said("processing.highest", scores=scores))


@check("processing.guide-rerank-not-for-search", killed_by=["mlcommons.similarity-breaks"], uses=["rerank"])
def guide_rerank_not_for_search(ctx: Context) -> None:
    answer = _ranked(ctx, "rerank")
    ctx.one_of(answer.status, (200, 400), said("processing.search-status"))
    ctx.note(said("processing.search-served" if answer.ok else "processing.search-unserved"))


def _rank_under(ctx: Context, fault: str) -> Exchange:
    ctx.model("observed.rerank.flat")
    with ctx.service_fault(fault):
        return _ranked(ctx, "observed.rerank.flat")


def _reported(ctx: Context, answer: Exchange, what: str) -> None:
    """Scores the built-in function cannot read are refused in some status, or read as the numbers they are."""
    if answer.ok:
        ctx.equal(len(vectors(answer)), len(DOCUMENTS), said("processing.odd-scores", what=what))
        ctx.note(said("processing.odd-scores-read", what=what))
    else:
        ctx.refused(answer, 400, 500)
        ctx.note(said("processing.odd-scores-break", what=what, status=answer.status))


@check("processing.integer-scores", killed_by=["mlcommons.score-trouble-hidden"], uses=["observed.rerank.flat"])
def integer_scores(ctx: Context) -> None:
    _reported(ctx, _rank_under(ctx, "integer-scores"), said("processing.no-point"))


@check("processing.long-scores", killed_by=["mlcommons.score-trouble-hidden"], uses=["observed.rerank.flat"])
def long_scores(ctx: Context) -> None:
    _reported(ctx, _rank_under(ctx, "long-scores"), said("processing.long"))


@check("processing.misspelt-function-fails", killed_by=["mlcommons.misspelt-function-served"])
def misspelt_function_fails(ctx: Context) -> None:
    action = ctx.body("observed.embedding")["actions"][0]
    action["post_process_function"] = "connector.post_process.openai.embeddings"
    model = ctx.scratch_model("observed.embedding", actions=[action])
    ctx.refused(ctx.ml.predict(model.model_id, ctx.sample("embedding")), 400, 500, 501)


@check("processing.no-rows", killed_by=["mlcommons.vector-of-nothing"], uses=["observed.embedding"])
def no_rows(ctx: Context) -> None:
    ctx.model("observed.embedding")
    with ctx.service_fault("null-data"):
        answer = ctx.predict("observed.embedding")
    if answer.ok:
        ctx.equal(_tensors(ctx, answer), [], said("processing.no-rows-tensors"))
        ctx.note(said("processing.no-rows-success"))
    else:
        ctx.refused(answer, 400, 500, 502)
        ctx.note(said("processing.no-rows-failure"))


@check(
    "processing.rows-out-of-order",
    killed_by=["mlcommons.tensor-lost", "mlcommons.vector-of-texts", "dashscope.forced-base64"],
    uses=["observed.embedding"],
)
def rows_out_of_order(ctx: Context) -> None:
    texts = ["machine learning", "the weather"]
    straight = vectors(ctx.ok(ctx.predict("observed.embedding", input=texts)))
    with ctx.service_fault("shuffled-rows"):
        shuffled = vectors(ctx.ok(ctx.predict("observed.embedding", input=texts)))
    ctx.equal(len(shuffled), 2, said("processing.two-tensors"))
    by_index = cosine(straight[0], shuffled[0]) > 0.99
    ctx.note(said("processing.by-index" if by_index else "processing.by-position"))


@check(
    "processing.texts-in-one-call",
    killed_by=["mlcommons.results-split", "mlcommons.text-docs-refused", "dashscope.forced-base64"],
    uses=["observed.embedding"],
)
def texts_in_one_call(ctx: Context) -> None:
    body = {"text_docs": ["one", "two", "three"]}
    with ctx.watching("embedding") as seen:
        answer = ctx.ok(ctx.ml.predict_as("text_embedding", ctx.model("observed.embedding").model_id, body))
    ctx.equal(seen.one.json.get("input"), body["text_docs"], said("processing.one-request-texts"))
    ctx.equal(len(answer.get("inference_results") or ()), 1, said("processing.one-result"))


@check(
    "processing.step-size",
    killed_by=[
        "mlcommons.results-merged",
        "mlcommons.text-docs-refused",
        "mlcommons.results-split",
        "dashscope.forced-base64",
    ],
)
def step_size(ctx: Context) -> None:
    parameters = {**ctx.body("observed.embedding")["parameters"], "input_docs_processed_step_size": "2"}
    model = ctx.scratch_model("observed.embedding", parameters=parameters)
    with ctx.watching("embedding") as seen:
        answer = ctx.ok(ctx.ml.predict_as("text_embedding", model.model_id, {"text_docs": ["one", "two", "three"]}))
    ctx.equal(len(seen.calls), 2, said("processing.step-requests"))
    ctx.equal(len(answer.get("inference_results") or ()), 2, said("processing.step-results"))


@check(
    "processing.parameters-pass-functions",
    killed_by=["mlcommons.input-wrapped", "dashscope.forced-base64"],
    uses=["observed.embedding"],
)
def parameters_pass_functions(ctx: Context) -> None:
    with ctx.watching("embedding") as seen:
        ctx.ok(ctx.predict("observed.embedding", input=["first", "second"]))
    ctx.equal(seen.one.json.get("input"), ["first", "second"], said("processing.input-of-parameters"))


@check("processing.wrong-input-kind-refused", killed_by=["mlcommons.similarity-by-embedding"], uses=["embedding"])
def wrong_input_kind_refused(ctx: Context) -> None:
    ctx.refused(_ranked(ctx, "embedding"), 400, reason="text_docs")


@check(
    "processing.response-filter",
    killed_by=["mlcommons.filter-ignored", "dashscope.unsorted", "dashscope.order-by-chance"],
)
def response_filter(ctx: Context) -> None:
    parameters = {**ctx.body("observed.rerank")["parameters"], "response_filter": "$.output.results[0].index"}
    model = ctx.scratch_model("observed.rerank", parameters=parameters)
    answer = ctx.ok(ctx.ml.predict(model.model_id, ctx.sample("rerank")))
    found = answer.get("inference_results", 0, "output", 0, "dataAsMap", "response")
    ctx.equal(found, 0, said("processing.filtered"))


@check(
    "processing.fewer-results-than-documents",
    killed_by=["mlcommons.score-trouble-hidden", "dashscope.dropped-document"],
)
def fewer_results_than_documents(ctx: Context) -> None:
    action = ctx.body("observed.rerank.flat")["actions"][0]
    action["request_body"] = action["request_body"].rstrip().removesuffix("}") + ', "top_n": 1 }'
    model = ctx.scratch_model("observed.rerank.flat", actions=[action])
    body = {"query_text": QUESTION, "text_docs": DOCUMENTS}
    answer = ctx.ml.predict_as("text_similarity", model.model_id, body)
    if answer.ok:
        ctx.holds(vectors(answer), said("processing.fewer-scores"), expected=said("expect.one-at-least"),
                  actual=answer.text[:200])  # fmt: skip
        ctx.note(said("processing.fewer-served"))
    else:
        ctx.refused(answer, 400, 500)
        ctx.note(said("processing.fewer-break", status=answer.status))
