"""JSONPath as Jayway evaluates it over json-smart's values: which paths fail, and in which words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .errors import EngineError
from .gsonreader import GsonError, read_lenient
from .javajson import BigDecimal, java_class

_PROVIDER = "com.jayway.jsonpath.spi.json.JsonSmartJsonProvider"
#: json-smart reads a longer literal with a fraction or an exponent as BigDecimal.
_LONGEST_DOUBLE = 18
#: Bytes that numbers are made of become a nought, all others a space.
_NUMERIC = bytes(ord("0" if byte in b"0123456789+-.eE" else " ") for byte in range(256))
_TOO_LONG = b"0" * (_LONGEST_DOUBLE + 1)
_STEP = re.compile(
    r"""\.\.(?P<deep>[\w\-\u0080-\uffff]+|\*)|\.(?P<name>[^.\[\s()]+)|\[\s*\*\s*\](?P<all>)"""
    r"""|\[\s*(?P<index>-?\d+(?:\s*,\s*-?\d+)*)\s*\]|\[(?P<slice>-?\d*:-?\d*)\]"""
    r"""|\[\s*(?P<quoted>(?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))*)\s*\]"""
)


class PathError(Exception):
    """A failure of json-path: Java's rendered exception type and its words."""

    def __init__(self, type_: str, reason: str) -> None:
        super().__init__(reason)
        self.type, self.reason = type_, reason


@dataclass(frozen=True)
class Step:
    """One step of a path: its kind, what it names, and how json-path shows it."""

    kind: str
    names: tuple[Any, ...] = ()
    shown: str = "[*]"

    @property
    def definite(self) -> bool:
        """Whether it leads to one place at most."""
        return self.kind in ("name", "index") and len(self.names) == 1


def smart_number(text: str) -> int | float:
    """A number as json-smart keeps it: whole ones as they are, long fractions as BigDecimal."""
    if len(text) > _LONGEST_DOUBLE:
        return BigDecimal(text) if "." in text or "e" in text or "E" in text else int(text)
    return float(text) if "." in text or "e" in text or "E" in text else int(text)


def _short_numbers(text: str) -> bool:
    """Whether no number in a text can be long enough for a BigDecimal: looked at without reading any."""
    return _TOO_LONG not in text.encode("utf-8", "surrogatepass").translate(_NUMERIC)


def smart_json(text: str) -> Any:
    """A text as json-smart reads it in its permissive mode: what is no JSON is a text."""
    try:
        return read_lenient(text, smart_number, float if _short_numbers(text) else smart_number)
    except GsonError as error:
        if text.lstrip()[:1] in ("{", "["):
            raise PathError("invalid_json_exception", f"net.minidev.json.parser.ParseException: {error}") from None
        return text.strip()


def read_path(text: str, path: str) -> Any:
    """What `path` finds in a JSON text; a list for a path that may find several. PathError."""
    value = smart_json(text)
    if value is None:
        raise PathError("illegal_argument_exception", "json can not be null")
    steps = compiled(path)
    if not steps:
        return value
    found = list(_walk(value, steps, 0, "$", definite=True))
    if not all(step.definite for step in steps):
        return found
    if not found:
        raise PathError("path_not_found_exception", f"No results for path: ${''.join(step.shown for step in steps)}")
    return found[0]


def compiled(path: str) -> list[Step]:
    """The steps of a path. 501 for filters and functions, which are not emulated; PathError for what is no path."""
    text = path.strip()
    if not text:
        raise PathError("illegal_argument_exception", "path can not be null or empty")
    text = text if text.startswith("$") else f"$.{text}"
    steps, at = [], 1
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise _unknown(text, at)
        steps.append(_step(found))
        at = found.end()
    return steps


def _unknown(text: str, at: int) -> Exception:
    if any(mark in text[at:] for mark in ("?(", "()")):
        return EngineError("not_emulated", f"JSONPath filters and functions are not emulated: {text}", 501)
    return PathError(
        "invalid_path_exception", f"Could not parse token starting at position {at}. Expected ?, ', 0-9, * "
    )


def _step(found: re.Match[str]) -> Step:
    if found["deep"]:
        return Step("deep", (found["deep"],), f"..['{found['deep']}']")
    if found["name"]:
        name = found["name"]
        return Step("all") if name == "*" else Step("name", (name,), f"['{name}']")
    if found["index"]:
        numbers = tuple(int(one) for one in found["index"].split(","))
        return Step("index", numbers, f"[{','.join(map(str, numbers))}]")
    if found["slice"]:
        return Step(
            "slice", tuple(int(one) if one else None for one in found["slice"].split(":")), f"[{found['slice']}]"
        )
    if found["quoted"]:
        names = tuple(one[1:-1] for one in re.findall(r"'[^']*'|\"[^\"]*\"", found["quoted"]))
        return Step("name", names, "[" + ",".join(f"'{name}'" for name in names) + "]")
    return Step("all")


def _walk(value: Any, steps: list[Step], at: int, path: str, *, definite: bool) -> Iterator[Any]:
    if at == len(steps):
        yield value
        return
    step = steps[at]
    onward = definite and step.definite
    for inner, shown in _KINDS[step.kind](value, step, path, definite, at + 1 == len(steps)):
        yield from _walk(inner, steps, at + 1, path + shown, definite=onward)


Found = Iterator[tuple[Any, str]]


def _names(value: Any, step: Step, path: str, definite: bool, leaf: bool) -> Found:  # noqa: FBT001 - one table of steps
    if not isinstance(value, dict):
        if definite:
            raise PathError("path_not_found_exception", _no_object(value, step, path))
        return
    for name in step.names:
        if name in value:
            yield value[name], f"['{name}']"
        elif not leaf and definite and step.definite:
            raise PathError("path_not_found_exception", f"Missing property in path {path}['{name}']")


def _no_object(value: Any, step: Step, path: str) -> str:
    return (
        f"Expected to find an object with property {step.shown} in path {path} but found '{java_class(value)}'. "
        f"This is not a json object according to the JsonProvider: '{_PROVIDER}'."
    )


def _check_list(value: Any, step: Step, path: str, *, definite: bool) -> bool:
    if isinstance(value, list):
        return True
    if definite and value is None:
        raise PathError("path_not_found_exception", f"The path {path} is null")
    if definite:
        reason = f"Filter: {step.shown} can only be applied to arrays. Current context is: {value}"
        raise PathError("path_not_found_exception", reason)
    return False


def _indexes(value: Any, step: Step, path: str, definite: bool, leaf: bool) -> Found:  # noqa: ARG001, FBT001
    if _check_list(value, step, path, definite=definite):
        for number in step.names:
            if -len(value) <= number < len(value):
                yield value[number], f"[{number}]"


def _slice(value: Any, step: Step, path: str, definite: bool, leaf: bool) -> Found:  # noqa: ARG001, FBT001
    if _check_list(value, step, path, definite=definite):
        first, last = step.names
        yield from ((inner, f"[{at}]") for at, inner in list(enumerate(value))[first:last])


def _all(value: Any, step: Step, path: str, definite: bool, leaf: bool) -> Found:  # noqa: ARG001, FBT001
    if isinstance(value, dict):
        yield from ((inner, f"['{name}']") for name, inner in value.items())
    elif isinstance(value, list):
        yield from ((inner, f"[{at}]") for at, inner in enumerate(value))


def _deep(value: Any, step: Step, path: str, definite: bool, leaf: bool) -> Found:  # noqa: FBT001
    name = step.names[0]
    if isinstance(value, dict) and name in value:
        yield value[name], f"['{name}']"
    for inner, shown in _all(value, step, path, definite, leaf):
        if name == "*":
            yield inner, shown
        yield from _deep(inner, step, path + shown, definite, leaf)


_KINDS = {"name": _names, "index": _indexes, "slice": _slice, "all": _all, "deep": _deep}
