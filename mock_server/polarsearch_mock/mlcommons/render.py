"""Answers as text: JSON, pretty JSON and YAML as OpenSearch writes them, and `filter_path`."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .bodies import Literal, number

JSON_TYPE, YAML_TYPE, TEXT_TYPE = "application/json; charset=UTF-8", "application/yaml", "text/plain; charset=UTF-8"


def _scalar(value: Any) -> str:
    if isinstance(value, Literal):
        return value.text
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return re.sub(r"\\u00[01][0-9a-f]", lambda found: "\\u" + found[0][2:].upper(), text)
    return json.dumps(value)


def compact(value: Any) -> str:
    """JSON without spaces."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_scalar(name)}:{compact(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(compact(inner) for inner in value) + "]"
    return _scalar(value)


def pretty(value: Any, depth: int = 0) -> str:
    """JSON as `?pretty` has it: two spaces a level, a space on both sides of the colon."""
    inner, end = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    if isinstance(value, Mapping):
        items = [f"{inner}{_scalar(name)} : {pretty(member, depth + 1)}" for name, member in value.items()]
        return "{" + ",".join(items) + end + "}" if items else "{ }"
    if isinstance(value, (list, tuple)):
        items = [inner + pretty(member, depth + 1) for member in value]
        return "[" + ",".join(items) + end + "]" if items else "[ ]"
    return _scalar(value)


def _yaml_lines(value: Any, pad: str) -> list[str]:
    if isinstance(value, Mapping):
        return [line for name, inner in value.items() for line in _yaml_member(f"{pad}{_yaml_name(name)}:", inner, pad)]
    return [line for inner in value for line in _yaml_item(inner, pad)]


def _yaml_name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_.][\w.-]*", name) else _scalar(name)


def _yaml_empty(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, (list, tuple)) else _scalar(value)


def _yaml_member(head: str, value: Any, pad: str) -> list[str]:
    if not value or not isinstance(value, (Mapping, list, tuple)):
        return [f"{head} {_yaml_empty(value)}"]
    return [head, *_yaml_lines(value, pad + "  " if isinstance(value, Mapping) else pad)]


def _yaml_item(value: Any, pad: str) -> list[str]:
    if not value or not isinstance(value, (Mapping, list, tuple)):
        return [f"{pad}- {_yaml_empty(value)}"]
    lines = _yaml_lines(value, pad + "  ")
    return [f"{pad}- {lines[0][len(pad) + 2 :]}", *lines[1:]]


def yaml(value: Any) -> str:
    """YAML as OpenSearch writes it: one document, texts in double quotes."""
    body = _yaml_lines(value, "") if isinstance(value, (Mapping, list)) and value else [_yaml_empty(value)]
    return "---\n" + "\n".join(body) + "\n"


#: How each kind of answer is written, by the word after the slash of its type.
WRITERS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "json": (JSON_TYPE, compact),
    "pretty": (JSON_TYPE, lambda value: pretty(value) + "\n"),
    "yaml": (YAML_TYPE, yaml),
}


def parsed(text: str | bytes) -> Any:
    """JSON text as values that write themselves back as they were."""
    return json.loads(text, parse_float=Literal, parse_int=number, parse_constant=Literal)


# --- filter_path ---


def filtered(value: Any, paths: str) -> Any:
    """What `filter_path` leaves: comma-separated paths with `*` and `**`, a leading minus takes away."""
    names = [path.strip() for path in paths.split(",") if path.strip()]
    kept = [path.split(".") for path in names if not path.startswith("-")]
    dropped = [path[1:].split(".") for path in names if path.startswith("-")]
    if kept:
        value = _keep(value, kept)
        value = {} if value is _NOTHING else value
    return _drop(value, dropped) if dropped else value


_NOTHING = object()


def _step(paths: Iterable[list[str]], name: str) -> list[list[str]]:
    """What is left of each path after a member of this name; a path used up is an empty list."""
    left: list[list[str]] = []
    for path in paths:
        if path[0] == "**":
            left.append(path)
            if len(path) > 1 and fnmatch.fnmatchcase(name, path[1]):
                left.append(path[2:])
        elif fnmatch.fnmatchcase(name, path[0]):
            left.append(path[1:])
    return left


def _keep(value: Any, paths: list[list[str]]) -> Any:
    if any(not path for path in paths):
        return value
    if isinstance(value, Mapping):
        members = {name: _keep(inner, left) for name, inner in value.items() if (left := _step(paths, name))}
        members = {name: inner for name, inner in members.items() if inner is not _NOTHING}
        return members or _NOTHING
    if isinstance(value, list):
        items = [kept for inner in value if (kept := _keep(inner, paths)) is not _NOTHING]
        return items or _NOTHING
    return _NOTHING


def _drop(value: Any, paths: list[list[str]]) -> Any:
    if isinstance(value, list):
        return [_drop(inner, paths) for inner in value]
    if not isinstance(value, Mapping):
        return value
    left = {name: _step(paths, name) for name in value}
    return {
        name: _drop(inner, left[name]) if left[name] else inner for name, inner in value.items() if [] not in left[name]
    }
