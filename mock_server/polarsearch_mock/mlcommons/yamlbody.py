"""Request bodies in YAML: block maps, block lists and plain values, as JSON text for the one reader of bodies."""

from __future__ import annotations

import json
import re
from typing import Any

from .errors import EngineError

_MEMBER = re.compile(r"""^("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'{\[#][^:]*?)\s*:(?:\s+(.*))?$""")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}

Line = tuple[int, str]


def yaml_to_json(data: bytes) -> bytes:
    """The same document as JSON; EngineError 400 for what is not understood."""
    text = data.decode("utf-8", "replace")
    lines = [(len(line) - len(line.lstrip()), line.strip()) for line in text.splitlines()]
    lines = [line for line in lines if line[1] and not line[1].startswith("#") and line[1] not in ("---", "...")]
    if not lines:
        return b""
    if lines[0][1][:1] in "{[":
        return "\n".join(line for _, line in lines).encode()
    value, rest = _block(lines, lines[0][0])
    if rest:
        raise _not_understood(rest[0][1])
    return json.dumps(value, ensure_ascii=False).encode()


def _not_understood(line: str) -> EngineError:
    return EngineError("marked_y_a_m_l_exception", f"could not read the YAML line [{line[:80]}]")


def _block(lines: list[Line], depth: int) -> tuple[Any, list[Line]]:
    return (_list if lines[0][1].startswith("- ") or lines[0][1] == "-" else _map)(lines, depth)


def _map(lines: list[Line], depth: int) -> tuple[Any, list[Line]]:
    found: dict[str, Any] = {}
    while lines and lines[0][0] == depth:
        member = _MEMBER.match(lines[0][1])
        if member is None:
            raise _not_understood(lines[0][1])
        name, value = str(_scalar(member[1], quoted_only=True)), member[2] or ""
        lines = lines[1:]
        if not value and lines and (lines[0][0] > depth or (lines[0][0] == depth and lines[0][1].startswith("-"))):
            found[name], lines = _block(lines, lines[0][0])
        else:
            found[name] = _scalar(value)
    return found, lines


def _list(lines: list[Line], depth: int) -> tuple[Any, list[Line]]:
    found: list[Any] = []
    while lines and lines[0][0] == depth and lines[0][1].startswith("-"):
        rest = lines[0][1][1:].lstrip()
        if rest and not _MEMBER.match(rest):
            found.append(_scalar(rest))
            lines = lines[1:]
            continue
        inner = depth + len(lines[0][1]) - len(rest)
        lines = [(inner, rest), *lines[1:]] if rest else lines[1:]
        value, lines = _block(lines, lines[0][0]) if lines else (None, lines)
        found.append(value)
    return found, lines


def _scalar(text: str, *, quoted_only: bool = False) -> Any:
    text = text.strip()
    if text[:1] == "'":
        return text[1:-1].replace("''", "'")
    if text[:1] in ('"', "{", "["):
        try:
            return json.loads(text)
        except ValueError:
            raise _not_understood(text) from None
    if quoted_only:
        return text
    text = text.split(" #")[0].rstrip()
    if text in _WORDS:
        return _WORDS[text]
    return json.loads(text) if _NUMBER.fullmatch(text) else text
