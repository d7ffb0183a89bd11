"""End to end: what comes through the cluster means something. Likeness and order only, never wording."""

from __future__ import annotations

from .context import Context
from .contract import check, said
from .measures import Vector, cosine, vectors

TEXTS = ("machine learning", "the weather is nice today", "a train leaves at nine")


def _vectors(ctx: Context, *texts: str) -> list[Vector]:
    found = vectors(ctx.ok(ctx.predict("embedding", input=list(texts))))
    ctx.equal(len(found), len(texts), said("meaning.vectors"))
    return found


@check(
    "meaning.batch-equals-singles",
    killed_by=[
        "dashscope.shuffled-rows",
        "dashscope.drifting-vectors",
        "mlcommons.vector-of-texts",
        "mlcommons.tensor-lost",
        "dashscope.forced-base64",
    ],
    uses=["embedding"],
)
def batch_equals_singles(ctx: Context) -> None:
    together = _vectors(ctx, *TEXTS)
    alone = [_vectors(ctx, text)[0] for text in TEXTS]
    near = [round(cosine(a, b), 2) for a, b in zip(together, alone, strict=True)]
    ctx.holds(min(near) > 0.99, said("embeddings.batch-likeness"), expected=said("expect.one-each"), actual=near)


@check(
    "meaning.same-text-same-vector",
    killed_by=["dashscope.drifting-vectors", "mlcommons.vector-of-texts", "dashscope.forced-base64"],
    uses=["embedding"],
)
def same_text_same_vector(ctx: Context) -> None:
    likeness = cosine(_vectors(ctx, TEXTS[0])[0], _vectors(ctx, TEXTS[0])[0])
    ctx.holds(likeness > 0.99, said("meaning.same-text"), expected="1", actual=likeness)


def _related(ctx: Context, question: str, near: str, far: str) -> None:
    one, other, third = _vectors(ctx, question, near, far)
    close, distant = cosine(one, other), cosine(one, third)
    ctx.holds(close > distant, said("meaning.related"), expected=said("meaning.over", distant=distant), actual=close)


@check(
    "meaning.related-above-unrelated",
    killed_by=[
        "dashscope.constant-vector",
        "mlcommons.vector-of-texts",
        "mlcommons.tensor-lost",
        "dashscope.forced-base64",
    ],
    uses=["embedding"],
)
def related_above_unrelated(ctx: Context) -> None:
    _related(ctx, "What is machine learning?", "Machine learning is a field of study.", "The train leaves at nine.")


@check(
    "meaning.chinese-related-above-unrelated",
    killed_by=[
        "dashscope.constant-vector",
        "mlcommons.cjk-lost",
        "mlcommons.vector-of-texts",
        "mlcommons.tensor-lost",
        "dashscope.forced-base64",
    ],
    uses=["embedding"],
)
def chinese_related_above_unrelated(ctx: Context) -> None:
    _related(ctx, "什么是机器学习?", "机器学习是一门学科。", "火车九点开。")


@check("meaning.obvious-document-first", killed_by=["dashscope.order-by-chance", "dashscope.unsorted"], uses=["rerank"])
def obvious_document_first(ctx: Context) -> None:
    documents = ["The weather is nice today.", "The train leaves at nine.", "Machine learning is a field of study."]
    answer = ctx.ok(ctx.predict("rerank", query="What is machine learning?", documents=documents))
    first = answer.get("inference_results", 0, "output", 0, "dataAsMap", "output", "results", 0, "index")
    ctx.equal(first, 2, said("meaning.first-document"))
