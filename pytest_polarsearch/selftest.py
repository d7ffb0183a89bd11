"""Judges the judge: every check against its faults and all others, on the built-in emulator and mock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from .checks import all_checks
from .judging.verdicts import Judgement, Verdict
from .provision.naming import new_run_id
from .requirements.registry import load
from .run import Part, Run, open_run
from .settings import Settings

#: Verdicts that a fault has to bring about in its victims, and may bring about nowhere else.
RED = (Verdict.FAIL, Verdict.WARN, Verdict.NOT_OBSERVED)
#: Verdicts that are nobody's finding: our own mistake, or a run that could not be prepared.
BAD = (Verdict.HARNESS_ERROR, Verdict.SETUP_FAILED)
#: Seconds within which the built-in servers reach every state: what they have not reached then they never will.
TIMEOUT = 0.3


@dataclass
class KillMatrix:
    """Fault -> check -> judgement, and what is wrong with it."""

    rows: dict[str, dict[str, Judgement]] = field(default_factory=dict)

    def victims(self, fault: str) -> list[str]:
        """The checks that the fault turned red."""
        return [check for check, judged in self.rows[fault].items() if judged.verdict in RED]

    def problems(self) -> Iterator[str]:
        """A sentence for each check that should have been red and was not, or was and should not."""
        for fault, judgements in self.rows.items():
            declared = {check.id for check in all_checks().values() if fault in check.killed_by}
            red = set(self.victims(fault))
            yield from (f"{fault} did not turn {one} red" for one in sorted(declared - red))
            yield from (f"{fault} turned {one} red, which does not declare it" for one in sorted(red - declared))
            for one, judged in judgements.items():
                if judged.verdict in BAD:
                    yield f"{fault} made {one} end as {judged.verdict.value}: {judged.why}"

    def markdown(self) -> str:
        """The matrix as a table: fault, what it turned red, the reason that was given."""
        lines = ["| fault | turns red | verdict | because |", "| --- | --- | --- | --- |"]
        for fault in sorted(self.rows):
            for one in self.victims(fault):
                judged = self.rows[fault][one]
                lines.append(
                    f"| `{fault}` | `{one}` | {judged.verdict.value} | {_cell(judged.looked_at or judged.why)} |"
                )
        return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())[:160]


def declared_faults() -> list[str]:
    """Every fault that some check names as its killer."""
    return sorted({fault for check in all_checks().values() for fault in check.killed_by})


def known_faults() -> Mapping[str, str]:
    """Every fault of the emulator, with what a cluster with it does."""
    from polarsearch_mock import Emulator
    from polarsearch_mock.mlcommons.faults import faults_for

    return {f"mlcommons.{fault.name}": fault.imitates for fault in faults_for(Emulator())}


def kill_matrix(settings: Settings, faults: Iterable[str] | None = None) -> KillMatrix:
    """Run all checks once under each fault (by default: all that are declared)."""
    matrix = KillMatrix()
    for fault in declared_faults() if faults is None else faults:
        matrix.rows[fault] = judge_under(settings, fault)
    return matrix


def judge_under(settings: Settings, fault: str | None) -> dict[str, Judgement]:
    """Every check's judgement while a fault is on from the very beginning (None: none is)."""
    checks, requirements = all_checks(), load()
    part = Part(new_run_id())
    with open_run(settings, part, checks.__contains__) as run, ExitStack() as stack:
        if fault:
            stack.enter_context(_switched_on(run, fault))
        return {one: run.judge(requirements[one], check) for one, check in checks.items()}


def _switched_on(run: Run, fault: str) -> Any:
    scope, _, name = fault.partition(".")
    servers = {"mlcommons": run.target.emulator, "dashscope": run.target.observer}
    server = servers[scope]
    if server is None:
        raise ValueError(f"{fault}: this target has no built-in server of that kind")
    return server.fault(name)
