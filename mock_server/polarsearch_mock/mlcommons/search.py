"""The `_search` routes: the search body, paging, sorting, sources."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .bodies import Cursor
from .engines import Engine
from .errors import EngineError, NeverAnswers, illegal_argument, parse_error, status_error
from .hashing import hashed
from .jsontokens import END_OBJECT, START_OBJECT
from .queries import WORD_FIELDS, Context, Matcher, built, check_name, malformed, spelled, values
from .rest import Call
from .state import CONNECTORS, MODELS, Document, Index, Store

#: Members of a search body that are read.
_READ = (
    "query", "size", "from", "sort", "_source", "aggs", "aggregations", "min_score", "post_filter", "track_total_hits",
    "version", "seq_no_primary_term", "timeout", "explain", "track_scores", "stats", "profile", "terminate_after",
)  # fmt: skip
_OTHERS = (
    "highlight", "suggest", "collapse", "search_after", "rescore", "ext", "indices_boost", "slice", "pit", "fields",
    "stored_fields", "docvalue_fields", "script_fields", "derived",
)  # fmt: skip
_HIDDEN = ("model_content", "content", "ui_metadata")
_HIDDEN_IN = {CONNECTORS: ("credential",), MODELS: ("connector.credential",)}
_DEFAULT_SIZE = 10
_WINDOW = 10_000
_FIELD_DATA = (
    "Text fields are not optimised for operations that require per-document field data like aggregations and sorting, "
    "so these operations are disabled by default. Please use a keyword field instead. Alternatively, set "
    "fielddata=true on [{}] in order to load field data by uninverting the inverted index. Note that this can use "
    "significant memory."
)


def read_search(data: bytes) -> dict[str, Any]:
    """A search body; the parser's own errors for what it does not know."""
    if not data:
        raise parse_error("request body or source parameter is required")
    cursor = Cursor(data)
    cursor.next()
    cursor.expect(START_OBJECT)
    found: dict[str, Any] = {}
    while cursor.next() != END_OBJECT:
        name = cursor.name or ""
        cursor.next()
        if name not in _READ and name not in _OTHERS:
            raise cursor.parsing_error(f"Unknown key for a {cursor.kind} in [{name}].")
        found[name] = _query(cursor) if name in ("query", "post_filter") else cursor.value()
    return found


def _query(cursor: Cursor) -> Any:
    """The query here, with the names of its parts checked where they stand."""
    if cursor.kind != START_OBJECT:
        raise malformed(cursor)
    found: dict[str, Any] = {}
    while cursor.next() != END_OBJECT:
        name = cursor.name or ""
        if cursor.next() != START_OBJECT:
            raise cursor.parsing_error(f"[{name}] query malformed, no start_object after query name")
        check_name(name, cursor)
        found[name] = _clauses(cursor) if name == "bool" else cursor.value()
    return found


def _clauses(cursor: Cursor) -> Any:
    found: dict[str, Any] = {}
    while cursor.next() != END_OBJECT:
        name = cursor.name or ""
        cursor.next()
        if name not in ("must", "should", "filter", "must_not"):
            found[name] = cursor.value()
        elif cursor.kind == START_OBJECT:
            found[name] = _query(cursor)
        else:
            found[name] = list(_listed_queries(cursor))
    return found


def _listed_queries(cursor: Cursor) -> Iterable[Any]:
    cursor.expect("START_ARRAY")
    while cursor.next() != "END_ARRAY":
        yield _query(cursor)


def shard_failure(index: str, node: str, kind: str, reason: str) -> EngineError:
    """A fault that only shows while searching."""
    cause = {"type": kind, "reason": reason}
    failed = [{"shard": 0, "index": index, "node": node, "reason": cause}]
    extra = {"phase": "query", "grouped": True, "failed_shards": failed}
    nested = {**cause, "caused_by": cause}
    return EngineError(
        "search_phase_execution_exception", "all shards failed", 400, nested, root_cause=[cause], extra=extra
    )


@dataclass
class Search:
    """The search routes of one cluster."""

    engine: Engine
    store: Store

    def run(self, call: Call, index: Index) -> dict[str, Any]:
        """Searches one of the plugin's indices."""
        body = read_search(call.body_or_source())
        size, start = _whole(body, "size", _DEFAULT_SIZE), _whole(body, "from", 0)
        call.refuse_unknown()
        call.permit()
        strange = next((name for name in body if name in _OTHERS), None)
        if strange:
            raise status_error(f"Not emulated: [{strange}] in a search", 501)
        aggregations = body.get("aggs", body.get("aggregations"))
        if aggregations and not self.engine.aggregations_answered:
            raise NeverAnswers("a search with aggregations")
        if not index.exists:
            return _answer([], 0, {"total": 0, "successful": 0}, 0.0)
        if size + start > _WINDOW:
            raise self._window(index, size + start)
        try:
            return self._searched(index, body, start, size)
        except (AttributeError, TypeError, ValueError) as fault:
            # The readers above check names and shapes; a wrong type further down shows only when it is used.
            raise EngineError("parsing_exception", f"malformed search body: {fault}") from None

    def _searched(self, index: Index, body: Mapping[str, Any], start: int, size: int) -> dict[str, Any]:
        found = self._found(index, body)
        answer = self._page(index, body, found, start, size)
        aggregations = body.get("aggs", body.get("aggregations"))
        if aggregations:
            answer["aggregations"] = {name: _terms(one, found) for name, one in aggregations.items()}
        return answer

    def _found(self, index: Index, body: Mapping[str, Any]) -> list[tuple[float, int, Document]]:
        matcher: Matcher = built(body.get("query") or {"match_all": {}}, Context(self.engine))
        after: Matcher = built(body.get("post_filter") or {"match_all": {}}, Context(self.engine))
        least = float(body.get("min_score") or 0)
        scored = ((matcher(one), place, one) for place, one in enumerate(index.documents.values()))
        kept = [(score, place, one) for score, place, one in scored if score is not None and score >= least]
        return sorted((one for one in kept if after(one[2]) is not None), key=lambda one: (-one[0], one[1]))

    def _page(
        self, index: Index, body: Mapping[str, Any], found: list[tuple[float, int, Document]], start: int, size: int
    ) -> dict[str, Any]:
        keys = _sort_keys(body.get("sort"))
        for name, descending in reversed(keys):
            self._refuse_words(index, name)
            found = sorted(found, key=lambda one, name=name: _order_of(one, name), reverse=descending)  # type: ignore[misc]
        page = found[start : start + size]
        hits = [self._hit(index, body, one, keys) for one in page]
        best = max((one[0] for one in found), default=None) if page and not keys else None
        return _answer(hits, len(found), {"total": 1, "successful": 1}, best)

    def _refuse_words(self, index: Index, name: str) -> None:
        if name in WORD_FIELDS:
            raise shard_failure(
                index.name, self.store.node_ids[0], "illegal_argument_exception", _FIELD_DATA.format(name)
            )

    def _window(self, index: Index, asked: int) -> EngineError:
        reason = (
            f"Result window is too large, from + size must be less than or equal to: [{_WINDOW}] but was [{asked}]. "
            "See the scroll api for a more efficient way to request large data sets. This limit can be set by changing "
            "the [index.max_result_window] index level setting."
        )
        return shard_failure(index.name, self.store.node_ids[0], "illegal_argument_exception", reason)

    def _hit(
        self, index: Index, body: Mapping[str, Any], found: tuple[float, int, Document], keys: list[tuple[str, bool]]
    ) -> dict[str, Any]:
        score, _, document = found
        hit: dict[str, Any] = {"_index": index.name, "_id": document.id, "_version": document.version}
        hit |= {"_seq_no": document.seq_no, "_primary_term": 1, "_score": None if keys else score}
        hit["_source"] = hashed(_source(document, body.get("_source"), _HIDDEN_IN.get(index.name, ())))
        if keys:
            hit["sort"] = [_shown_key(found, name) for name, _ in keys]
        return hit


def _whole(body: Mapping[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise EngineError("number_format_exception", f'For input string: "{spelled(value)}"') from None
    if number < 0:
        found = f", found [{number}]" if name == "size" else ""
        raise illegal_argument(f"[{name}] parameter cannot be negative{found}")
    return number


def _answer(hits: list[Any], total: int, shards: Mapping[str, int], best: float | None) -> dict[str, Any]:
    return {
        "took": 1,
        "timed_out": False,
        "_shards": {**shards, "skipped": 0, "failed": 0},
        "hits": {"total": {"value": total, "relation": "eq"}, "max_score": best, "hits": hits},
    }


# --- sorting ---


def _sort_keys(sort: Any) -> list[tuple[str, bool]]:
    listed = sort if isinstance(sort, list) else [sort] if sort is not None else []
    return [key for one in listed for key in _keys_of(one)]


def _keys_of(one: Any) -> Iterable[tuple[str, bool]]:
    if isinstance(one, str):
        yield one, one == "_score"
    elif isinstance(one, Mapping):
        for name, how in one.items():
            order = how.get("order", "asc") if isinstance(how, Mapping) else how
            yield name, str(order).lower() == "desc"


def _key(found: tuple[float, int, Document], name: str) -> Any:
    if name in ("_doc", "_score"):
        return found[1] if name == "_doc" else found[0]
    if name == "_id":
        return found[2].id
    return next(iter(values(found[2].source, name.removesuffix(".keyword"))), None)


def _order_of(found: tuple[float, int, Document], name: str) -> tuple[int, float, str]:
    key = _key(found, name)
    if isinstance(key, (int, float)):
        return 0, float(key), ""
    return (1, 0.0, spelled(key)) if key is not None else (2, 0.0, "")


def _shown_key(found: tuple[float, int, Document], name: str) -> Any:
    return _key(found, name)


# --- sources ---


def _patterns(asked: Any) -> tuple[list[str], list[str]]:
    if isinstance(asked, Mapping):
        kept = asked.get("includes", asked.get("include", []))
        dropped = asked.get("excludes", asked.get("exclude", []))
        return _texts(kept), _texts(dropped)
    return (_texts(asked), []) if isinstance(asked, (str, list)) else ([], [])


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [spelled(one) for one in value]


def _source(document: Document, asked: Any, hidden: tuple[str, ...]) -> Any:
    """The source as far as it was asked for; the plugin always takes its own list away, even from `false`."""
    kept, dropped = _patterns(asked)
    return _filtered(document.source, "", kept, [*dropped, *_HIDDEN, *hidden])


def _covers(patterns: list[str], path: str) -> bool:
    return any(fnmatch.fnmatchcase(path, one) or fnmatch.fnmatchcase(path, f"{one}.*") for one in patterns)


def _filtered(value: Mapping[str, Any], prefix: str, kept: list[str], dropped: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, inner in value.items():
        path = f"{prefix}{name}"
        if _covers(dropped, path):
            continue
        whole = not kept or _covers(kept, path)
        if isinstance(inner, Mapping):
            below = _filtered(inner, f"{path}.", [] if whole else kept, dropped)
            if whole or below:
                result[name] = below
        elif whole:
            result[name] = inner
    return result


# --- aggregations ---


def _terms(asked: Any, found: list[tuple[float, int, Document]]) -> dict[str, Any]:
    if not isinstance(asked, Mapping) or "terms" not in asked:
        raise status_error("Not emulated: aggregations other than [terms]", 501)
    name, size = str(asked["terms"].get("field", "")), int(asked["terms"].get("size", _DEFAULT_SIZE))
    counts: dict[str, int] = {}
    for _, _, document in found:
        for value in {spelled(one) for one in values(document.source, name.removesuffix(".keyword"))}:
            counts[value] = counts.get(value, 0) + 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    buckets = [{"key": key, "doc_count": number} for key, number in ordered[:size]]
    rest = sum(number for _, number in ordered[size:])
    return {"doc_count_error_upper_bound": 0, "sum_other_doc_count": rest, "buckets": buckets}
