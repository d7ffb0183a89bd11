"""JSON with the place of every value. Reads what the engine's parser and Dashboards take (comments, triple quotes), and
values still to be filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from .text import FILLED

#: Nesting over which a body is none (the engine's own limit is 1000, which nobody's recipe reaches).
DEEPEST = 200
_BLANKS = re.compile(r"(?:[ \t\r\n\ufeff]+|//[^\n]*|#[^\n]*|/\*.{0,4000}?\*/)*", re.DOTALL)
_STRING = re.compile(r'"([^"\\\n]*(?:\\.[^"\\\n]*)*)"')
_TRIPLE = re.compile(r'"""(.*?)"""', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_WORD = re.compile(r"true|false|null")
#: A value to be filled in that stands without quotes, as `<size>`, `${SIZE}` or a shell's variable.
_BLANK = re.compile(rf"<[^<>\"\n]{{1,80}}>|\$\{{[\w.:-]+\}}|\$\w+|{FILLED}+")
_WORDS = {"true": True, "false": False, "null": None}
#: One character of a string as it is written.
_PIECE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class JsonError(ValueError):
    """It is no JSON; `at` says where."""

    def __init__(self, words: str, at: int) -> None:
        super().__init__(words)
        self.at = at


@dataclass(frozen=True)
class Node:
    """One value: where it is written, and what it holds. `kind` is object, list, text, number, word or blank."""

    kind: str
    start: int
    end: int
    value: object = field(default=None, repr=False)
    members: tuple[tuple[Node, Node], ...] = field(default=(), repr=False)
    items: tuple[Node, ...] = field(default=(), repr=False)
    quotes: int = 1

    def get(self, name: str) -> Node | None:
        """The member of this name; the last, if several have it."""
        return next((value for key, value in reversed(self.members) if key.value == name), None)

    def key(self, name: str) -> Node | None:
        """Where the member's name stands."""
        return next((key for key, _ in reversed(self.members) if key.value == name), None)

    @property
    def text(self) -> str:
        """What a text says; nothing for another kind."""
        return self.value if isinstance(self.value, str) and self.kind == "text" else ""

    def walk(self) -> Iterator[Node]:
        """This value and all below it; no names."""
        rest = [self]
        while rest:
            node = rest.pop()
            yield node
            rest += [*(value for _, value in reversed(node.members)), *reversed(node.items)]


def written(chars: str, node: Node, start: int, end: int) -> tuple[int, int]:
    """Where some characters of a text node stand in what was read."""
    first = node.start + node.quotes
    if node.quotes == 3:
        return first + start, first + end
    starts = _starts(chars, first, node.end - node.quotes)
    return starts[min(start, len(starts) - 1)], starts[min(end, len(starts) - 1)]


@lru_cache(maxsize=16)
def _starts(chars: str, first: int, last: int) -> Sequence[int]:
    """Where each character of a text is written, and where the text ends."""
    return [*(piece.start() for piece in _PIECE.finditer(chars, first, last)), last]


def read(chars: str, *, triple: bool = False) -> Node:
    """The one value that a text holds. Raises JsonError."""
    node = read_at(chars, 0, triple=triple)
    behind = skip(chars, node.end)
    if behind < len(chars):
        raise JsonError("something follows the value", behind)
    return node


def read_at(chars: str, at: int, *, triple: bool = False) -> Node:
    """The value that begins there; what follows it is not looked at. Raises JsonError."""
    return _Reader(chars, triple=triple).value(skip(chars, at), 0)


def read_all(chars: str) -> Iterator[Node]:
    """The values that a text holds, one after the other. Raises JsonError."""
    at = 0
    while (at := skip(chars, at)) < len(chars):
        node = read_at(chars, at)
        yield node
        at = node.end


def skip(chars: str, at: int) -> int:
    """Where blanks and comments end."""
    found = _BLANKS.match(chars, at)
    return found.end() if found else at


class _Reader:
    def __init__(self, chars: str, *, triple: bool) -> None:
        self._chars, self._triple = chars, triple

    def value(self, at: int, depth: int) -> Node:
        char = self._chars[at : at + 1]
        if depth > DEEPEST:
            raise JsonError(f"nested deeper than {DEEPEST}", at)
        if char == "{":
            return self._object(at, depth)
        if char == "[":
            return self._list(at, depth)
        return self._string(at) if char == '"' else self._scalar(at)

    def _object(self, at: int, depth: int) -> Node:
        members, behind = list[tuple[Node, Node]](), skip(self._chars, at + 1)
        while not self._closes("}", behind, first=not members):
            behind = skip(self._chars, behind + bool(members))
            key = self._string(behind)
            behind = skip(self._chars, key.end)
            self._expect(":", behind)
            value = self.value(skip(self._chars, behind + 1), depth + 1)
            members.append((key, value))
            behind = skip(self._chars, value.end)
        return Node("object", at, behind + 1, members=tuple(members))

    def _list(self, at: int, depth: int) -> Node:
        items, behind = list[Node](), skip(self._chars, at + 1)
        while not self._closes("]", behind, first=not items):
            value = self.value(skip(self._chars, behind + bool(items)), depth + 1)
            items.append(value)
            behind = skip(self._chars, value.end)
        return Node("list", at, behind + 1, items=tuple(items))

    def _closes(self, bracket: str, at: int, *, first: bool) -> bool:
        """Whether it ends here; else a comma, or the first value, must follow."""
        if self._chars.startswith(bracket, at):
            return True
        if not first:
            self._expect(",", at, bracket)
        elif at >= len(self._chars):
            raise JsonError(f"it ends before its {bracket}", at)
        return False

    def _expect(self, wanted: str, at: int, other: str = "") -> None:
        if not self._chars.startswith(wanted, at):
            raise JsonError(f"{wanted}{f' or {other}' if other else ''} is expected", at)

    def _string(self, at: int) -> Node:
        found = _TRIPLE.match(self._chars, at) if self._triple else None
        if found:
            return Node("text", at, found.end(), found[1], quotes=3)
        found = _STRING.match(self._chars, at)
        if not found:
            raise JsonError("a text in double quotes, on one line, is expected", at)
        return Node("text", at, found.end(), _decoded(found[1], at))

    def _scalar(self, at: int) -> Node:
        if found := _NUMBER.match(self._chars, at):
            whole = not (found[1] or found[2]) and len(found[0]) < 1000
            return Node("number", at, found.end(), int(found[0]) if whole else float(found[0]))
        if found := _WORD.match(self._chars, at):
            return Node("word", at, found.end(), _WORDS[found[0]])
        if found := _BLANK.match(self._chars, at):
            return Node("blank", at, found.end(), found[0])
        raise JsonError("a value is expected", at)


def _decoded(inner: str, at: int) -> str:
    if "\\" not in inner:
        return inner
    return "".join(_character(piece, at) for piece in _PIECE.findall(inner))


def _character(piece: str, at: int) -> str:
    if piece[0] != "\\":
        return piece
    if len(piece) > 6:
        return _pair(piece)
    if len(piece) == 6:
        return chr(int(piece[2:], 16))
    if piece[1] not in '"\\/nrtbf':
        raise JsonError(f"{piece} is no escape of JSON", at)
    return _ESCAPES.get(piece[1], piece[1])


def _pair(piece: str) -> str:
    """A character outside the basic plane, written as two."""
    high, low = int(piece[2:6], 16), int(piece[8:12], 16)
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
