"""Comments that keep rules silent: `# polarsearch: ignore[RULE]`, in Markdown `<!-- polarsearch: ignore[RULE] -->`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..settings import closest
from .findings import Finding, rules
from .reading import Unit, place

_COMMENT = re.compile(r"(?P<opens>#|//|<!--)[ \t]*polarsearch:[ \t]*ignore\[(?P<rules>[^\]\n]*)\]")


@dataclass(frozen=True)
class Silence:
    """Rules that are silent from one offset to another."""

    start: int
    end: int
    rules: frozenset[str]

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is not to be told."""
        return finding.rule in self.rules and self.start <= finding.start < self.end


def silences(source: str, units: Sequence[Unit]) -> list[Silence]:
    """What the comments of a file say. Raises ValueError where one names no rule.

    A comment counts for its line. Alone on a line it counts for the next line too, and where a command, a request or a
    fenced block begins there, for all of that.
    """
    return [one for comment in _COMMENT.finditer(source) for one in _reach(source, comment, units)]


def _reach(source: str, comment: re.Match[str], units: Sequence[Unit]) -> Iterator[Silence]:
    named = _named(source, comment)
    start = source.rfind("\n", 0, comment.start()) + 1
    end = _line_end(source, comment.end())
    if not source[start : comment.start()].strip():
        following = re.compile(r"\s*").match(source, end)
        begin = following.end() if following else end
        end = _line_end(source, begin)
        line = source.rfind("\n", 0, begin) + 1
        end = max([end, *(unit.end for unit in units if line <= unit.start < end)])
    yield Silence(start, end, named)


def _line_end(source: str, at: int) -> int:
    end = source.find("\n", at)
    return len(source) if end < 0 else end


def _named(source: str, comment: re.Match[str]) -> frozenset[str]:
    names = [name.strip() for name in comment["rules"].split(",")]
    for name in names:
        if name not in rules():
            line, _ = place(source, comment.start())
            raise ValueError(f"line {line}: a comment ignores {name!r}, which is no rule{closest(name, rules())}")
    return frozenset(names)
