"""The kill matrix: which fault turned which check red, what is wrong with that, and the page that shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from ..checks import all_checks
from ..checks.contract import Check
from ..judging.verdicts import Judgement, Verdict
from ..settings import Settings, closest
from ..words import said
from .bench import Bench

#: Verdicts that a fault has to bring about in its victims, and may bring about nowhere else.
RED = (Verdict.FAIL, Verdict.WARN, Verdict.NOT_OBSERVED)
#: Verdicts that are nobody's finding: our own mistake, or a run that could not be prepared.
BAD = (Verdict.HARNESS_ERROR, Verdict.SETUP_FAILED)
#: Verdicts without a fault that say nothing against a user's target, and leave nothing to be proved there.
UNJUDGED = (Verdict.NOT_APPLICABLE, Verdict.BLOCKED)
#: The reason code of a judgement that compared something; its message has three parts, any other has one.
MISMATCH = "mismatch"

HEAD = """# Kill matrix

Each check is judged under each fault of the built-in emulator (`mlcommons.`) and service (`dashscope.`). A row says
that the fault turns the check red, the reason code, and what the check looked at; under every other fault the check is
not red. A check that cannot be judged because a model could not be made under the fault is blocked, which is not red.

{counted}. Written by `pytest-polarsearch selftest --matrix docs/kill-matrix.md`.
"""


@dataclass
class KillMatrix:
    """Fault -> check -> judgement, beside the judgements without a fault, and what is wrong with them."""

    checks: Mapping[str, Check]
    sound: Mapping[str, Judgement] = field(default_factory=dict)
    rows: dict[str, Mapping[str, Judgement]] = field(default_factory=dict)
    #: Whether it is a user's own target, which need not have what every check asks for.
    elsewhere: bool = False

    def victims(self, fault: str) -> list[str]:
        """The checks that the fault turned red."""
        judged = self.rows[fault].items()
        return [check for check, found in judged if found.verdict in RED and self._sound(check) is Verdict.PASS]

    def _sound(self, check: str) -> Verdict:
        return self.sound[check].verdict if check in self.sound else Verdict.PASS

    @property
    def aside(self) -> dict[str, str]:
        """The checks that this target cannot be judged by, whatever fault is on, each with the reason."""
        found = {one: judged.why for one, judged in self.sound.items() if judged.verdict in UNJUDGED}
        return found if self.elsewhere else {}

    @property
    def unproven(self) -> list[str]:
        """The faults none of whose victims can be judged on this target."""
        return [fault for fault in self.rows if (found := self._declared(fault)) and not found - self.aside.keys()]

    def not_here(self) -> Iterator[str]:
        """A sentence for each reason that keeps checks, and for each fault that is kept, from being proved here."""
        reasons = dict.fromkeys(self.aside.values())
        for reason in reasons:
            checks = [one for one, why in self.aside.items() if why == reason]
            yield said("selftest.not-judged", count=len(checks), reason=reason, checks=", ".join(checks))
        yield from (said("selftest.no-check-left", fault=fault) for fault in self.unproven)

    def _declared(self, fault: str) -> set[str]:
        return {one for one, check in self.checks.items() if fault in check.killed_by}

    def problems(self) -> Iterator[str]:
        """A sentence for each check that should have been red and was not, or was and should not."""
        yield from self.problems_without_fault()
        for fault in self.rows:
            yield from self.problems_of(fault)

    def problems_without_fault(self) -> Iterator[str]:
        """The sentences on the sound run."""
        for one, judged in self.sound.items():
            if judged.verdict is not Verdict.PASS and one not in self.aside:
                yield f"{one} ends as {judged.verdict.value} without any fault: {judged.why}"

    def problems_of(self, fault: str) -> Iterator[str]:
        """The sentences on one fault; checks that do not pass without it prove nothing under it."""
        known = self._declared(fault)
        declared = {one for one in known if self._sound(one) is Verdict.PASS}
        red = set(self.victims(fault))
        if not known:
            yield f"{fault} is no check's killer"
        yield from (self._not_red(fault, one) for one in sorted(declared - red))
        yield from (f"{fault} turned {one} red, which does not declare it" for one in sorted(red - declared))
        yield from (f"{fault} turned {one} red, but {gap}" for one in sorted(red) if (gap := self._unsaid(fault, one)))
        for one, judged in self.rows[fault].items():
            if judged.verdict in BAD and self._sound(one) is Verdict.PASS:
                yield f"{fault} made {one} end as {judged.verdict.value}: {judged.why}"

    def _not_red(self, fault: str, check: str) -> str:
        judged = self.rows[fault].get(check)
        if judged is not None and judged.verdict is Verdict.NOT_APPLICABLE:
            return f"{fault}: {check} could not be judged under it, because {judged.why}"
        return f"{fault} did not turn {check} red"

    def _unsaid(self, fault: str, check: str) -> str:
        """What a reader of the red judgement is not told; nothing where all is said."""
        judged = self.rows[fault][check]
        if not judged.code:
            return "gives no reason code"
        parts = ("looked_at", "expected", "actual") if judged.code == MISMATCH else ("why",)
        silent = [part for part in parts if not getattr(judged, part).strip()]
        return f"its message leaves out {', '.join(silent)}" if silent else ""

    def page(self) -> str:
        """The matrix as a page of the documentation."""
        return page_of(len(self.checks), {fault: self.lines_of(fault) for fault in self.rows}, list(self.not_here()))

    def lines_of(self, fault: str) -> list[str]:
        """What a fault turned red, as lines of the page: verdict, reason code, what was looked at."""
        row = self.rows[fault]
        return [_line(fault, one, row[one]) for one in sorted(self.victims(fault))]

    def markdown(self) -> str:
        """The matrix as a table."""
        return table_of({fault: self.lines_of(fault) for fault in self.rows})


def page_of(checks: int, rows: Mapping[str, Sequence[str]], not_here: Sequence[str] = ()) -> str:
    """The page of the documentation: how many checks were judged, the lines of each fault, and what was not proved."""
    counted = f"{checks} checks, {len(rows)} faults, {sum(map(len, rows.values()))} pairs"
    left_out = "".join(f"\n- {sentence}" for sentence in not_here)
    return f"{HEAD.format(counted=counted)}\n{table_of(rows)}" + (
        f"\nNot proved on this target:\n{left_out}\n" if left_out else ""
    )


def table_of(rows: Mapping[str, Sequence[str]]) -> str:
    """The lines of each fault under their heads, by name."""
    heads = ["| fault | turns red | verdict | code | because of |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*heads, *(line for fault in sorted(rows) for line in rows[fault])]) + "\n"


def _line(fault: str, check: str, judged: Judgement) -> str:
    because = _cell(judged.looked_at or judged.why)
    return f"| `{fault}` | `{check}` | {judged.verdict.value} | {judged.code} | {because} |"


#: What another run has otherwise, and what stands for it.
VARYING = (
    (
        re.compile(r"/(models|connectors|tasks|model_groups)/(?!_(?:create|register|search|(?:un)?deploy)\b)[^/ ?]+"),
        r"/\1/ID",
    ),
    (re.compile(r"/_predict/(\w+)/[^/ ?]+"), r"/_predict/\1/ID"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), ""),
    (re.compile(r" after \d+\.\d s"), " after the deadline"),
)


def _cell(text: str) -> str:
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    return " ".join(text.replace("|", "\\|").split())[:160]


def declared_faults(checks: Mapping[str, Check] | None = None) -> list[str]:
    """Every fault that some check names as its killer."""
    return sorted({fault for check in (checks or all_checks()).values() for fault in check.killed_by})


def known_name(fault: str) -> str:
    """The same name. Raises UnknownFault, with the closest one, where no fault is called so."""
    from polarsearch_mock.faults import UnknownFault
    from polarsearch_mock.proxy.tables import every_fault

    known = every_fault()
    if fault not in known:
        raise UnknownFault(f"no fault is called {fault!r}{closest(fault, known)}; docs/faults.md lists them")
    return fault


def known_faults() -> Mapping[str, str]:
    """Every fault of the emulator, with what a cluster with it does."""
    from polarsearch_mock.proxy.tables import every_fault

    return {name: fault.imitates for name, fault in every_fault().items() if name.startswith("mlcommons.")}


def kill_matrix(
    settings: Settings,
    faults: Iterable[str] | None = None,
    *,
    checks: Mapping[str, Check] | None = None,
    tell: Callable[[str, KillMatrix], None] = lambda _fault, _matrix: None,
) -> KillMatrix:
    """Judge all checks under each fault (by default: all that are declared); `tell` hears of each that is done."""
    checks = checks or all_checks()
    names = sorted(set(declared_faults(checks) if faults is None else map(known_name, faults)))
    with closing(Bench(settings, names, checks)) as bench:
        matrix = KillMatrix(checks, bench.sound, elsewhere=bench.elsewhere)
        for fault in names:
            matrix.rows[fault] = bench.under(fault)
            tell(fault, matrix)
    return matrix
