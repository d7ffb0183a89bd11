"""JSON read token by token as Jackson reads it: the tokens with their places, and its words for every fault.

Columns count bytes, as Jackson's UTF-8 parser does. Comments are allowed and a field may not come twice, because
OpenSearch configures the parser so.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

from .errors import EngineError

START_OBJECT, END_OBJECT, START_ARRAY, END_ARRAY = "START_OBJECT", "END_OBJECT", "START_ARRAY", "END_ARRAY"
FIELD_NAME, VALUE_STRING, VALUE_NUMBER = "FIELD_NAME", "VALUE_STRING", "VALUE_NUMBER"
VALUE_BOOLEAN, VALUE_NULL = "VALUE_BOOLEAN", "VALUE_NULL"

#: Deepest nesting (Jackson's StreamReadConstraints).
MAX_DEPTH = 1000

_SOURCE = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: %d, column: %d]"
_VALUES = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'"
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_WORD = re.compile(rb"[A-Za-z0-9_$\x80-\xff]*")
_SPACE = re.compile(rb"(?:[ \t\r\n]+|/\*.*?\*/|//[^\n]*)*", re.DOTALL)
_ESCAPES = {b'"': '"', b"\\": "\\", b"/": "/", b"b": "\b", b"f": "\f", b"n": "\n", b"r": "\r", b"t": "\t"}
_LITERALS = {b"true": (VALUE_BOOLEAN, True), b"false": (VALUE_BOOLEAN, False), b"null": (VALUE_NULL, None)}
_CLOSERS = {"Object": b"}", "Array": b"]"}


def too_deep() -> EngineError:
    """The refusal of a body nested deeper than the parser allows."""
    allowed = f"({MAX_DEPTH}, from `StreamReadConstraints.getMaxNestingDepth()`)"
    reason = f"Document nesting depth ({MAX_DEPTH + 1}) exceeds the maximum allowed {allowed}"
    return EngineError("stream_constraints_exception", reason)


class Token(NamedTuple):
    """One token: its kind, what it holds (text of names, texts and numbers; the value of literals), where it starts."""

    kind: str
    value: Any
    at: int


@dataclass
class _Level:
    """One open object or array."""

    kind: str
    at: int
    seen: set[str] = field(default_factory=set)
    name: str | None = None
    first: bool = True


class JsonTokens:
    """The tokens of one body, in order; `None` after the last. Faults are EngineError with Jackson's text."""

    def __init__(self, data: bytes) -> None:
        self.data = data[3:] if data.startswith(b"\xef\xbb\xbf") else data
        self._at = 0
        self._levels = [_Level("root", 0)]
        self._value_due = False

    @property
    def name(self) -> str | None:
        """The name the reader stands at, in the innermost open object."""
        return self._levels[-1].name

    def place(self, at: int) -> tuple[int, int]:
        """Line and column (both from 1) of a byte."""
        before = self.data[:at]
        return before.count(b"\n") + 1, at - (before.rfind(b"\n") + 1) + 1

    def here(self) -> str:
        """The place the reader has come to, in Jackson's words."""
        return _SOURCE % self.place(self._at)

    def next(self) -> Token | None:
        """The next token."""
        level = self._levels[-1]
        if self._value_due:
            self._value_due = False
            return self._value()
        self._skip()
        char = self._char()
        if not char:
            self._end(level)
            return None
        if char in (b"}", b"]"):
            return self._close(level, char)
        if not level.first and level.kind != "root":
            char = self._comma(level, char)
        level.first = False
        return self._name(level, char) if level.kind == "Object" else self._value()

    # --- structure ---

    def _end(self, level: _Level) -> None:
        if level.kind != "root":
            start = _SOURCE % self.place(level.at)
            self._eof(f": expected close marker for {level.kind} (start marker at {start})")

    def _close(self, level: _Level, char: bytes) -> Token:
        if _CLOSERS.get(level.kind) != char:
            if level.kind == "root":
                self._unexpected(f"expected a valid value ({_VALUES})")
            start = _SOURCE % self.place(level.at)
            wanted = _CLOSERS[level.kind].decode()
            self._fault(
                f"Unexpected close marker '{char.decode()}': expected '{wanted}' (for {level.kind} starting at {start})"
            )
        self._levels.pop()
        self._at += 1
        return Token(END_OBJECT if level.kind == "Object" else END_ARRAY, None, self._at - 1)

    def _comma(self, level: _Level, char: bytes) -> bytes:
        if char != b",":
            self._unexpected(f"was expecting comma to separate {level.kind} entries")
        self._at += 1
        return self._solid(level)

    def _name(self, level: _Level, char: bytes) -> Token:
        start = self._at
        if char != b'"':
            self._unexpected("was expecting double-quote to start field name")
        name = self._text(" in field name", "name")
        if name in level.seen:
            self._fault(f"Duplicate field '{name}'")
        level.seen.add(name)
        level.name = name
        if self._solid(level) != b":":
            self._unexpected("was expecting a colon to separate field name and value")
        self._at += 1
        self._solid(level)
        self._value_due = True
        return Token(FIELD_NAME, name, start)

    def _solid(self, level: _Level) -> bytes:
        self._skip()
        char = self._char()
        if not char:
            self._eof(f" within/between {level.kind} entries")
        return char

    # --- values ---

    def _value(self) -> Token:
        start, char = self._at, self._char()
        if char in (b"{", b"["):
            return self._open("Object" if char == b"{" else "Array", start)
        if char == b'"':
            return Token(
                VALUE_STRING, self._text(": was expecting closing quote for a string value", "string value"), start
            )
        number = _NUMBER.match(self.data, start)
        if number:
            return self._number(number, start)
        word = _WORD.match(self.data, start)
        if word and word[0]:
            return self._literal(word[0], start)
        return self._unexpected(f"expected a valid value ({_VALUES})")

    def _open(self, kind: str, start: int) -> Token:
        if len(self._levels) > MAX_DEPTH:
            raise too_deep()
        self._levels.append(_Level(kind, start))
        self._at += 1
        return Token(START_OBJECT if kind == "Object" else START_ARRAY, None, start)

    def _number(self, match: re.Match[bytes], start: int) -> Token:
        self._at = match.end()
        after = self._char()
        if match[0] in (b"0", b"-0") and after.isdigit():
            self._fault("Invalid numeric value: Leading zeroes not allowed")
        return Token(VALUE_NUMBER, match[0].decode(), start)

    def _literal(self, word: bytes, start: int) -> Token:
        self._at = start + len(word)
        if word not in _LITERALS:
            shown = word[:256].decode("utf-8", "replace")
            self._fault(f"Unrecognized token '{shown}': was expecting ({_VALUES})")
        kind, value = _LITERALS[word]
        return Token(kind, value, start)

    def _text(self, ended: str, what: str) -> str:
        self._at += 1
        pieces: list[bytes] = []
        while True:
            plain = _PLAIN.match(self.data, self._at)
            if plain:
                pieces.append(plain[0])
                self._at = plain.end()
            char = self._char()
            if not char:
                self._eof(ended)
            if char == b'"':
                self._at += 1
                return self._decode(b"".join(pieces))
            if char != b"\\":
                code = f"((CTRL-CHAR, code {char[0]}))"
                self._fault(
                    f"Illegal unquoted character {code}: has to be escaped using backslash to be included in {what}"
                )
            pieces.append(self._escape(ended))

    def _escape(self, ended: str) -> bytes:
        char = self.data[self._at + 1 : self._at + 2]
        if not char:
            self._at += 1
            self._eof(ended)
        self._at += 2
        if char in _ESCAPES:
            return _ESCAPES[char].encode()
        digits = self.data[self._at : self._at + 4]
        if char != b"u":
            self._at -= 1
            self._unexpected_escape(char)
        if not re.fullmatch(rb"[0-9a-fA-F]{4}", digits):
            self._fault("Unexpected character: expected a hex-digit for character escape sequence")
        self._at += 4
        return chr(int(digits, 16)).encode("utf-8", "surrogatepass")

    def _decode(self, raw: bytes) -> str:
        with suppress(UnicodeDecodeError):
            return raw.decode()
        try:
            paired = raw.decode("utf-8", "surrogatepass").encode("utf-16-be", "surrogatepass")
            return paired.decode("utf-16-be", "surrogatepass")
        except UnicodeDecodeError as error:
            self._fault(f"Invalid UTF-8 start byte 0x{raw[error.start]:x}")

    # --- places and faults ---

    def _char(self) -> bytes:
        return self.data[self._at : self._at + 1]

    def _skip(self) -> None:
        space = _SPACE.match(self.data, self._at)
        if space:
            self._at = space.end()

    def _unexpected(self, wanted: str) -> NoReturn:
        char = self.data[self._at :].decode("utf-8", "replace")[:1]
        self._fault(f"Unexpected character ('{char}' (code {ord(char or chr(0))})): {wanted}")

    def _unexpected_escape(self, char: bytes) -> NoReturn:
        self._fault(f"Unrecognized character escape '{char.decode('latin-1')}' (code {char[0]})")

    def _fault(self, text: str, kind: str = "json_parse_exception") -> NoReturn:
        raise EngineError(kind, f"{text}\n at {self.here()}")

    def _eof(self, text: str) -> NoReturn:
        self._at = len(self.data)
        self._fault(f"Unexpected end-of-input{text}", kind="json_e_o_f_exception")
