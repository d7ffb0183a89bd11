"""A model's interface: inputs and outputs held against its JSON schemas, with the validator's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .dataset import Dataset
from .errors import status_error
from .gsonreader import GsonError, read_lenient
from .javajson import number_text, xcontent
from .jsonpath import smart_number

_WORDS = (
    "Error validating {side} schema, if you think this is expected, please update your '{side}' field "
    "in the 'interface' field for this model: Validation failed: [{faults}] "
    "for instance: {instance} with schema: {schema}"
)


def check_input(interface: Mapping[str, Any] | None, dataset: Dataset, parameters: Mapping[str, str] | None) -> None:
    """400 unless the input fits the schema `interface.input`; `parameters` are the texts they have become."""
    schema = (interface or {}).get("input")
    if isinstance(schema, str):
        _check("input", schema, xcontent(_instance(dataset, parameters)))


def check_output(interface: Mapping[str, Any] | None, answer: str) -> None:
    """400 unless the answer fits the schema `interface.output`."""
    schema = (interface or {}).get("output")
    if isinstance(schema, str):
        _check("output", schema, answer)


def _instance(dataset: Dataset, parameters: Mapping[str, str] | None) -> dict[str, Any]:
    if dataset.kind == "remote":
        shown = None if parameters is None else {name: _as_json(value) for name, value in parameters.items()}
        return {"algorithm": "REMOTE", "parameters": shown, "action_type": dataset.action_type}
    if dataset.kind == "text_similarity":
        return {"algorithm": "REMOTE", "query_text": dataset.query_text, "text_docs": list(dataset.text_docs)}
    return {"algorithm": "REMOTE", "text_docs": list(dataset.text_docs)}


def _as_json(text: str) -> Any:
    """A parameter's value again, where its text is JSON."""
    if not re.match(r"\s*(?:[\[{\"]|-?[0-9]+(?:\.[0-9]+)?$|true$|false$|null$)", text):
        return text
    try:
        return read_lenient(text, smart_number)
    except GsonError:
        return text


def _check(side: str, schema_text: str, instance_text: str) -> None:
    try:
        schema = read_lenient(schema_text, smart_number)
    except GsonError as error:
        raise status_error(f"Error validating {side} schema: {error}", 400) from None
    faults = list(_faults(schema, read_lenient(instance_text, smart_number), "$"))
    if faults:
        told = ", ".join(faults)
        raise status_error(_WORDS.format(side=side, faults=told, instance=instance_text, schema=schema_text), 400)


# --- the schema rules, each with the words of the validator ---


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "object"


def _type(rule: Any, value: Any, path: str) -> Iterator[str]:
    found = _type_of(value)
    wanted = rule if isinstance(rule, list) else [rule]
    if found not in wanted and not (found == "integer" and "number" in wanted):
        shown = str(wanted[0]) if len(wanted) == 1 else f"[{', '.join(map(str, wanted))}]"
        yield f"{path}: {found} found, {shown} expected"


def _required(rule: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict) and isinstance(rule, list):
        yield from (f"{path}: required property '{name}' not found" for name in rule if name not in value)


def _properties(rule: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict) and isinstance(rule, dict):
        for name, inner in rule.items():
            if name in value:
                yield from _faults(inner, value[name], f"{path}.{name}")


def _items(rule: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, list) and isinstance(rule, dict):
        for at, inner in enumerate(value):
            yield from _faults(rule, inner, f"{path}[{at}]")


def _enum(rule: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(rule, list) and value not in rule:
        shown = ", ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in rule)
        yield f"{path}: does not have a value in the enumeration [{shown}]"


def _bound(kind: Any, size: Callable[[Any], float], holds: Callable[[float, float], bool], words: str) -> Rule:
    def check(rule: Any, value: Any, path: str) -> Iterator[str]:
        if isinstance(value, kind) and not isinstance(value, bool) and not holds(size(value), rule):
            yield f"{path}: {words.format(number_text(rule), number_text(size(value)))}"

    return check


def _pattern(rule: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str) and not re.search(str(rule), value):
        yield f"{path}: does not match the regex pattern {rule}"


def _closed(rule: Any, value: Any, path: str, schema: Mapping[str, Any]) -> Iterator[str]:
    if rule is False and isinstance(value, dict):
        known = schema.get("properties") or {}
        tail = "is not defined in the schema and the schema does not allow additional properties"
        yield from (f"{path}: property '{name}' {tail}" for name in value if name not in known)


Rule = Callable[[Any, Any, str], Iterator[str]]
_RULES: dict[str, Rule] = {
    "type": _type,
    "required": _required,
    "properties": _properties,
    "items": _items,
    "enum": _enum,
    "pattern": _pattern,
    "minItems": _bound(list, len, lambda size, rule: size >= rule, "must have at least {0} items but found {1}"),
    "maxItems": _bound(list, len, lambda size, rule: size <= rule, "must have at most {0} items but found {1}"),
    "minLength": _bound(str, len, lambda size, rule: size >= rule, "must be at least {0} characters long"),
    "maxLength": _bound(str, len, lambda size, rule: size <= rule, "must be at most {0} characters long"),
    "minimum": _bound((int, float), float, lambda size, rule: size >= rule, "must have a minimum value of {0}"),
    "maximum": _bound((int, float), float, lambda size, rule: size <= rule, "must have a maximum value of {0}"),
}


def _faults(schema: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    for name, rule in schema.items():
        if name in _RULES:
            yield from _RULES[name](rule, value, path)
        elif name == "additionalProperties":
            yield from _closed(rule, value, path, schema)
