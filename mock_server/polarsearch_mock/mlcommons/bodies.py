"""Request bodies read as OpenSearch's x-content parser reads them: a cursor over tokens, with the parser's own errors.

The readers of the ML Commons inputs walk this cursor as the engine's do, so that what a misplaced value does to the
rest of a body follows by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .errors import EngineError, illegal_argument, null_pointer, parse_error
from .jsontokens import (
    END_ARRAY,
    END_OBJECT,
    FIELD_NAME,
    START_ARRAY,
    START_OBJECT,
    VALUE_BOOLEAN,
    VALUE_NULL,
    VALUE_NUMBER,
    VALUE_STRING,
    JsonTokens,
    Token,
)

_STARTS, _ENDS = (START_OBJECT, START_ARRAY), (END_OBJECT, END_ARRAY)
TEXTUAL = (VALUE_STRING, VALUE_NUMBER, VALUE_BOOLEAN)
BOOLEANS = {"true": True, "false": False}


class Literal(float):
    """A number with a fraction or an exponent that remembers how it was written."""

    text: str

    def __new__(cls, text: str) -> Literal:
        """The number that `text` spells."""
        self = super().__new__(cls, text)
        self.text = text
        return self


def number(text: str) -> int | Literal:
    """The value of a JSON number; whole ones are integers, the others keep their spelling."""
    if any(mark in text for mark in ".eE"):
        return Literal(text)
    return int(text) if len(text) < 4000 else Literal(text)


def parse_boolean(text: str) -> bool:
    """OpenSearch's strict boolean: only `true` and `false`; IllegalArgumentException for all else."""
    if text not in BOOLEANS:
        raise illegal_argument(f"Failed to parse value [{text}] as only [true] or [false] are allowed.")
    return BOOLEANS[text]


class Cursor:
    """A place in a body: the current token and what can be read from it on."""

    def __init__(self, data: bytes) -> None:
        self._tokens = JsonTokens(data)
        self.token: Token | None = None

    @property
    def kind(self) -> str:
        """The kind of the current token; "null" before the first and after the last one, as Java prints it."""
        return self.token.kind if self.token else "null"

    @property
    def name(self) -> str | None:
        """The name of the field the cursor stands at."""
        return self._tokens.name

    def next(self) -> str:
        """Moves on; the kind of the new token."""
        self.token = self._tokens.next()
        return self.kind

    def place(self) -> tuple[int, int]:
        """Line and column of the current token."""
        return self._tokens.place(self.token.at if self.token else len(self._tokens.data))

    def expect(self, wanted: str) -> None:
        """ParsingException unless the current token is of the wanted kind."""
        if self.kind != wanted:
            reason = f"Failed to parse object: expecting token of type [{wanted}] but found [{self.kind}]"
            raise self.parsing_error(reason)

    def parsing_error(self, reason: str, **more: Any) -> EngineError:
        """A ParsingException at the current place."""
        line, column = self.place()
        return EngineError("parsing_exception", reason, extra={"line": line, "col": column}, **more)

    def text(self) -> str:
        """The text of a text, number or boolean; IllegalStateException for anything else."""
        if self.token is None or self.kind not in TEXTUAL:
            line, column = self.place()
            raise EngineError("illegal_state_exception", f"Can't get text on a {self.kind} at {line}:{column}", 500)
        value = self.token.value
        return str(value).lower() if isinstance(value, bool) else str(value)

    def text_or_null(self) -> str | None:
        """`text`, or None for null."""
        return None if self.kind == VALUE_NULL else self.text()

    def boolean(self) -> bool:
        """A boolean or the text of one."""
        if self.kind == VALUE_STRING:
            return parse_boolean(self.text())
        if self.kind != VALUE_BOOLEAN:
            raise self._mismatch("not of boolean type")
        return bool(self.token and self.token.value)

    def integer(self) -> int:
        """A whole number or the text of one; fractions are cut off, as the parser's coercion does."""
        if self.kind not in (VALUE_STRING, VALUE_NUMBER):
            raise self._mismatch("not numeric, can not use numeric value accessors")
        text = self.text()
        try:
            return int(float(text)) if any(mark in text for mark in ".eE") else int(text)
        except (ValueError, OverflowError):
            raise EngineError("number_format_exception", f'For input string: "{text}"') from None

    def _mismatch(self, what: str) -> EngineError:
        """Jackson's complaint about a token of the wrong kind."""
        names = {
            VALUE_NUMBER: "VALUE_NUMBER_INT",
            VALUE_BOOLEAN: f"VALUE_{str(self.token and self.token.value).upper()}",
        }
        shown = names.get(self.kind, self.kind)
        return EngineError("json_parse_exception", f"Current token ({shown}) {what}\n at {self._tokens.here()}")

    def skip_children(self) -> None:
        """Moves to the end of the object or array that starts here."""
        if self.kind not in (START_OBJECT, START_ARRAY):
            return
        depth = 1
        while depth:
            kind = self.next()
            depth += (kind in (START_OBJECT, START_ARRAY)) - (kind in (END_OBJECT, END_ARRAY))

    def value(self) -> Any:
        """The value that starts here, whole, with the cursor at its end. Depth costs no stack."""
        root = self._opened()
        stack = [root] if self.kind in _STARTS else []
        while stack:
            if self.next() in _ENDS:
                stack.pop()
                continue
            name = self.name
            if self.kind == FIELD_NAME:
                self.next()
            inner = self._opened()
            if isinstance(stack[-1], dict):
                stack[-1][name] = inner
            else:
                stack[-1].append(inner)
            if self.kind in _STARTS:
                stack.append(inner)
        return root

    def _opened(self) -> Any:
        """The scalar here, or an empty container for one that starts here."""
        if self.kind in _STARTS:
            return {} if self.kind == START_OBJECT else []
        if self.kind == VALUE_NUMBER and self.token:
            return number(self.token.value)
        return self.token.value if self.token else None

    def map(self) -> dict[str, Any]:
        """The object that starts here; an empty one where none does, as `parser.map()` has it."""
        if self.kind == START_OBJECT:
            whole: dict[str, Any] = self.value()
            return whole
        found: dict[str, Any] = {}
        while self.kind == FIELD_NAME and self.token:
            name = self.token.value
            self.next()
            found[name] = self.value()
            self.next()
        return found

    def fields(self) -> Iterator[str | None]:
        """Each field of the current object: the name, with the cursor at its value.

        The way of the engine's own loops, which take the next token for a field's name whatever it is.
        """
        while self.next() != END_OBJECT:
            name = self.name
            self.next()
            yield name

    def text_map(self) -> dict[str, str]:
        """The object of texts that starts here; an empty one where none does."""
        if self.kind == START_OBJECT:
            self.next()
        found: dict[str, str] = {}
        while self.kind == FIELD_NAME and self.token:
            name = self.token.value
            self.next()
            found[name] = self.text()
            self.next()
        return found

    def texts(self) -> list[str]:
        """An array of texts; ParsingException where no array starts."""
        self.expect(START_ARRAY)
        found = []
        while self.next() != END_ARRAY:
            found.append(self.text())
        return found


Reader = Callable[[Cursor], Any]


def read_fields(cursor: Cursor, readers: Mapping[str, Reader], local: int = 0) -> dict[str, Any]:
    """Reads the known fields of the object that starts here, in their order; skips the others.

    `local` is the number of the variable that Java's own loop switches on: it names it when a misplaced array leaves
    the loop without a field's name.
    """
    cursor.expect(START_OBJECT)
    found: dict[str, Any] = {}
    for name in cursor.fields():
        if name is None:
            raise null_pointer(f'Cannot invoke "String.hashCode()" because "<local{local}>" is null')
        reader = readers.get(name)
        if reader is None:
            cursor.skip_children()
        else:
            found[name] = reader(cursor)
    return found


def open_body(data: bytes) -> Cursor:
    """A cursor at the first token of a body; ParseException when there is none."""
    if not data:
        raise parse_error("request body is required")
    cursor = Cursor(data)
    cursor.next()
    return cursor
