"""The look at the end of every run: does anything on the cluster still bear its mark?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..client import NoAnswer
from ..exchange import NotJson
from ..verbs import MlCommons
from ..words import said
from .journal_reading import Story, journals
from .sweep import Sweep, clear_unmarked, restore_settings


@dataclass(frozen=True)
class Leaks:
    """What the run leaves on the cluster, wanted (`kept`) or not (`left`), as sentences."""

    left: list[str]
    kept: list[str]


def sweep_own(
    ml: MlCommons, timeout: float, folder: Path, run_id: str, *, keep: bool, kept: Sequence[str], left: Sequence[str]
) -> Leaks:
    """Remove what still bears the run's mark, and heal what its crashed workers left, unless it is to be kept."""
    sweep = Sweep(ml, timeout)
    try:
        others = [story for story in journals(folder, run_id) if story.begin.get("pid") != os.getpid()]
        found = [one for one in sweep.find(run_id) if not any(one.id in named for named in kept)]
        if keep:
            return Leaks([*left], [*kept, *(f"{one.kind} {one.id} {one.name}" for one in found)])
        sweep.remove(found)
        for story in others:
            _heal(sweep, story)
    except (NoAnswer, NotJson) as error:
        sweep.left.append(said("left.unseen", run=run_id, why=error.args[0]))
    gone = {one.id for one in sweep.gone}
    still = [one for one in left if not any(resource in one for resource in gone)]
    return Leaks([*still, *(one for one in sweep.left if not _named(one, still))], [*kept])


def _heal(sweep: Sweep, story: Story) -> None:
    clear_unmarked(sweep, story)
    sweep.said += restore_settings(sweep.ml, story)
    if not sweep.left:
        story.path.unlink(missing_ok=True)


def _named(sentence: str, others: Sequence[str]) -> bool:
    """Whether another sentence already tells of the same resource: kind and id begin both."""
    return any(one.split()[:2] == sentence.split()[:2] for one in others)
