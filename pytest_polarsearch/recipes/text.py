"""Characters as their reader gets them (a shell, a JSON parser), each with the span of the file that it stands for."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

#: Stands for what only a run would know: a variable that a shell fills in.
FILLED = "\ue000"
#: How a character is written -> what has to be written in its place for those that mean more there.
WRITING: dict[str, dict[str, str]] = {
    "plain": {},
    "single": {"'": "'\\''"},
    "double": {"\\": "\\\\", '"': '\\"', "$": "\\$", "`": "\\`"},
    "heredoc": {"\\": "\\\\", "$": "\\$", "`": "\\`"},
    "literal heredoc": {},
}
#: Ways of writing in which a shell leaves `${NAME}` alone.
LEFT_ALONE = ("single", "literal heredoc")
#: Ways of writing in which it fills them in, and stumbles over `${parameters.x}`.
EXPANDED = ("double", "heredoc")


@dataclass(frozen=True, order=True)
class Edit:
    """One span of the file, and what is to stand there."""

    start: int
    end: int
    new: str


def together(*edits: Edit | None) -> tuple[Edit, ...]:
    """All of the edits; none where one of them cannot be made."""
    made = tuple(one for one in edits if one)
    return made if len(made) == len(edits) else ()


@dataclass(frozen=True)
class Text:
    """Characters with their places: `starts[i]` to `ends[i]` in the file, written the way `ways[i]`."""

    chars: str = field(repr=False)
    starts: Sequence[int] = field(repr=False)
    ends: Sequence[int] = field(repr=False)
    ways: Sequence[str] = field(repr=False)

    def __getitem__(self, part: slice) -> Text:
        return Text(self.chars[part], self.starts[part], self.ends[part], self.ways[part])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the file of some of the characters; of the end where there are none."""
        if start >= len(self.chars):
            last = self.ends[-1] if len(self.ends) else 0
            return last, last
        return self.starts[start], self.ends[max(start, end - 1)]

    def edit(self, start: int, end: int, new: str) -> Edit | None:
        """What puts other characters there; None where one span of the file, written in one way, does not hold them."""
        ways = set(self.ways[start : max(end, start + 1)])
        torn = any(self.ends[at] != self.starts[at + 1] for at in range(start, end - 1))
        if torn or len(ways) != 1 or not ways <= WRITING.keys():
            return None
        table = WRITING[ways.pop()]
        first, behind = self.span(start, end)
        return Edit(first, behind if end > start else first, "".join(table.get(one, one) for one in new))


class _Same(Sequence[str]):
    """One way of writing for any number of characters, without a list of them."""

    def __init__(self, way: str, length: int) -> None:
        self._way, self._length = way, length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: int | slice) -> str | _Same:  # type: ignore[override]
        left = range(self._length)[part]  # says too where there is no such place
        return _Same(self._way, len(left)) if isinstance(left, range) else self._way


def plain(source: str) -> Text:
    """A file as it stands."""
    size = len(source)
    return Text(source, range(size), range(1, size + 1), _Same("plain", size))


class Builder:
    """Puts a text together from parts of another."""

    def __init__(self, source: Text) -> None:
        self._source = source
        self._chars, self._ways = list[str](), list[str]()
        self._starts, self._ends = array("q"), array("q")

    def take(self, start: int, end: int, way: str = "") -> None:
        """Characters of the source; `way` is how they are written, if it is not as in the source."""
        part = self._source[start:end]
        self._chars.append(part.chars)
        self._starts.extend(part.starts)
        self._ends.extend(part.ends)
        self._ways.extend([way] * len(part.chars) if way else part.ways)

    def add(self, text: Text) -> None:
        """All of a text made of the same file."""
        self._chars.append(text.chars)
        self._starts.extend(text.starts)
        self._ends.extend(text.ends)
        self._ways.extend(text.ways)

    def put(self, char: str, start: int, end: int, way: str) -> None:
        """One character that stands for several of the source."""
        first, behind = self._source.span(start, end)
        self._chars.append(char)
        self._starts.append(first)
        self._ends.append(behind)
        self._ways.append(way)

    def done(self) -> Text:
        """The text."""
        return Text("".join(self._chars), self._starts, self._ends, self._ways)
