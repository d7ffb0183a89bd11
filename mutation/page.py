"""What became of the mutants, as a page: the figure of each module, and every survivor with its reason."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import TestOutcome, WorkerOutcome

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGE = Path(__file__).parents[1] / "docs" / "mutation.md"
REASONS = Path(__file__).parent / "survivors.toml"
HEAD = """<!-- Written by mutation/run.py. Run it again in place of changing this page. -->
# Mutation of the judge's own source

The kill matrix proves that checks notice a broken *target*. This proves that the tests notice a broken *judge*: every
mutant is one small change of `judging/` or `checks/` (a number, a comparison, a condition, a loop, an exception), made
by [cosmic-ray](https://cosmic-ray.readthedocs.io). A mutant of a check is judged by the self-test of that check, any
other by the tests of its module. It is not part of a run in continuous integration.

```sh
pip install --group mutation
python mutation/run.py --each {each}
```

**{killed} of {judged} mutants were killed ({share:.0f} %)**, drawn by seed {seed} from {made}, up to {each} of each
module, in the source of commit {commit}. {left} survived, judged again by the
tests that were written for them (`--again`); {reasons}

## By module

| module | mutants | drawn | killed |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Outcome:
    """One mutant: where, which line it made of which, and whether anything noticed (None: it was not drawn)."""

    module: str
    before: str
    after: str
    killed: bool | None


def outcomes(session: WorkDB) -> list[Outcome]:
    """Every mutant of a session but those of operators that are left out."""
    found = []
    for item, result in session.completed_work_items:
        if result.output == "Filtered operator":
            continue
        drawn = result.worker_outcome is not WorkerOutcome.SKIPPED
        killed = result.test_outcome is not TestOutcome.SURVIVED if drawn else None
        before, after = (_line(result.diff or "", sign) for sign in "-+")
        found.append(Outcome(item.mutations[0].module_path.as_posix().partition("/")[2], before, after, killed))
    return found


def _line(diff: str, sign: str) -> str:
    found = re.findall(rf"^[{sign}](?![{sign}])(.*)$", diff, re.MULTILINE)
    return " ".join(" ".join(found).split())


def page_of(found: Sequence[Outcome], each: int, seed: int, commit: str) -> str:
    """The page, of the source of a commit."""
    drawn = [one for one in found if one.killed is not None]
    left = sorted((one for one in drawn if not one.killed), key=lambda one: (one.module, one.before, one.after))
    counts = {"judged": len(drawn), "killed": len(drawn) - len(left), "made": len(found), "left": len(left)}
    why = [_reason(one) for one in left]
    unsaid = why.count("")
    head = HEAD.format(
        **counts, each=each, seed=seed, commit=commit, share=100 * counts["killed"] / max(len(drawn), 1),
        reasons=f"{unsaid} of them nobody has looked at yet." if unsaid else "each is listed with the reason.",
    )  # fmt: skip
    rows = [
        f"| `{one.module}` | `{one.before}` | `{one.after}` | {reason} |" for one, reason in zip(left, why, strict=True)
    ]
    heads = ["", "## Survivors", "", "| module | line | mutant | why it may live |", "| --- | --- | --- | --- |"]
    return head + "\n".join([*_by_module(found), *heads, *(row.replace("||", "\\|\\|") for row in rows)]) + "\n"


def _by_module(found: Sequence[Outcome]) -> list[str]:
    modules = defaultdict(list)
    for one in found:
        modules[one.module].append(one.killed)
    return [
        f"| `{module}` | {len(killed)} | {len(killed) - killed.count(None)} | {killed.count(True)} |"
        for module, killed in sorted(modules.items())
    ]


def _reason(one: Outcome) -> str:
    """The reason of the first row whose words stand in the mutant."""
    known = tomllib.loads(REASONS.read_text("utf-8"))
    rows = (*known.get(one.module, ()), *known["any"])
    return next((row["because"] for row in rows if row["mutant"] in one.after), "")
