"""JSON read as gson's lenient JsonReader reads it: its liberties, its words for every fault, line, column and path."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

_HELP = "\nSee https://github.com/google/gson/blob/main/Troubleshooting.md#malformed-json"
_LENIENT = "Use JsonReader.setStrictness(Strictness.LENIENT) to accept malformed JSON"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SPACE = re.compile(r"[ \t\r\n]+")
_UNQUOTED = re.compile(r"[^/\\;#=}{\]\[:, \t\f\r\n]*")
_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", "\n": "\n", "'": "'", '"': '"', "\\": "\\", "/": "/"}
_KEYWORDS = {"true": True, "false": False, "null": None}
#: Deepest nesting that gson reads.
MAX_DEPTH = 255
_PREFIX = ")]}'\n"

NumberOf = Callable[[str], Any]


class GsonError(ValueError):
    """What gson cannot read; `eof` says whether the text just ended."""

    def __init__(self, message: str, *, eof: bool = False) -> None:
        super().__init__(message)
        self.eof = eof


class GsonReader:
    """One text. `read()` gives its first value, `end()` refuses what follows it.

    `number` makes a value of a number's text. Words without quotes are texts.
    """

    def __init__(self, text: str, number: NumberOf = float) -> None:
        self._text = text
        self._number = number
        self._at = 1 if text.startswith("\ufeff") else 0
        self._bare_prefix()
        self._path: list[str | int | None] = []

    def _bare_prefix(self) -> None:
        found = _SPACE.match(self._text, self._at)
        start = found.end() if found else self._at
        if self._text.startswith(_PREFIX, start):
            self._at = start + len(_PREFIX)

    def read(self) -> Any:
        """The first value of the text; GsonError where gson fails."""
        return self._value(self._next())

    def end(self) -> None:
        """GsonError when anything but space follows."""
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        if self._at < len(self._text):
            self._at += 1
            raise self._fault(_LENIENT)

    # --- where it stands ---

    def _where(self) -> str:
        line = self._text.count("\n", 0, self._at) + 1
        start = self._text.rfind("\n", 0, self._at) + 1
        if line == 1 and self._text.startswith("\ufeff"):
            start = 1
        return f" at line {line} column {self._at - start + 1} path {self._shown_path()}"

    def _shown_path(self) -> str:
        steps = (f"[{one}]" if isinstance(one, int) else f".{one or ''}" for one in self._path)
        return "$" + "".join(steps)

    def _fault(self, message: str) -> GsonError:
        return GsonError(message + self._where() + _HELP)

    def _eof(self) -> GsonError:
        return GsonError("End of input" + self._where(), eof=True)

    # --- characters ---

    def _next(self) -> str:
        """The next character that is neither space nor comment, consumed; GsonError at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at >= len(self._text):
                raise self._eof()
            char = self._text[self._at]
            self._at += 1
            if not self._comment(char):
                return char

    def _comment(self, char: str) -> bool:
        following = self._text[self._at : self._at + 1]
        if char == "#" or (char == "/" and following == "/"):
            end = self._text.find("\n", self._at)
            self._at = len(self._text) if end < 0 else end + 1
            return True
        if char == "/" and following == "*":
            end = self._text.find("*/", self._at + 1)
            if end < 0:
                raise self._fault("Unterminated comment")
            self._at = end + 2
            return True
        return False

    # --- values ---

    def _value(self, char: str) -> Any:
        if char in "{[":
            if len(self._path) >= MAX_DEPTH:
                raise GsonError(f"Nesting limit {MAX_DEPTH} reached{self._where()}")
            return self._object() if char == "{" else self._array()
        if char in "\"'":
            return self._quoted(char)
        self._at -= 1
        return self._bare()

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._path.append(None)
        char = self._next()
        while char != "}":
            name = self._name(char)
            self._path[-1] = name
            self._colon()
            found[name] = self._value(self._due(self._next()))
            char = self._next()
            if char not in ",;}":
                raise self._fault("Unterminated object")
            if char != "}" and (char := self._next()) == "}":
                raise self._fault("Expected name")
        self._path.pop()
        return found

    def _name(self, char: str) -> str:
        if char in "\"'":
            return self._quoted(char)
        self._at -= 1
        name = self._word()
        if not name:
            self._at += 1
            raise self._fault("Expected name")
        return name

    def _colon(self) -> None:
        char = self._next()
        if char == "=" and self._text[self._at : self._at + 1] == ">":
            self._at += 1
        elif char not in ":=":
            raise self._fault("Expected ':'")

    def _due(self, char: str) -> str:
        if char in ",;]":
            self._at -= 1
            raise self._fault("Unexpected value")
        return char

    def _array(self) -> list[Any]:
        found: list[Any] = []
        self._path.append(0)
        char = self._next()
        if char == "]":
            self._path.pop()
            return found
        while True:
            empty = char in ",;]"
            self._at -= empty
            found.append(None if empty else self._value(char))
            self._path[-1] = len(found)
            char = self._next()
            if char == "]":
                self._path.pop()
                return found
            if char not in ",;":
                raise self._fault("Unterminated array")
            char = self._next()

    def _quoted(self, quote: str) -> str:
        parts: list[str] = []
        stop = re.compile(rf"[{quote}\\]")
        while found := stop.search(self._text, self._at):
            parts.append(self._text[self._at : found.start()])
            self._at = found.end()
            if found[0] == quote:
                return "".join(parts)
            parts.append(self._escape())
        self._at = len(self._text)
        raise self._fault("Unterminated string")

    def _escape(self) -> str:
        char = self._text[self._at : self._at + 1]
        if not char:
            raise self._fault("Unterminated escape sequence")
        self._at += 1
        if char == "u":
            return self._unicode()
        if char not in _ESCAPES:
            raise self._fault("Invalid escape sequence")
        return _ESCAPES[char]

    def _unicode(self) -> str:
        digits = self._text[self._at : self._at + 4]
        if len(digits) < 4:
            raise self._fault("Unterminated escape sequence")
        if not re.fullmatch("[0-9a-fA-F]{4}", digits):
            raise self._fault(f"Malformed Unicode escape \\u{digits}")
        self._at += 4
        return chr(int(digits, 16))

    def _word(self) -> str:
        found = _UNQUOTED.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found[0] if found else ""

    def _bare(self) -> Any:
        start = self._at
        word = self._word()
        if not word:
            self._at = start + 1
            raise self._fault("Expected value")
        if word.isascii() and word.lower() in _KEYWORDS:
            return _KEYWORDS[word.lower()]
        return self._number(word) if _NUMBER.fullmatch(word) and word != "-0" else self._minus_zero(word)

    def _minus_zero(self, word: str) -> Any:
        return self._number("-0.0") if word == "-0" else word


def joined(value: Any) -> Any:
    """A copy in which surrogate pairs that escapes spelled apart are one character again."""
    if isinstance(value, str):
        return (
            value if value.isprintable() else value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        )
    if isinstance(value, dict):
        return {joined(name): joined(inner) for name, inner in value.items()}
    return [joined(inner) for inner in value] if isinstance(value, list) else value


def _no_constant(name: str) -> Any:
    """`NaN` and its like are words to gson, so the plain reader must not take them."""
    raise ValueError(name)


def _plainly(text: str, number: NumberOf, fraction: NumberOf) -> Any:
    """What is JSON without any liberty, read by the standard library: the same value at a tenth of the time.

    ValueError for everything else, and for what may be nested deeper than gson reads.
    """
    if text.count("[") + text.count("{") > MAX_DEPTH:
        raise ValueError("may be too deep")
    whole = lambda digits: number("-0.0" if digits == "-0" else digits)  # noqa: E731
    return json.loads(text, parse_int=whole, parse_float=fraction, parse_constant=_no_constant)


def read_lenient(text: str, number: NumberOf = float, fraction: NumberOf | None = None) -> Any:
    """The one value of a text, read leniently but with nothing after it; GsonError.

    `fraction` may stand in for `number` where a number has a point or an exponent, if it gives the same: the standard
    library reads `float` itself, and calls everything else.
    """
    whole = joined if _may_hold_halves(text) else _as_it_is
    with contextlib.suppress(ValueError):
        return whole(_plainly(text, number, fraction or number))
    reader = GsonReader(text, number)
    value = reader.read()
    if value is not None:
        reader.end()
    return whole(value)


def _may_hold_halves(text: str) -> bool:
    """Whether half of a surrogate pair can be in what is read: as an escape, or as it is."""
    return "\\" in text or not text.isascii()


def _as_it_is(value: Any) -> Any:
    return value
