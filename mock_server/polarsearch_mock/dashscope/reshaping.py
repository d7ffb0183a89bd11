"""Ways to spoil a DashScope answer whose JSON is sound: what `faults` names. Each takes the body and the occasion.

Both dialects pass here: compatible (`data[]`, `results[]`) and native (`output.embeddings[]`, `output.results[]`).
"""

from __future__ import annotations

import base64
import json
from array import array
from collections.abc import Callable
from typing import Any

from ..faults import Occasion
from ..messages import Reply, Request

Json = Any
Reshape = Callable[[Json, Occasion], Json]

LONG_SCORE = "0.27701544016302304"  # 19 characters, as qwen3-rerank was seen to answer (BerriAI/litellm PR#39237)


def dumps(value: Json) -> bytes:
    """JSON as the service writes it, NaN allowed: a fault may want one."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def with_body(reply: Reply, body: bytes) -> Reply:
    """The same answer around another body."""
    return Reply(reply.status, body, reply.headers, abort=reply.abort)


def reshaped(change: Reshape, *, errors: bool = False) -> Callable[[Reply, Occasion], Reply]:
    """A fault that changes the JSON of successful answers (or of refusals, with `errors`); others pass as they are."""

    def apply(reply: Reply, occasion: Occasion) -> Reply:
        if reply.stream is not None or (reply.status >= 400) is not errors:
            return reply
        try:
            document = json.loads(reply.body)
        except ValueError:
            return reply
        return with_body(reply, dumps(change(document, occasion))) if isinstance(document, dict) else reply

    return apply


def reasked(change: Callable[[Json, Occasion], None]) -> Callable[[Request, Occasion], Request]:
    """A fault that changes the JSON of the request before the service sees it."""

    def apply(request: Request, occasion: Occasion) -> Request:
        try:
            document = json.loads(request.body)
        except ValueError:
            return request
        if isinstance(document, dict):
            change(document, occasion)
        return request._replace(body=dumps(document))

    return apply


def rows(document: Json) -> list[Json]:
    """The embedding rows of either dialect."""
    found = document.get("data") or (document.get("output") or {}).get("embeddings")
    return found if isinstance(found, list) else []


def results(document: Json) -> list[Json]:
    """The rerank results of either dialect."""
    found = document.get("results") or (document.get("output") or {}).get("results")
    return found if isinstance(found, list) else []


def put_results(document: Json, changed: list[Json]) -> Json:
    """The same answer with other results."""
    holder = document if "results" in document else document["output"]
    holder["results"] = changed
    return document


def documents_of(request: Request) -> list[Json]:
    """The documents that a rerank request, nested or flat, asked about."""
    asked = json.loads(request.body)
    inner = asked.get("input")
    found = (inner if isinstance(inner, dict) else asked).get("documents")
    return found if isinstance(found, list) else []


# ---------------------------------------------------------------------------------------------- embeddings
def wrong_dimension(document: Json, occasion: Occasion) -> Json:
    """Rows cut to `dimension` numbers, whatever was asked for."""
    for row in rows(document):
        vector, size = row.get("embedding"), int(occasion.params["dimension"])
        if isinstance(vector, str):
            row["embedding"] = base64.b64encode(base64.b64decode(vector)[: 4 * size]).decode()
        elif isinstance(vector, list):
            row["embedding"] = vector[:size]
    return document


def shuffled_rows(document: Json, _occasion: Occasion) -> Json:
    """Rows last to first, each with its true index."""
    rows(document).reverse()
    return document


def forced_base64(document: Json, _occasion: Occasion) -> Json:
    """Rows as base64 although nobody asked for it."""
    for row in rows(document):
        if isinstance(row.get("embedding"), list):
            row["embedding"] = base64.b64encode(array("f", row["embedding"]).tobytes()).decode()
    return document


def null_data(document: Json, _occasion: Occasion) -> Json:
    """No rows or results: null in their place."""
    holder = document.get("output") if isinstance(document.get("output"), dict) else document
    for name in {"data", "embeddings", "results", "choices"} & set(holder):
        holder[name] = None
    return document


def not_a_number(document: Json, _occasion: Occasion) -> Json:
    """The first number of each row, or each score, is NaN."""
    for row in rows(document):
        if isinstance(row.get("embedding"), list) and row["embedding"]:
            row["embedding"][0] = float("nan")
    for result in results(document):
        result["relevance_score"] = float("nan")
    return document


# ---------------------------------------------------------------------------------------------- rerank
def integer_scores(document: Json, _occasion: Occasion) -> Json:
    """Scores without a point: 1 for the best, 0 for the others."""
    for place, result in enumerate(results(document)):
        result["relevance_score"] = int(place == 0)
    return document


def long_scores(reply: Reply, occasion: Occasion) -> Reply:
    """Scores of 19 characters, falling in their order."""
    seventeen = int(LONG_SCORE.removeprefix("0."))

    def mark(document: Json, _occasion: Occasion) -> Json:
        for place, result in enumerate(results(document)):
            result["relevance_score"] = f"score {place}"
        return document

    marked = reshaped(mark)(reply, occasion)
    body = marked.body
    for place in range(body.count(b'"score ')):
        body = body.replace(b'"score %d"' % place, b"0.%017d" % (seventeen - place * 10**12 + place))
    return with_body(marked, body) if marked.stream is None else reply


def unsorted(document: Json, _occasion: Occasion) -> Json:
    """Worst result first."""
    return put_results(document, results(document)[::-1])


def dropped_document(document: Json, _occasion: Occasion) -> Json:
    """The last result is missing."""
    return put_results(document, results(document)[:-1])


def duplicate_index(document: Json, _occasion: Occasion) -> Json:
    """The second result carries the first one's index."""
    found = results(document)
    if len(found) > 1:
        found[1]["index"] = found[0]["index"]
    return document


def string_document(document: Json, occasion: Occasion) -> Json:
    """Each result's document as a bare string."""
    asked = documents_of(occasion.request)
    for result in results(document):
        result["document"] = asked[result["index"]] if result["index"] < len(asked) else ""
    return document


def bare_array(document: Json, occasion: Occasion) -> Json:  # noqa: ARG001
    """The results alone, and `score` for `relevance_score`."""
    return [{"index": one["index"], "score": one["relevance_score"]} for one in results(document)] or document


def top_n_ignored(asked: Json, _occasion: Occasion) -> None:
    """The request without its `top_n`."""
    asked.pop("top_n", None)
    if isinstance(asked.get("parameters"), dict):
        asked["parameters"].pop("top_n", None)


# ---------------------------------------------------------------------------------------------- any answer
def missing_usage(document: Json, _occasion: Occasion) -> Json:
    """No `usage`."""
    document.pop("usage", None)
    return document


def without_request_id(document: Json, _occasion: Occasion) -> Json:
    """Neither `request_id` nor `id`."""
    document.pop("request_id", None)
    document.pop("id", None)
    return document


def un_nested_error(document: Json, _occasion: Occasion) -> Json:
    """An error's fields at the top, and its code a number."""
    inner = document.get("error") if isinstance(document.get("error"), dict) else document
    return {"object": "error", "message": inner.get("message"), "type": inner.get("type"), "param": None, "code": 400}
