"""A comparison as people read it: lines for the terminal, Markdown, and a matrix where there are several targets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..judging.evidence import printable
from ..words import WORDS
from .comparing import Difference, differences
from .markdown import code
from .reading import Report


def lines(runs: Sequence[Report], lang: str) -> list[str]:
    """For the terminal: each later run against the first."""
    words = WORDS[lang]
    told: list[str] = []
    for run in runs[1:]:
        told.append(words["runs-compared"].format(old=name(runs[0]), new=name(run)))
        found = differences(runs[0], run)
        told += [f"  {printable(_sentence(one, lang))}" for one in found] or [f"  {words['no-difference']}"]
    return told


def markdown(runs: Sequence[Report], lang: str) -> str:
    """The same in Markdown; behind it the matrix of all runs where they do not agree."""
    words = WORDS[lang]
    parts = [f"# {words['comparison']}"]
    for run in runs[1:]:
        parts.append(f"## {code(name(runs[0]))} → {code(name(run))}")
        rows = [_row(one, lang) for one in differences(runs[0], run)]
        parts.append("\n".join(["| | | | |", "| --- | --- | --- | --- |", *rows]) if rows else words["no-difference"])
    return "\n\n".join([*parts, *_matrix(runs)]) + "\n"


def _row(one: Difference, lang: str) -> str:
    return f"| {WORDS[lang][one.kind]} | {code(one.about)} | {code(one.then)} | {code(one.now)} |"


def _matrix(runs: Sequence[Report]) -> list[str]:
    """Requirement × run, of those that are not judged alike in all."""
    verdicts = [{one.id: one.verdict.value for one in run.judgements} for run in runs]
    ids = sorted({one for found in verdicts for one in found if len({each.get(one) for each in verdicts}) > 1})
    rows = [f"| {code(one)} | {' | '.join(found.get(one, '') for found in verdicts)} |" for one in ids]
    head = [f"| | {' | '.join(code(name(run)) for run in runs)} |", f"|{' --- |' * (len(runs) + 1)}"]
    return ["\n".join([*head, *rows])] if rows else []


def _sentence(one: Difference, lang: str) -> str:
    change = " → ".join(part or "-" for part in (one.then, one.now))
    return f"{WORDS[lang][one.kind]}: {one.about} ({change})"


def name(run: Report) -> str:
    """What a run is called: its folder, or its file."""
    path = Path(run.path)
    return path.parent.name if path.name == "run.ndjson" and path.parent.name else path.name
