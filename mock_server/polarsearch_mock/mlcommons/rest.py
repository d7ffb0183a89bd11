"""One REST call between the routes and the handlers: its parameters, its body, and the check for unknown parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from urllib.parse import unquote, unquote_plus

from .bodies import Cursor, open_body, parse_boolean
from .errors import EngineError, illegal_argument

#: Parameters every call takes, because the channel that writes the answer reads them.
CHANNEL_PARAMETERS = ("pretty", "human", "error_trace", "filter_path", "format", "source", "source_content_type")
_SUGGESTED = ("pretty", "human", "error_trace", "filter_path", "format")
_LEAST_LIKENESS = 0.5


def split_query(query: str) -> dict[str, str]:
    """The query's parameters; one without a value holds the empty text."""
    pairs = (part.partition("=") for part in re.split("[&;]", query) if part)
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def path_parts(path: str) -> list[str]:
    """The decoded parts of a path; a slash at its end changes nothing."""
    return [unquote(part) for part in path.rstrip("/").split("/")[1:]]


def _distance(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for here, letter in enumerate(left, 1):
        above, row[0] = row[0], here
        for there, other in enumerate(right, 1):
            above, row[there] = row[there], min(row[there] + 1, row[there - 1] + 1, above + (letter != other))
    return row[-1]


def _likeness(left: str, right: str) -> float:
    """Lucene's LevenshteinDistance: 1 for equal texts, 0 for texts with nothing in common."""
    if SequenceMatcher(None, left, right).real_quick_ratio() < _LEAST_LIKENESS / 2:
        return 0.0
    return 1 - _distance(left, right) / max(len(left), len(right), 1)


def suggestion(name: str, known: Iterable[str]) -> str:
    """What the engine offers in place of an unknown name; the empty text when nothing is like it."""
    scored = sorted((-score, other) for other in known if (score := _likeness(name[:100], other)) > _LEAST_LIKENESS)
    names = [other for _, other in scored]
    if not names:
        return ""
    return f"did you mean [{names[0]}]?" if len(names) == 1 else f"did you mean any of [{', '.join(names)}]?"


def _hint(name: str, known: set[str]) -> str:
    offered = suggestion(name, known)
    return f"[{name}] -> {offered}" if offered else f"[{name}]"


def _open_door() -> None:
    """Without accounts everything is permitted."""


@dataclass
class Call:
    """One call: what came in and what the handler has looked at."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    dashboards: bool = False
    allowed: tuple[str, ...] = ()
    parts_read: bool = True
    guard: Callable[[], None] = _open_door

    def body_or_source(self) -> bytes:
        """The body, or the `source` parameter in its place; with it the type of its content must be given."""
        if self.body or "source" not in self.query:
            return self.body
        if "source_content_type" not in self.query:
            raise EngineError("illegal_state_exception", "source and source_content_type parameters are required", 500)
        return self.query["source"].encode()

    def cursor(self) -> Cursor:
        """A cursor at the first token of the body; ParseException when there is none."""
        return open_body(self.body)

    def permit(self) -> None:
        """The security plugin's turn: after everything that is wrong with the request itself."""
        self.guard()

    def flag(self, name: str) -> bool:
        """A boolean parameter: absent is false, without a value true."""
        value = self.query.get(name)
        return False if value is None else value == "" or parse_boolean(value)

    def refuse_unknown(self) -> None:
        """IllegalArgumentException when a parameter was given that the route does not read."""
        known = {*self.allowed, *CHANNEL_PARAMETERS}
        given = [*self.query, *(() if self.parts_read else self.parts)]
        strange = sorted(name for name in given if name not in known)
        if strange:
            raise self._unrecognized(strange, {*self.allowed, *_SUGGESTED, *(self.parts if self.parts_read else ())})

    def _unrecognized(self, strange: list[str], known: set[str]) -> EngineError:
        plural = "s" if len(strange) > 1 else ""
        hints = ", ".join(_hint(name, known) for name in strange)
        return illegal_argument(f"request [{self.path}] contains unrecognized parameter{plural}: {hints}")
