"""JSON that fits a schema, its values out of the words of a conversation."""

from __future__ import annotations

import math
import re
from typing import Any

from . import tokens

_DEPTH = 8
_NODES = 5000  # a schema that refers to itself must neither stop the others nor fill the memory
_LONGEST = 200  # characters of one text, and items of one list
_READ = 20_000  # characters of a conversation that are searched for a value, the latest ones
_LARGEST = 10**15  # a number beyond this is no figure of a question, and may be no JSON
_NUMBER = re.compile(r"(?<!\d)(?<!\d\.)-?\d{1,15}(?:\.\d{1,15})?(?!\d)")
_QUOTED = re.compile(r"[\"“「']([^\"“”「」'\n]+)[\"”」']")
_PLACE = re.compile(r"\b(?:in|for|at|of|to|about)\s+((?:[A-Z]\w*)(?:\s+[A-Z]\w*)*)")
_NAME = re.compile(r"(?<=\s)([A-Z]\w*(?:\s+[A-Z]\w*)*)")
_CHINESE_END = re.compile(r"今天|明天|现在|的|是|怎么|有|会|天气|如何|多少")


def fill(schema: dict[str, Any], question: str, context: str) -> Any:
    """A value that fits a JSON schema, taken from the question's own words where the schema leaves a choice."""
    return _Filling(schema, question, context).value(schema)


class _Filling:
    """One schema being filled: the conversation is read once, however many places there are."""

    def __init__(self, root: dict[str, Any], question: str, context: str) -> None:
        found = _NUMBER.search(context[-_READ:])
        self._root = root
        self._said = context[-_READ:].lower()
        self._number = float(found.group()) if found else 0.0
        self._words = _words(question[:_READ])[:_LONGEST]
        self._left = _NODES

    def value(self, given: dict[str, Any], name: str = "", depth: int = 0) -> Any:
        self._left -= 1
        schema = self._plain(given)
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._chosen(schema["enum"])
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        return self._scalar(kind, schema, name)

    def _chosen(self, values: list[Any]) -> Any:
        """The first of the values the conversation names, or the first of all."""
        looked = values[: max(self._left, 0)]
        self._left -= len(looked)
        named = (one for one in looked if isinstance(one, (str, int)) and str(one).lower() in self._said)
        return next(named, values[0])

    def _plain(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema with its references followed, its parts joined and the first of its alternatives chosen."""
        for _ in range(_DEPTH):
            parts = _parts(schema, self._root)
            if parts is None:
                break
            self._left -= len(parts)
            rest = {key: rule for key, rule in schema.items() if key not in _JOINED}
            for part in parts:
                rest = _joined(rest, part)
            schema = rest
        return schema

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        if not isinstance(properties, dict) or depth >= _DEPTH:
            return {}
        required = schema.get("required")
        wanted = {one for one in required if isinstance(one, str)} if isinstance(required, list) else set()
        filled: dict[str, Any] = {}
        self._left -= len(properties) // 10
        for name, rule in properties.items():
            if self._left <= 0:
                break
            if isinstance(rule, dict) and (name in wanted or not wanted):
                filled[name] = self.value(rule, name, depth + 1)
        return filled

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        items = schema.get("items")
        if not isinstance(items, dict) or depth >= _DEPTH:
            return []
        wanted = int(min(_LONGEST, max(_bound(schema, "minItems", 1), 1), _bound(schema, "maxItems", _LONGEST)))
        filled: list[Any] = []
        while len(filled) < wanted and self._left > 0:
            filled.append(self.value(items, name, depth + 1))
        return filled

    def _scalar(self, kind: Any, schema: dict[str, Any], name: str) -> Any:
        if kind in ("integer", "number"):
            return _within(self._number, schema, whole=kind == "integer")
        if kind == "boolean":
            return True
        if kind == "null":
            return None
        return _sized(self._words or str(schema.get("description") or name), schema)


_JOINED = ("$ref", "allOf", "anyOf", "oneOf")


def _parts(schema: dict[str, Any], root: dict[str, Any]) -> list[dict[str, Any]] | None:
    """What a schema is made of, or None where it stands for itself."""
    if not any(key in schema for key in _JOINED):
        return None
    parts = [_referred(schema["$ref"], root)] if isinstance(schema.get("$ref"), str) else []
    if isinstance(schema.get("allOf"), list):
        parts += [one for one in schema["allOf"] if isinstance(one, dict)]
    for key in ("anyOf", "oneOf"):
        given = schema.get(key)
        found = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
        parts += [next((one for one in found if one.get("type") != "null"), found[0])] if found else []
    return parts


def _referred(address: str, root: dict[str, Any]) -> dict[str, Any]:
    """The schema at an address such as `#/$defs/City`; empty, which fits anything, where there is none."""
    found: Any = root
    for step in address.removeprefix("#").strip("/").split("/"):
        if step:
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = {**one, **other}
    if isinstance(one.get("properties"), dict) and isinstance(other.get("properties"), dict):
        both["properties"] = {**one["properties"], **other["properties"]}
    if isinstance(one.get("required"), list) and isinstance(other.get("required"), list):
        both["required"] = one["required"] + other["required"]
    return both


def _kind(schema: dict[str, Any]) -> Any:
    kind = schema.get("type", "object" if isinstance(schema.get("properties"), dict) else "string")
    return next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind


def _bound(schema: dict[str, Any], name: str, default: float) -> float:
    """A limit of a schema; the default where it is missing or is no usable number."""
    value = schema.get(name)
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST
    return value if usable and value is not None else default


def _within(number: float, schema: dict[str, Any], *, whole: bool) -> float:
    """The number nearest to the given one that the schema allows."""
    step = 1 if whole else 0.5
    low = max(_bound(schema, "minimum", -_LARGEST), _bound(schema, "exclusiveMinimum", -2 * _LARGEST) + step)
    high = min(_bound(schema, "maximum", _LARGEST), _bound(schema, "exclusiveMaximum", 2 * _LARGEST) - step)
    if whole:
        return max(math.ceil(low), min(int(number), math.floor(high)))
    return max(low, min(number, high))


def _sized(text: str, schema: dict[str, Any]) -> str:
    least = int(min(_bound(schema, "minLength", 0), _LONGEST))
    most = int(max(_bound(schema, "maxLength", _LONGEST), 0))
    return text[:most].ljust(least, ".")


def _words(question: str) -> str:
    """What a question says about a thing: what it quotes, names after a preposition, or its first Chinese words."""
    for pattern in (_QUOTED, _PLACE, _NAME):
        found = pattern.search(question)
        if found:
            return found.group(1)
    chinese = next((piece for piece in tokens.pieces(question) if tokens.is_cjk(piece)), "")
    return _CHINESE_END.split(chinese, maxsplit=1)[0] or chinese or question
