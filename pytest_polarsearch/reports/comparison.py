"""A comparison as people read it: lines for the terminal, Markdown, and a matrix where there are several targets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..judging.evidence import printable
from ..words import WORDS
from .comparing import Difference, differences
from .markdown import code
from .operations import in_words
from .reading import Report


def lines(runs: Sequence[Report], lang: str) -> list[str]:
    """For the terminal: each later run against the first."""
    words, called = WORDS[lang], names(runs)
    told: list[str] = []
    for name, run in zip(called[1:], runs[1:], strict=True):
        told.append(words["runs-compared"].format(old=called[0], new=name))
        found = differences(runs[0], run)
        told += [f"  {printable(_sentence(one, lang))}" for one in found] or [f"  {words['no-difference']}"]
    return told


def markdown(runs: Sequence[Report], lang: str) -> str:
    """The same in Markdown; behind it the matrix of all runs where they do not agree."""
    words, called = WORDS[lang], names(runs)
    parts = [f"# {words['comparison']}"]
    for name, run in zip(called[1:], runs[1:], strict=True):
        parts.append(f"## {code(called[0])} → {code(name)}")
        rows = [_row(one, lang) for one in differences(runs[0], run)]
        parts.append("\n".join(["| | | | |", "| --- | --- | --- | --- |", *rows]) if rows else words["no-difference"])
    return "\n\n".join([*parts, *_matrix(runs)]) + "\n"


def _row(one: Difference, lang: str) -> str:
    return f"| {WORDS[lang][one.kind]} | {code(_about(one, lang))} | {code(one.then)} | {code(one.now)} |"


def _matrix(runs: Sequence[Report]) -> list[str]:
    """Requirement × run, of those that are not judged alike in all."""
    verdicts = [{one.id: one.verdict.value for one in run.judgements} for run in runs]
    ids = sorted({one for found in verdicts for one in found if len({each.get(one) for each in verdicts}) > 1})
    rows = [f"| {code(one)} | {' | '.join(found.get(one, '') for found in verdicts)} |" for one in ids]
    head = [f"| | {' | '.join(map(code, names(runs)))} |", f"|{' --- |' * (len(runs) + 1)}"]
    return ["\n".join([*head, *rows])] if rows else []


def _sentence(one: Difference, lang: str) -> str:
    change = " → ".join(part or "-" for part in (one.then, one.now))
    return f"{WORDS[lang][one.kind]}: {_about(one, lang)} ({change})"


def _about(one: Difference, lang: str) -> str:
    return in_words(one.about, lang) if one.kind in ("slower", "faster") else one.about


def names(runs: Sequence[Report]) -> list[str]:
    """What the runs are called: by their folders, or their files; by their whole paths where that is not enough."""
    short = [_name(Path(run.path)) for run in runs]
    return [one if short.count(one) == 1 else str(run.path) for one, run in zip(short, runs, strict=True)]


def _name(path: Path) -> str:
    return path.parent.name if path.name == "run.ndjson" and path.parent.name else path.name
