"""Search queries over stored documents: which match, and how they score."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .bodies import Cursor, Literal
from .engines import Engine
from .errors import EngineError, illegal_argument, status_error
from .rest import suggestion
from .state import Document

#: Fields that hold words; each has a `.keyword` beside it. Whatever else is asked for is taken as a keyword.
WORD_FIELDS = frozenset({"name", "description", "connector_id", "connector.name", "connector.description"})
_KEYWORD = ".keyword"
_WORD = re.compile(r"[^\W_]+(?:[_'.][^\W_]+)*|\w+")
#: What one matching word weighs: near what the engine's own measure gives for one in a short text.
_WORD_WEIGHT = 0.2876821

Matcher = Callable[[Document], "float | None"]


@dataclass(frozen=True)
class Context:
    """What the builders of queries need beside the query."""

    engine: Engine


def words(value: Any) -> list[str]:
    """The words of a text as the standard analyzer finds them."""
    return [found[0].lower() for found in _WORD.finditer(spelled(value))]


def spelled(value: Any) -> str:
    """A value as a term."""
    if isinstance(value, Literal):
        return value.text
    return str(value).lower() if isinstance(value, bool) else str(value)


def values(source: Any, path: str) -> Iterator[Any]:
    """The values of a dotted field, through lists."""
    if isinstance(source, list):
        for inner in source:
            yield from values(inner, path)
    elif not path:
        yield source
    elif isinstance(source, Mapping):
        head, _, rest = path.partition(".")
        if head in source and source[head] is not None:
            yield from values(source[head], rest)


def _plain_name(name: str) -> str:
    return name.removesuffix(_KEYWORD)


def _field(document: Document, name: str) -> list[Any]:
    return [document.id] if name == "_id" else list(values(document.source, _plain_name(name)))


def _has_words(name: str) -> bool:
    return name in WORD_FIELDS


def _single(body: Any, query: str) -> tuple[str, Any]:
    if not isinstance(body, Mapping) or len(body) != 1:
        raise illegal_argument(f"[{query}] query doesn't support multiple fields")
    name, value = next(iter(body.items()))
    return name, value


def _constant(test: Callable[[Document], bool]) -> Matcher:
    return lambda document: 1.0 if test(document) else None


def _match_all(_: Any, __: Context) -> Matcher:
    return lambda _document: 1.0


def _match_none(_: Any, __: Context) -> Matcher:
    return lambda _document: None


def _keyword_score(context: Context) -> float:
    return 1.0 if context.engine.keyword_scores_one else _WORD_WEIGHT


def _any_term(name: str, wanted: set[str], context: Context) -> Matcher:
    if _has_words(name):
        return lambda one: _WORD_WEIGHT if any(wanted & set(words(value)) for value in _field(one, name)) else None
    score = _keyword_score(context)
    return lambda one: score if any(spelled(value) in wanted for value in _field(one, name)) else None


def _term(body: Any, context: Context) -> Matcher:
    name, value = _single(body, "term")
    return _any_term(name, {spelled(value.get("value") if isinstance(value, Mapping) else value)}, context)


def _terms(body: Any, _: Context) -> Matcher:
    name, wanted = _single({key: value for key, value in body.items() if key != "boost"}, "terms")
    terms = {spelled(one) for one in wanted} if isinstance(wanted, list) else set()
    if _has_words(name):
        return _constant(lambda one: any(terms & set(words(value)) for value in _field(one, name)))
    return _constant(lambda one: any(spelled(value) in terms for value in _field(one, name)))


def _match(body: Any, context: Context) -> Matcher:
    name, value = _single(body, "match")
    asked = value.get("query") if isinstance(value, Mapping) else value
    every = isinstance(value, Mapping) and str(value.get("operator", "or")).lower() == "and"
    if not _has_words(name):
        return _any_term(name, {spelled(asked)}, context)
    wanted = words(asked)

    def score(document: Document) -> float | None:
        there = {word for one in _field(document, name) for word in words(one)}
        hits = sum(word in there for word in wanted)
        return hits * _WORD_WEIGHT if hits and (not every or hits == len(wanted)) else None

    return score


def _match_phrase(body: Any, context: Context) -> Matcher:
    name, value = _single(body, "match_phrase")
    asked = value.get("query") if isinstance(value, Mapping) else value
    if not _has_words(name):
        return _any_term(name, {spelled(asked)}, context)
    wanted = f" {' '.join(words(asked))} "
    return lambda one: (
        _WORD_WEIGHT if any(wanted in f" {' '.join(words(value))} " for value in _field(one, name)) else None
    )


def _ids(body: Any, _: Context) -> Matcher:
    wanted = {spelled(one) for one in body.get("values", [])}
    return _constant(lambda document: document.id in wanted)


def _exists(body: Any, _: Context) -> Matcher:
    name = body.get("field", "")
    return _constant(lambda document: any(True for _ in _field(document, name)))


def _comparable(value: Any) -> tuple[int, Any]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return 0, float(value)
    return (0, float(value)) if re.fullmatch(r"-?\d+(\.\d+)?", str(value)) else (1, spelled(value))


_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda here, bound: bool(here > bound),
    "gte": lambda here, bound: bool(here >= bound),
    "lt": lambda here, bound: bool(here < bound),
    "lte": lambda here, bound: bool(here <= bound),
}


def _range(body: Any, _: Context) -> Matcher:
    name, limits = _single(body, "range")
    bounds = [
        (_BOUNDS[key], _comparable(limit)) for key, limit in limits.items() if key in _BOUNDS and limit is not None
    ]

    def inside(document: Document) -> bool:
        found = [_comparable(value) for value in _field(document, name)]
        return any(all(test(one, limit) for test, limit in bounds) for one in found)

    return _constant(inside)


def _pattern(kind: str) -> Callable[[Any, Context], Matcher]:
    def build(body: Any, _: Context) -> Matcher:
        name, value = _single(body, kind)
        asked = spelled(value.get("value", value.get("wildcard")) if isinstance(value, Mapping) else value)
        form = asked if kind == "wildcard" else fnmatch.translate(asked) and f"{asked}*"
        return _constant(lambda one: any(fnmatch.fnmatchcase(term, form) for term in _terms_of(one, name)))

    return build


def _terms_of(document: Document, name: str) -> Iterator[str]:
    for value in _field(document, name):
        yield from words(value) if _has_words(name) else [spelled(value)]


def _listed(body: Mapping[str, Any], name: str) -> list[Any]:
    found = body.get(name, [])
    return found if isinstance(found, list) else [found]


def _bool(body: Any, context: Context) -> Matcher:
    must, should = ([built(one, context) for one in _listed(body, name)] for name in ("must", "should"))
    filters, banned = ([built(one, context) for one in _listed(body, name)] for name in ("filter", "must_not"))
    needed = int(body.get("minimum_should_match", 0 if must or filters else min(1, len(should))))

    def score(document: Document) -> float | None:
        if any(one(document) is not None for one in banned) or any(one(document) is None for one in filters):
            return None
        musts = [one(document) for one in must]
        shoulds = [found for one in should if (found := one(document)) is not None]
        if any(one is None for one in musts) or len(shoulds) < needed:
            return None
        plain = 1.0 if not (must or should or filters) else 0.0
        return plain + sum(one for one in (*musts, *shoulds) if one is not None)

    return score


def _constant_score(body: Any, context: Context) -> Matcher:
    inner = built(body.get("filter", {"match_all": {}}), context)
    return _constant(lambda document: inner(document) is not None)


_BUILDERS: dict[str, Callable[[Any, Context], Matcher]] = {
    "match_all": _match_all,
    "match_none": _match_none,
    "match": _match,
    "match_phrase": _match_phrase,
    "term": _term,
    "terms": _terms,
    "ids": _ids,
    "exists": _exists,
    "range": _range,
    "prefix": _pattern("prefix"),
    "wildcard": _pattern("wildcard"),
    "bool": _bool,
    "constant_score": _constant_score,
}
#: Queries of the engine that are not emulated.
_OTHERS = (
    "boosting", "common", "dis_max", "distance_feature", "function_score", "fuzzy", "geo_bounding_box", "geo_distance",
    "geo_polygon", "geo_shape", "has_child", "has_parent", "hybrid", "intervals", "knn", "match_bool_prefix",
    "match_phrase_prefix", "more_like_this", "multi_match", "nested", "neural", "parent_id", "percolate",
    "query_string", "rank_feature", "regexp", "script", "script_score", "simple_query_string", "span_first",
    "span_multi", "span_near", "span_not", "span_or", "span_term", "template", "terms_set", "type", "wrapper",
)  # fmt: skip


def built(query: Any, context: Context) -> Matcher:
    """The matcher of one query; 501 for a query that is not emulated."""
    if not isinstance(query, Mapping) or not query:
        raise illegal_argument("query malformed, empty clause found")
    name, body = next(iter(query.items()))
    if name in _OTHERS:
        raise status_error(f"Not emulated: the query [{name}]", 501)
    return _BUILDERS[name](body, context)


def check_name(name: str, cursor: Cursor) -> None:
    """ParsingException for a query the engine does not know, at the cursor's place."""
    if name in _BUILDERS or name in _OTHERS:
        return
    offered = suggestion(name, (*_BUILDERS, *_OTHERS))
    tail = f" {offered}" if offered else ""
    line, column = cursor.place()
    cause = {"type": "named_object_not_found_exception", "reason": f"[{line}:{column}] unknown field [{name}]{tail}"}
    raise cursor.parsing_error(f"unknown query [{name}]{tail}", caused_by=cause)


def malformed(cursor: Cursor) -> EngineError:
    """A query that is no object."""
    return cursor.parsing_error("[_na] query malformed, must start with start_object")
