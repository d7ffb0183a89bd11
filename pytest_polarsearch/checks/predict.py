"""Step four of the guide: the three predictions, with the guide's own bodies."""

from __future__ import annotations

import math

from .context import Context
from .contract import check


@check("predict.embedding-tensor", killed_by=["mlcommons.tensor-of-another-name"], uses=["embedding"])
def embedding_tensor(ctx: Context) -> None:
    tensor = ctx.tensor(ctx.predict("embedding"))
    ctx.equal(tensor.get("name"), "sentence_embedding", "name of the tensor")
    ctx.equal(tensor.get("data_type"), "FLOAT32", "data_type of the tensor")


@check("predict.embedding-shape", killed_by=["mlcommons.tensor-shape-wrong"], uses=["embedding"])
def embedding_shape(ctx: Context) -> None:
    tensor = ctx.tensor(ctx.predict("embedding"))
    ctx.equal(
        tensor.get("shape"), [len(tensor.get("data") or ())], "shape of the tensor, against the length of its data"
    )


@check("predict.embedding-finite", killed_by=["mlcommons.vector-of-texts"], uses=["embedding"])
def embedding_finite(ctx: Context) -> None:
    data = ctx.tensor(ctx.predict("embedding")).get("data") or []
    ctx.holds(data, "data of the tensor", expected="numbers", actual=data)
    strange = [
        one for one in data if isinstance(one, bool) or not isinstance(one, int | float) or not math.isfinite(one)
    ]
    ctx.equal(strange[:5], [], "components of the vector that are no finite numbers")


@check("predict.embedding-dimension", killed_by=["dashscope.wrong-dimension"], uses=["embedding"])
def embedding_dimension(ctx: Context) -> None:
    lengths = {
        len(ctx.tensor(ctx.predict("embedding", input=[text])).get("data") or ()) for text in ("hello world", "你好")
    }
    ctx.equal(len(lengths), 1, f"how many different lengths vectors have ({sorted(lengths)})")
    ctx.one_of(lengths.pop(), (64, 128, 256, 512, 768, 1024, 1536, 2048, 2560, 3072, 4096), "length of the vectors")


@check("predict.embedding-one-tensor-a-text", killed_by=["mlcommons.tensor-lost"], uses=["embedding"])
def embedding_one_tensor_a_text(ctx: Context) -> None:
    answer = ctx.ok(ctx.predict("embedding", input=["one", "two", "three"]))
    ctx.equal(len(answer.get("inference_results", 0, "output") or ()), 3, "tensors for three texts")


@check("predict.text-docs", killed_by=["mlcommons.text-docs-refused"], uses=["embedding"])
def text_docs(ctx: Context) -> None:
    answer = ctx.ok(ctx.ml.predict_as("text_embedding", ctx.model("embedding").model_id, {"text_docs": ["one", "two"]}))
    tensors = [tensor for result in answer.get("inference_results") or () for tensor in result.get("output") or ()]
    ctx.equal(
        [tensor.get("name") for tensor in tensors], ["sentence_embedding"] * 2, "names of the tensors of two text_docs"
    )


def _results(ctx: Context) -> list[dict[str, float]]:
    answer = ctx.ok(ctx.predict("rerank"))
    results = answer.get("inference_results", 0, "output", 0, "dataAsMap", "output", "results")
    ctx.holds(isinstance(results, list) and results, "dataAsMap.output.results", expected="a list", actual=results)
    return list(results)


@check("predict.rerank-order", killed_by=["dashscope.unsorted"], uses=["rerank"])
def rerank_order(ctx: Context) -> None:
    scores = [one.get("relevance_score") for one in _results(ctx)]
    ctx.holds(all(isinstance(one, int | float) for one in scores), "the scores", expected="numbers", actual=scores)
    ctx.equal(scores, sorted(scores, reverse=True), "the scores, in the order of the answer")  # type: ignore[type-var]


@check("predict.rerank-index-range", killed_by=["dashscope.duplicate-index"], uses=["rerank"])
def rerank_index_range(ctx: Context) -> None:
    indexes = sorted(one.get("index", -1) for one in _results(ctx))
    ctx.equal(indexes, [0, 1, 2], "the indexes of the three documents, sorted")


@check("predict.chat-content", killed_by=["mlcommons.chat-answer-lost"], uses=["chat"])
def chat_content(ctx: Context) -> None:
    answer = ctx.ok(ctx.predict("chat"))
    content = answer.get("inference_results", 0, "output", 0, "dataAsMap", "choices", 0, "message", "content")
    ctx.holds(
        isinstance(content, str) and content.strip(),
        "dataAsMap.choices[0].message.content",
        expected="a text",
        actual=content,
    )


@check("predict.rerank-top-n-dropped", killed_by=["mlcommons.extra-parameters-sent"], uses=["observed.rerank"])
def rerank_top_n_dropped(ctx: Context) -> None:
    with ctx.watching("rerank") as seen:
        ctx.ok(ctx.predict("observed.rerank"))
    ctx.holds(
        "top_n" not in seen.one.body.decode(),
        "the request that reached the service",
        expected="no top_n",
        actual=seen.one.json,
    )
    ctx.note(
        "top_n of the guide's rerank body has no place in the connector's request_body and never reaches the service"
    )
