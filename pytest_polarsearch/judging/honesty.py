"""The gate before all judging: a target that fails the honesty probe is judged no further."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ..requirements.registry import Requirement
from ..words import said
from .standing import Standing
from .verdicts import Judgement, Verdict

if TYPE_CHECKING:
    from ..checks.contract import Check

#: Subject of the requirements on which all others stand.
SUBJECT = "honesty"
#: Verdicts by which the probe accuses a target.
ACCUSING = (Verdict.FAIL, Verdict.WARN)

Judge = Callable[["Requirement", "Check"], Judgement]


class Gate:
    """Judges the honesty requirements once, before any other, and lets others be judged only where they hold.

    `probes` are those requirements with their checks, the most telling first, judged by `probe`; `judge` judges the
    rest. `told` are the probe's judgements where another process of the run has made them already.
    """

    def __init__(
        self,
        probe: Judge,
        judge: Judge,
        probes: Sequence[tuple[Requirement, Check]],
        told: Iterable[Judgement] | None = None,
    ) -> None:
        self._probe, self._judge, self._probes = probe, judge, probes
        self._told = None if told is None else {one.id: one for one in told}

    @cached_property
    def judgements(self) -> Mapping[str, Judgement]:
        """What the probe found, by requirement; after the first accusation the rest is blocked by it."""
        if self._told is not None:
            return self._told
        found: dict[str, Judgement] = {}
        for requirement, check in self._probes:
            accused = _accusation(found.values())
            found[requirement.id] = _blocked(requirement, accused) if accused else self._probe(requirement, check)
        return found

    @property
    def accusation(self) -> Judgement | None:
        """Why the target is judged no further, or None where it may be judged."""
        return _accusation(self.judgements.values())

    def judge(self, requirement: Requirement, check: Check) -> Judgement:
        """The verdict on one requirement: the probe's own, or blocked by it, or what judging gives."""
        if requirement.id in self.judgements:
            return self.judgements[requirement.id]
        return _blocked(requirement, self.accusation) if self.accusation else self._judge(requirement, check)


def gate_of(
    judge: Judge,
    known: Mapping[str, tuple[Requirement, Check]],
    told: Iterable[Judgement] | None = None,
    *,
    selected: Callable[[str], bool] = lambda _: True,
) -> Gate:
    """The gate before `judge`: known requirements that are probes come first, others are doubted when red, and only
    what is `selected` can explain them: nobody is told of anything else."""
    probes = [pair for pair in known.values() if pair[0].subject == SUBJECT]
    told_of = {one: pair for one, pair in known.items() if selected(one)}
    return Gate(judge, Standing(judge, told_of).judge, probes, told)


def _accusation(judged: Iterable[Judgement]) -> Judgement | None:
    return next((one for one in judged if one.verdict in ACCUSING), None)


def _blocked(requirement: Requirement, by: Judgement) -> Judgement:
    why = said("because", id=by.id, why=by.actual)
    return Judgement(requirement.id, requirement.level, Verdict.BLOCKED, f"blocked:{by.id}", why)
