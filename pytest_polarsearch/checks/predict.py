"""Step four of the guide: the three predictions, with the guide's own bodies."""

from __future__ import annotations

import math

from .context import Context
from .contract import check, said
from .measures import cosine, vectors


@check(
    "predict.embedding-tensor",
    killed_by=["mlcommons.tensor-of-another-name", "dashscope.forced-base64"],
    uses=["embedding"],
)
def embedding_tensor(ctx: Context) -> None:
    tensor = ctx.tensor(ctx.predict("embedding"))
    ctx.equal(tensor.get("name"), "sentence_embedding", said("predict.tensor", field="name"))
    ctx.equal(tensor.get("data_type"), "FLOAT32", said("predict.tensor", field="data_type"))


@check(
    "predict.embedding-shape", killed_by=["mlcommons.tensor-shape-wrong", "dashscope.forced-base64"], uses=["embedding"]
)
def embedding_shape(ctx: Context) -> None:
    tensor = ctx.tensor(ctx.predict("embedding"))
    ctx.equal(tensor.get("shape"), [len(tensor.get("data") or ())], said("predict.shape"))


@check(
    "predict.embedding-finite", killed_by=["mlcommons.vector-of-texts", "dashscope.forced-base64"], uses=["embedding"]
)
def embedding_finite(ctx: Context) -> None:
    data = ctx.tensor(ctx.predict("embedding")).get("data") or []
    ctx.holds(data, said("predict.tensor", field="data"), expected=said("expect.numbers"), actual=data)
    strange = [
        one for one in data if isinstance(one, bool) or not isinstance(one, int | float) or not math.isfinite(one)
    ]
    ctx.equal(strange[:5], [], said("predict.no-finite-numbers"))


@check(
    "predict.embedding-dimension",
    killed_by=["dashscope.wrong-dimension", "dashscope.forced-base64"],
    uses=["embedding"],
)
def embedding_dimension(ctx: Context) -> None:
    lengths = {
        len(ctx.tensor(ctx.predict("embedding", input=[text])).get("data") or ()) for text in ("hello world", "你好")
    }
    ctx.equal(len(lengths), 1, said("predict.lengths", lengths=sorted(lengths)))
    if declared := ctx.profile.get("embedding", "dimensions"):
        ctx.one_of(lengths.pop(), declared, said("predict.length"))


@check(
    "predict.embedding-one-tensor-a-text",
    killed_by=["mlcommons.tensor-lost", "dashscope.forced-base64"],
    uses=["embedding"],
)
def embedding_one_tensor_a_text(ctx: Context) -> None:
    answer = ctx.ok(ctx.predict("embedding", input=["one", "two", "three"]))
    ctx.equal(len(answer.get("inference_results", 0, "output") or ()), 3, said("predict.three-tensors"))


@check("predict.text-docs", killed_by=["mlcommons.text-docs-refused", "dashscope.forced-base64"], uses=["embedding"])
def text_docs(ctx: Context) -> None:
    answer = ctx.ok(ctx.ml.predict_as("text_embedding", ctx.model("embedding").model_id, {"text_docs": ["one", "two"]}))
    tensors = [tensor for result in answer.get("inference_results") or () for tensor in result.get("output") or ()]
    ctx.equal([tensor.get("name") for tensor in tensors], ["sentence_embedding"] * 2, said("predict.text-docs-names"))


def _results(ctx: Context) -> list[dict[str, float]]:
    answer = ctx.ok(ctx.predict("rerank"))
    results = answer.get("inference_results", 0, "output", 0, "dataAsMap", "output", "results")
    ctx.holds(
        isinstance(results, list) and results, "dataAsMap.output.results", expected=said("expect.list"), actual=results
    )
    return list(results)


@check("predict.rerank-order", killed_by=["dashscope.unsorted", "dashscope.order-by-chance"], uses=["rerank"])
def rerank_order(ctx: Context) -> None:
    scores = [one.get("relevance_score") for one in _results(ctx)]
    ctx.holds(
        all(isinstance(one, int | float) for one in scores),
        said("predict.scores"),
        expected=said("expect.numbers"),
        actual=scores,
    )
    ctx.equal(scores, sorted(scores, reverse=True), said("predict.scores-in-order"))  # type: ignore[type-var]


@check(
    "predict.rerank-index-range", killed_by=["dashscope.duplicate-index", "dashscope.dropped-document"], uses=["rerank"]
)
def rerank_index_range(ctx: Context) -> None:
    indexes = sorted(one.get("index", -1) for one in _results(ctx))
    ctx.equal(indexes, [0, 1, 2], said("reranking.indexes"))


@check("predict.chat-content", killed_by=["mlcommons.chat-answer-lost"], uses=["chat"])
def chat_content(ctx: Context) -> None:
    answer = ctx.ok(ctx.predict("chat"))
    content = answer.get("inference_results", 0, "output", 0, "dataAsMap", "choices", 0, "message", "content")
    ctx.holds(
        isinstance(content, str) and content.strip(),
        "dataAsMap.choices[0].message.content",
        expected=said("expect.text"),
        actual=content,
    )


@check("predict.rerank-top-n-dropped", killed_by=["mlcommons.extra-parameters-sent"], uses=["observed.rerank"])
def rerank_top_n_dropped(ctx: Context) -> None:
    with ctx.watching("rerank") as seen:
        ctx.ok(ctx.predict("observed.rerank"))
    ctx.holds(
        "top_n" not in seen.one.body.decode(),
        said("predict.request"),
        expected=said("expect.no-top-n"),
        actual=seen.one.json,
    )
    ctx.note(said("predict.top-n"))


@check(
    "predict.route-by-algorithm",
    killed_by=["mlcommons.remote-route-missing", "mlcommons.text-docs-refused"],
    uses=["chat"],
)
def route_by_algorithm(ctx: Context) -> None:
    body = {"parameters": ctx.sample("chat")}
    answer = ctx.ok(ctx.ml.predict_as("remote", ctx.model("chat").model_id, body))
    output = answer.get("inference_results", 0, "output", 0, "dataAsMap")
    ctx.holds(isinstance(output, dict), said("predict.remote-answer"), expected="dataAsMap", actual=output)


@check("predict.unknown-model-404", killed_by=["mlcommons.unknown-model-predicts"], uses=["chat"])
def unknown_model_404(ctx: Context) -> None:
    ctx.refused(ctx.ml.predict("no-such-model-000000", ctx.sample("chat")), 404, reason="model")


@check("predict.unknown-algorithm-refused", killed_by=["mlcommons.unknown-algorithm-served"], uses=["chat"])
def unknown_algorithm_refused(ctx: Context) -> None:
    body = {"parameters": ctx.sample("chat")}
    ctx.refused(ctx.ml.predict_as("clairvoyance", ctx.model("chat").model_id, body), 400, 404)


@check("predict.text-docs-on-models-route", killed_by=["mlcommons.text-docs-here-break"], uses=["embedding"])
def text_docs_on_models_route(ctx: Context) -> None:
    path = f"/_plugins/_ml/models/{ctx.model('embedding').model_id}/_predict"
    answer = ctx.ml.request("POST", path, {"text_docs": ["one", "two"]})
    ctx.one_of(answer.status, (200, 400), said("predict.text-docs-status"))
    ctx.note(said("predict.text-docs-here", status=answer.status))


@check(
    "predict.broken-json-refused", killed_by=["mlcommons.nonsense-taken", "mlcommons.broken-json-served"], uses=["chat"]
)
def broken_json_refused(ctx: Context) -> None:
    path = f"/_plugins/_ml/models/{ctx.model('chat').model_id}/_predict"
    answer = ctx.ml.request("POST", path, raw=b'{"parameters": {"messages": [')
    ctx.refused(answer, 400, 404, 500)


@check("predict.status-code-shown", killed_by=["mlcommons.status-code-lost"], uses=["chat"])
def status_code_shown(ctx: Context) -> None:
    answer = ctx.ok(ctx.predict("chat"))
    ctx.equal(answer.get("inference_results", 0, "status_code"), 200, "inference_results[0].status_code")


@check(
    "predict.raw-answer-is-named",
    killed_by=["mlcommons.tensor-of-another-name", "mlcommons.response-renamed"],
    uses=["chat"],
)
def raw_answer_is_named(ctx: Context) -> None:
    name = ctx.ok(ctx.predict("chat")).get("inference_results", 0, "output", 0, "name")
    ctx.equal(name, "response", said("predict.output-name"))


@check("predict.rerank-without-query", killed_by=["mlcommons.defaults-not-sent"], uses=["observed.rerank"])
def rerank_without_query(ctx: Context) -> None:
    with ctx.watching("rerank") as seen:
        answer = ctx.ml.predict(ctx.model("observed.rerank").model_id, {"documents": ["one", "two"]})
    sent = seen.one.json.get("input", {}).get("query")
    ctx.equal(sent, "", said("predict.default-query"))
    ctx.note(said("predict.no-query", status=answer.status))


@check(
    "predict.text-for-a-list",
    killed_by=["mlcommons.bare-placeholder-sent", "mlcommons.text-for-list-served"],
    uses=["observed.embedding"],
)
def text_for_a_list(ctx: Context) -> None:
    answer = ctx.ml.predict(ctx.model("observed.embedding").model_id, {"input": "hello world"})
    ctx.refused(answer, 400, reason="Invalid payload")


@check(
    "predict.one-word-for-a-list",
    killed_by=[
        "dashscope.nonsense-taken",
        "mlcommons.bare-word-served",
        "dashscope.broken-json-taken",
        "mlcommons.remote-400-lost",
    ],
    uses=["observed.embedding"],
)
def one_word_for_a_list(ctx: Context) -> None:
    with ctx.watching("embedding") as seen:
        answer = ctx.ml.predict(ctx.model("observed.embedding").model_id, {"input": "hello"})
    ctx.refused(answer, 400)
    ctx.note(said("predict.bare-word-sent" if seen.calls else "predict.bare-word-unsent"))


@check("predict.integers", killed_by=["dashscope.missing-usage"], uses=["observed.chat"])
def integers(ctx: Context) -> None:
    answer = ctx.ok(ctx.predict("observed.chat"))
    count = answer.get("inference_results", 0, "output", 0, "dataAsMap", "usage", "total_tokens")
    whole = isinstance(count, int | float) and float(count).is_integer()
    ctx.holds(whole, "dataAsMap.usage.total_tokens", expected=said("expect.whole-number"), actual=count)
    ctx.note(said("predict.integers", count=repr(count)))


@check(
    "predict.text-docs-same-vectors",
    killed_by=[
        "mlcommons.text-docs-reversed",
        "mlcommons.tensor-lost",
        "mlcommons.text-docs-refused",
        "mlcommons.vector-of-texts",
        "dashscope.drifting-vectors",
        "dashscope.forced-base64",
    ],
    uses=["embedding"],
)
def text_docs_same_vectors(ctx: Context) -> None:
    model_id, texts = ctx.model("embedding").model_id, ["machine learning", "the weather"]
    one = vectors(ctx.ok(ctx.ml.predict_as("text_embedding", model_id, {"text_docs": texts})))
    other = vectors(ctx.ok(ctx.ml.predict(model_id, {"input": texts})))
    near = [round(cosine(a, b), 2) for a, b in zip(one, other, strict=True)] if len(one) == len(other) else []
    ctx.equal(near, [1.0, 1.0], said("predict.likeness"))


@check("predict.two-actions-first-counts", killed_by=["mlcommons.second-action-taken"])
def two_actions_first_counts(ctx: Context) -> None:
    action = ctx.body("observed.chat")["actions"][0]
    other = {**action, "request_body": action["request_body"].replace("${parameters.model}", "qwen-turbo")}
    model = ctx.scratch_model("observed.chat", actions=[action, other])
    with ctx.watching("chat") as seen:
        ctx.ok(ctx.ml.predict(model.model_id, ctx.sample("chat")))
    ctx.equal(seen.one.json.get("model"), ctx.body("observed.chat")["parameters"]["model"], said("predict.model"))
