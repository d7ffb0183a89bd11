"""What the page of a comparison shows: what changed from the first run to each other, and all runs in one matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ..judging.verdicts import Verdict
from .comparing import REGRESSIONS, Difference, differences, facts, latencies, shift, told
from .comparison import names
from .html import GROUP_WORDS, group
from .pages import render
from .reading import Judged, Report


def html(runs: Sequence[Report], lang: str) -> str:
    """The whole file, first shown in `lang`. ImportError, with the command that helps, without Jinja2."""
    return render("compare.html.j2", lang, **view(runs))


def view(runs: Sequence[Report]) -> dict[str, Any]:
    """What the template is given."""
    rows = list(_rows(runs))
    return {
        "columns": [Column(*pair) for pair in zip(names(runs), runs, strict=True)],
        "changes": [_kinds(differences(runs[0], run)) for run in runs[1:]],
        "regressions": REGRESSIONS,
        "rows": rows,
        "unlike": sum(row.unlike for row in rows),
        "facts": _unlike_facts(runs),
        "operations": _operations(runs),
        "group": group,
        "group_words": GROUP_WORDS,
        "verdicts": frozenset(one.value for one in Verdict),
    }


@dataclass(frozen=True)
class Column:
    """One run: what it is called, and how it went."""

    name: str
    run: Report

    @property
    def state(self) -> str:
        """passed, failed or cut."""
        return "cut" if self.run.cut else "failed" if self.run.end["exit"] else "passed"

    @property
    def groups(self) -> Counter[str]:
        """Group -> how many requirements."""
        return Counter(group(one) for one in self.run.judgements)


@dataclass(frozen=True)
class Row:
    """One requirement over all runs; None where a run has not judged it."""

    id: str
    cells: Sequence[Judged | None]

    @property
    def known(self) -> Judged:
        """One judgement of it, for what all of them share."""
        return next(one for one in self.cells if one)

    @property
    def unlike(self) -> bool:
        """Whether the runs differ in it."""
        return len({one.verdict if one else None for one in self.cells}) > 1


def _rows(runs: Sequence[Report]) -> Iterator[Row]:
    """Every requirement that any run has judged, in the order of the first that did."""
    judged = [{one.id: one for one in run.judgements} for run in runs]
    for one in dict.fromkeys(requirement for found in judged for requirement in found):
        yield Row(one, [found.get(one) for found in judged])


def _kinds(found: Sequence[Difference]) -> list[tuple[str, list[Difference]]]:
    """The differences, kind by kind in their order."""
    return [(kind, list(some)) for kind, some in groupby(found, key=lambda one: one.kind)]


def _unlike_facts(runs: Sequence[Report]) -> Mapping[str, list[str]]:
    """Name of a fact -> its value in each run, of those in which the runs differ."""
    known = [dict(facts(run.header)) for run in runs]
    every = {name: [one.get(name, "") for one in known] for name in dict.fromkeys(key for one in known for key in one)}
    return {name: list(map(str, values)) for name, values in every.items() if any(one != values[0] for one in values)}


def _operations(runs: Sequence[Report]) -> Mapping[str, list[tuple[str, str]]]:
    """Operation -> for each run its latency in words, and how it has shifted from the first run's."""
    found = [latencies(run) for run in runs]
    every = dict.fromkeys(name for one in found for name in one)
    return {name: [_latency(found[0].get(name, []), one.get(name, [])) for one in found] for name in every}


def _latency(first: Sequence[float], seconds: Sequence[float]) -> tuple[str, str]:
    return (told(seconds), shift(first, seconds)) if seconds else ("", "")
