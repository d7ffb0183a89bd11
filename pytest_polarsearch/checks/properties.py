"""What must hold whatever is asked: claims of random examples, shrunk to the smallest that breaks one."""

from __future__ import annotations

import json
from typing import Any

from .context import Context
from .contract import check, said
from .dialect import SHAPES, ask_rerank, ranked
from .drawing import Each, Made, Pick, Several, Some, for_all
from .measures import Vector, cosine, vectors

Json = Any

#: Characters that get lost on some way: of JSON, templates, shells, logs, code pages, and normal forms of Unicode.
CHARACTERS = (
    "a", "B", "7", " ", '"', "'", "\\", "/", "\n", "\t", "\r", "\b", "\x00", "\x1f", "\x7f", "\x85", "$", "{", "}", "[",
    "]", "<", ">", "&", "=", "%", "`", "é", "e\u0301", "ß", "İ", "中", "机", "。", "“", "\u3000", "か\u3099", "한", "Ж",
    "ש", "ع", "ก", "\u200b", "\u200d", "\u202e", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff", "😀", "👍",
    "👩\u200d👧", "🇨🇳", "𠮷", "𝒳", "\U0010ffff", "^", "|", "~", "\\u0041", "&lt;", "%20", "\\n",
)  # fmt: skip
#: Faults that lose some of them, wherever they stand.
CHARACTERS_LOST = tuple(
    f"mlcommons.{kind}-lost" for kind in ("quotes", "backslashes", "newlines", "slashes", "markup", "cjk", "emoji")
)
#: Steps by which characters are taken out of their order, so that others come to stand side by side.
STRIDES = (1, 5, 7, 11, 13, 17, 19, 23)


def _text(drawn: Json) -> str:
    """A text of the drawn characters. It begins with a letter: what is JSON by itself the engine does not escape."""
    characters, stride = drawn
    return "t" + "".join(sorted(characters, key=lambda one: CHARACTERS.index(one) * stride % len(CHARACTERS)))


@check(
    "properties.any-text-survives",
    killed_by=[*CHARACTERS_LOST, "mlcommons.text-normalised"],
    uses=["observed.prompt"],
)
def any_text_survives(ctx: Context) -> None:
    def survives(text: str) -> None:
        with ctx.watching("chat") as seen:
            ctx.ok(ctx.predict("observed.prompt", prompt=text))
        ctx.equal(seen.one.json["messages"][0]["content"], text, said("substitution.prompt"))

    for_all(ctx, Made(Each((Some(CHARACTERS), Pick(STRIDES))), _text), survives, first=[_text((CHARACTERS, 1))])


#: JSON that not every reader takes alike: texts that look like something else, edges of numbers, nothing at all.
LEAVES: tuple[Json, ...] = (
    "x", "", "7", "true", "null", "it's <b> & 1 = 1", 'he said "hi" \\ /', "first\nsecond\t", "中文 👍", "\u2028",
    0, 1, -1, 2**31, -(2**53) - 1, 2**63, 0.5, -0.25, 1e-7, 123456789.125, 1.5e300, True, False, None,
    [], {}, [[]], {"": {}},
)  # fmt: skip
KEYS = ("a", "with space", 'quo"te', "键", "a.b", "<&>")


def _value(drawn: Json) -> Json:
    """A list or an object of the drawn leaves, or both in one."""
    form, leaves = drawn
    inside = dict(zip(KEYS, leaves, strict=False))
    return (leaves, inside, [leaves, inside], {"list": leaves, "object": inside})[form]


VALUE = Made(Each((Pick(range(4)), Several(Pick(LEAVES), len(KEYS)))), _value)
EVERYTHING = {"list": list(LEAVES), **{key: {key: one} for key, one in zip(map(str, LEAVES), LEAVES, strict=True)}}


def _plain(value: Json) -> str:
    """The value as a text that is the same for the same JSON; engines may drop a member of an object that is null."""

    def whole(one: Json) -> Json:
        if isinstance(one, dict):
            return {key: whole(inner) for key, inner in one.items() if inner is not None}
        return [whole(inner) for inner in one] if isinstance(one, list) else one

    return json.dumps(whole(value), sort_keys=True, ensure_ascii=False)


@check(
    "properties.any-value-survives",
    killed_by=[
        *CHARACTERS_LOST,
        "mlcommons.defaults-not-sent",
        "mlcommons.numbers-as-doubles",
        "mlcommons.messages-reordered",
    ],
    uses=["observed.chat"],
)
def any_value_survives(ctx: Context) -> None:
    def survives(value: Json) -> None:
        with ctx.watching("chat") as seen:
            ctx.whatever_comes(lambda: ctx.predict("observed.chat", messages=value))  # the service refuses most of them
        ctx.equal(_plain(seen.one.json["messages"]), _plain(value), said("properties.value"))

    for_all(ctx, VALUE, survives, first=[EVERYTHING, list(LEAVES)])


def _parameters(drawn: Json) -> dict[str, Json]:
    """Parameters with the drawn values, under names of their own."""
    return {f"parameter {place}": value for place, value in enumerate([one for part in drawn for one in part])}


@check(
    "properties.any-parameter-is-text",
    killed_by=[
        "mlcommons.connector-read-back-changed",
        "mlcommons.objects-in-words",
        "mlcommons.chat-connector-refused",
    ],
)
def any_parameter_is_text(ctx: Context) -> None:
    def is_text(parameters: dict[str, Json]) -> None:
        body = ctx.body("chat")
        created = ctx.ok(ctx.scratch.connector({**body, "parameters": {**body["parameters"], **parameters}}))
        stored = ctx.ok(ctx.ml.connector(str(created.get("connector_id")))).get("parameters") or {}
        for name, value in parameters.items():
            wanted = value if isinstance(value, str) else _plain(value)
            ctx.equal(_read(stored.get(name), value), wanted, said("properties.parameter"))

    drawn = Made(Each((Several(Pick(LEAVES), 4), Several(VALUE, 2))), _parameters)
    for_all(ctx, drawn, is_text, first=[_parameters((LEAVES, [EVERYTHING]))])


def _read(stored: Json, value: Json) -> Json:
    """What a stored parameter says: a text is one, and all else is JSON in one."""
    if isinstance(value, str) or not isinstance(stored, str):
        return stored
    try:
        return _plain(json.loads(stored))
    except ValueError:
        return stored


#: Subjects and what is said of them: documents of these are near to some questions and far from others.
SUBJECTS = ("Machine learning", "The weather", "A train", "机器学习", "天气", "OpenSearch")
SAYINGS = (
    "is a subfield of artificial intelligence.", "is nice today.", "leaves at nine.", "是一门学科。", "很好。",
    "ranks documents.",
)  # fmt: skip
DOCUMENT = Made(Each((Pick(SUBJECTS), Pick(SAYINGS))), " ".join)
#: Most documents, and texts, of one request: vendors serve as many at least.
MOST = 7
SAME_SCORE = 0.01


def _some(drawn: list[str]) -> list[str]:
    """Two documents at least."""
    return [*drawn, "Machine learning is nice today.", "天气 leaves at nine."]


DOCUMENTS = Made(Several(DOCUMENT, MOST - 2), _some)
#: The nearest documents twice, and others.
HARD = _some([f"Machine learning {one}" for one in (SAYINGS[1], SAYINGS[0], SAYINGS[2], SAYINGS[0])])


def _scores(ctx: Context, documents: list[str]) -> dict[int, float]:
    """The score of each document by its place. Raises Failure where a place has none, or several."""
    results = ranked(ctx, ask_rerank(ctx, documents))
    places = [one.get("index") for one in results]
    ctx.equal(sorted(places, key=repr), list(range(len(documents))), said("properties.places"))
    name = SHAPES[ctx.profile.reranks[0]].score
    strange = [one for one in results if not isinstance(one.get(name), int | float)]
    ctx.equal(strange, [], said("reranking.numbers", name=name))
    return {one["index"]: one[name] for one in results}


@check(
    "properties.any-documents-keep-index",
    killed_by=[
        "dashscope.dropped-document",
        "dashscope.duplicate-index",
        "dashscope.equal-documents-merged",
        "dashscope.unsorted",
        "dashscope.order-by-chance",
    ],
)
def any_documents_keep_index(ctx: Context) -> None:
    def keep_index(documents: list[str]) -> None:
        scores = list(_scores(ctx, documents).values())
        ctx.equal(scores, sorted(scores, reverse=True), said("predict.scores-in-order"))

    for_all(ctx, DOCUMENTS, keep_index, first=[HARD])


def _ordered(places: list[int], number: int) -> list[int]:
    """The permutation of that number."""
    left, taken = list(places), []
    while left:
        number, at = divmod(number, len(left))
        taken.append(left.pop(at))
    return taken


@check(
    "properties.permuted-documents-keep-scores",
    killed_by=[
        "dashscope.dropped-document",
        "dashscope.duplicate-index",
        "dashscope.equal-documents-merged",
        "dashscope.later-documents-score-less",
        "dashscope.integer-scores",
    ],
)
def permuted_documents_keep_scores(ctx: Context) -> None:
    def keep_scores(drawn: Json) -> None:
        documents, number = drawn
        order = _ordered(list(range(len(documents))), number)
        before, after = _scores(ctx, documents), _scores(ctx, [documents[place] for place in order])
        pairs = [(documents[place], before[place], after[at]) for at, place in enumerate(order)]
        far = [one for one in pairs if abs(one[1] - one[2]) > SAME_SCORE * max(1, abs(one[1]))]
        ctx.equal(far, [], said("properties.scores"))

    for_all(ctx, Each((DOCUMENTS, Pick(range(5040)))), keep_scores, first=[[HARD, 5039]])


@check(
    "properties.any-split-same-vectors",
    killed_by=[
        "dashscope.shuffled-rows",
        "dashscope.drifting-vectors",
        "dashscope.forced-base64",
        "dashscope.neighbours-leak",
        "mlcommons.tensor-lost",
        "mlcommons.vector-of-texts",
    ],
    uses=["embedding"],
)
def any_split_same_vectors(ctx: Context) -> None:
    most = ctx.profile.get("embedding", "rows") or MOST
    if most < 2:
        ctx.not_applicable(said("properties.one-row"))

    def same_vectors(drawn: Json) -> None:
        texts, number = drawn[0][-most:], drawn[1]
        cut = 1 + number % (len(texts) - 1)
        whole, parts = _vectors(ctx, texts), _vectors(ctx, texts[:cut]) + _vectors(ctx, texts[cut:])
        near = [round(cosine(one, other), 3) for one, other in zip(whole, parts, strict=True)]
        ctx.holds(min(near) > 0.99, said("properties.split"), expected=said("expect.one-each"), actual=near)

    for_all(ctx, Each((DOCUMENTS, Pick(range(MOST - 1)))), same_vectors, first=[[HARD, 2]])


def _vectors(ctx: Context, texts: list[str]) -> list[Vector]:
    found = vectors(ctx.ok(ctx.predict("embedding", input=texts)))
    ctx.equal(len(found), len(texts), said("meaning.vectors"))
    return found
