"""Rules of the trusted patterns: what Java reads in them, what they let through, what they leave out."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from polarsearch_mock.mlcommons.errors import EngineError
from polarsearch_mock.mlcommons.javaregex import java_pattern

from .connector import File, known
from .facts import TRUSTED
from .findings import Finding, Found
from .jsontree import Node
from .reading import Body
from .text import FILLED, together
from .values import UNFILLED

_HOST = re.compile(r"(?:\^?[a-z?()|:]*:(?:\\?/){2})?(?P<host>(?:[^/\\]|\\[^/])*)")
#: What stands for more than itself in a pattern; a dot that is neither of them nor repeated is meant as a dot.
_PART = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:[^\]\\]|\\.)*\]|(?P<dot>\.(?![*+?{]))|.", re.DOTALL)


#: A group that is repeated: matching can take exponential time. `{0}` repeats nothing.
_REPEATED = re.compile(r"\)(?:[*+]|\{(?!0\}))")
#: Endless parts of a pattern -> characters of an address up to which matching is quick.
_LENGTHS = {0: 8000, 1: 8000, 2: 2000, 3: 300}


@dataclass(frozen=True)
class Pattern:
    """One trusted pattern of a settings body."""

    body: Body
    node: Node

    @cached_property
    def java(self) -> re.Pattern[str] | None:
        """The pattern as Java reads it; None where it cannot."""
        return _java(self.node.text)

    @property
    def open(self) -> bool:
        """Whether something of it is still to be filled in."""
        return FILLED in self.node.text or bool(UNFILLED.search(self.node.text))

    def dots(self) -> Iterator[int]:
        """Dots of its host that are meant as dots and stand for any character."""
        host = _HOST.match(self.node.text)
        begin, end = host.span("host") if host else (0, 0)
        for part in _PART.finditer(self.node.text, begin, end):
            at = part.start()
            if part["dot"] and at > begin and at + 1 < end:
                yield at

    def covers(self, url: str) -> bool:
        """Whether the engine lets the address through."""
        return bool(self.java and self.java.fullmatch(url))

    def quick(self, url: str) -> bool:
        """Whether Python answers `covers` at once: its matching may take for ever on what Java's takes for ever too."""
        endless = len(re.findall(r"[*+]|,\}", self.node.text))
        return not _REPEATED.search(self.node.text) and len(url) <= _LENGTHS.get(endless, 0)


def _java(text: str) -> re.Pattern[str] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # what Python may read otherwise one day
            return java_pattern(text)
    except (EngineError, RecursionError):
        return None


def patterns(body: Body) -> Iterator[Pattern]:
    """Those that a settings body sets, nested or by their dotted name."""
    for scope in ("persistent", "transient"):
        value = _setting(body.root.get(scope))
        for node in (value, *value.items) if value else ():
            if node.kind == "text":
                yield Pattern(body, node)


def _setting(scope: Node | None) -> Node | None:
    rest = TRUSTED
    while scope is not None and rest:
        name = next(
            (str(key.value) for key, _ in scope.members if rest == key.value or rest.startswith(f"{key.value}.")), ""
        )
        scope, rest = (scope.get(name), rest[len(name) + 1 :]) if name else (None, rest)
    return scope


def judge_patterns(body: Body, _file: File) -> Found:
    """Those that Java cannot read, and those that trust more than they seem to."""
    for pattern in patterns(body):
        node = pattern.node
        if pattern.java is None:
            yield Finding("broken-pattern", *body.span(node, 0, len(node.text)), node.text)
        elif dots := list(pattern.dots()):
            edits = together(*(body.edit(node, at, at, "\\") for at in dots))
            yield Finding("bare-dots", *body.span(node, 0, len(node.text)), node.text, edits)


def covered(file: File) -> Found:
    """Addresses of connectors that no pattern of the same file lets through."""
    trusted = [pattern for body in file.found.bodies for pattern in patterns(body)]
    if not trusted or any(pattern.open or pattern.java is None for pattern in trusted):
        return
    for connector in file.connectors:
        for action in connector.actions:
            url, node = connector.url(action), action.get("url")
            if node is None or not known(url) or not all(one.quick(url) for one in trusted):
                continue
            if any(one.covers(url) for one in trusted):
                continue
            scheme, _, rest = url.partition("://")
            other = f"{'http' if scheme == 'https' else 'https'}://{rest}"
            near = next((one for one in trusted if one.covers(other)), None)
            span = connector.body.span(node)
            if near:
                yield Finding("scheme-mismatch", *span, f"{url} ↔ {near.node.text}")
            else:
                yield Finding("url-not-covered", *span, url)
