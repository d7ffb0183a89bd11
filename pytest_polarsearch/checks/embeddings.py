"""What an embedding service itself answers, asked as the guide's connector asks it."""

from __future__ import annotations

from .context import Context
from .contract import check, said
from .measures import cosine, first_row, norm, rows, unpacked

#: Sizes of vectors: one that most models have, and some that hardly one has.
USUAL, UNUSUAL = 256, range(1000, 2000)
TEXTS = ["machine learning", "the weather", "a train at nine"]


@check("embeddings.rows-in-order", killed_by=["dashscope.shuffled-rows"])
def rows_in_order(ctx: Context) -> None:
    answer = ctx.ok(ctx.ask_service("embedding", input=TEXTS))
    indexes = [row.get("index") for row in answer.get("data") or ()]
    ctx.equal(indexes, [0, 1, 2], said("embeddings.indexes"))


@check("embeddings.text-is-one-row", killed_by=["dashscope.text-in-letters", "dashscope.forced-base64"])
def text_is_one_row(ctx: Context) -> None:
    answer = ctx.ok(ctx.ask_service("embedding", input="hello world"))
    ctx.equal(len(rows(answer)), 1, said("embeddings.text-rows"))


@check(
    "embeddings.base64-decodes",
    killed_by=[
        "dashscope.base64-big-endian",
        "dashscope.constant-vector",
        "dashscope.drifting-vectors",
        "dashscope.forced-base64",
    ],
)
def base64_decodes(ctx: Context) -> None:
    plain = first_row(ctx.ok(ctx.ask_service("embedding")))
    answer = ctx.ok(ctx.ask_service("embedding", encoding_format="base64"))
    likeness = cosine(plain, unpacked(answer.get("data", 0, "embedding"), len(plain), answer))
    ctx.holds(likeness > 0.999, said("embeddings.base64-likeness"), expected="1", actual=likeness)


@check("embeddings.unknown-encoding-refused", killed_by=["dashscope.any-encoding-taken"])
def unknown_encoding_refused(ctx: Context) -> None:
    ctx.refused(ctx.ask_service("embedding", encoding_format="xyz"), 400, 422)


@check(
    "embeddings.dimensions-honoured",
    killed_by=["dashscope.dimensions-ignored", "dashscope.wrong-dimension", "dashscope.forced-base64"],
)
def dimensions_honoured(ctx: Context) -> None:
    declared = ctx.profile.get("embedding", "dimensions")
    size = USUAL if USUAL in declared else declared[0]
    answer = ctx.ok(ctx.ask_service("embedding", dimensions=size))
    ctx.equal(len(first_row(answer)), size, said("embeddings.dimensions", size=size))


@check(
    "embeddings.unknown-dimension-refused", killed_by=["dashscope.any-dimension-taken", "dashscope.dimensions-ignored"]
)
def unknown_dimension_refused(ctx: Context) -> None:
    declared = ctx.profile.get("embedding", "dimensions")
    size = next(one for one in UNUSUAL if one not in declared)
    ctx.refused(ctx.ask_service("embedding", dimensions=size), 400, 422)


@check("embeddings.empty-text-refused", killed_by=["dashscope.empty-text-taken"])
def empty_text_refused(ctx: Context) -> None:
    ctx.refused(ctx.ask_service("embedding", input=""), 400, 422)


@check("embeddings.empty-list-refused", killed_by=["dashscope.empty-list-taken"])
def empty_list_refused(ctx: Context) -> None:
    ctx.refused(ctx.ask_service("embedding", input=[]), 400, 422)


@check("embeddings.all-rows-or-none", killed_by=["dashscope.rows-over-limit-dropped"])
def all_rows_or_none(ctx: Context) -> None:
    answer = ctx.ask_service("embedding", input=[f"text {number}" for number in range(11)])
    if answer.ok:
        ctx.equal(len(rows(answer)), 11, said("embeddings.eleven-rows"))
        ctx.note(said("embeddings.eleven-served"))
    else:
        ctx.refused(answer, 400, 413, 422)
        ctx.note(said("embeddings.eleven-refused"))


@check(
    "embeddings.batch-equals-singles",
    killed_by=["dashscope.shuffled-rows", "dashscope.drifting-vectors", "dashscope.forced-base64"],
)
def batch_equals_singles(ctx: Context) -> None:
    together = rows(ctx.ok(ctx.ask_service("embedding", input=TEXTS)))
    alone = [first_row(ctx.ok(ctx.ask_service("embedding", input=[text]))) for text in TEXTS]
    ctx.equal(len(together), len(alone), said("embeddings.batch-rows"))
    near = [round(cosine(one, other), 3) for one, other in zip(together, alone, strict=True)]
    ctx.holds(min(near) > 0.99, said("embeddings.batch-likeness"), expected=said("expect.one-each"), actual=near)


@check("embeddings.declared-rows-served", killed_by=["dashscope.small-batches", "dashscope.forced-base64"])
def declared_rows_served(ctx: Context) -> None:
    most = ctx.profile.get("embedding", "rows")
    answer = ctx.ok(ctx.ask_service("embedding", input=[f"text {number}" for number in range(most)]))
    ctx.equal(len(rows(answer)), most, said("embeddings.declared-rows", most=most))


@check(
    "embeddings.unit-length",
    killed_by=["dashscope.double-length", "dashscope.wrong-dimension", "dashscope.forced-base64"],
)
def unit_length(ctx: Context) -> None:
    lengths = [norm(one) for one in rows(ctx.ok(ctx.ask_service("embedding", input=TEXTS)))]
    strange = [one for one in lengths if abs(one - 1) > 1e-3]
    ctx.equal(strange, [], said("embeddings.lengths"))


@check("embeddings.usage-counted", killed_by=["dashscope.missing-usage"])
def usage_counted(ctx: Context) -> None:
    count = ctx.ok(ctx.ask_service("embedding")).get("usage", "total_tokens")
    ctx.holds(
        isinstance(count, int) and count > 0, "usage.total_tokens", expected=said("expect.whole-number"), actual=count
    )


@check("embeddings.native-route", killed_by=["dashscope.shuffled-rows", "dashscope.forced-base64"])
def native_route(ctx: Context) -> None:
    path = ctx.profile.get("embedding", "native")
    parameters = {"text_type": "query"}
    answer = ctx.ok(ctx.ask_service("embedding", path=path, input={"texts": TEXTS}, parameters=parameters))
    found = answer.get("output", "embeddings") or ()
    ctx.equal([one.get("text_index") for one in found], [0, 1, 2], said("embeddings.text-indexes"))
    numbers = [one for one in found if isinstance(one.get("embedding"), list)]
    ctx.equal(len(numbers), len(TEXTS), said("embeddings.rows-of-numbers"))
