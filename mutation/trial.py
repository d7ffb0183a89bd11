"""Judges the one mutant that stands in this clone: exit status 0 where nothing notices it.

A mutant of a check is judged by the self-test of that check: its faults on a bench of its own. Any other by the tests
of its module.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_polarsearch.checks.contract import Check

#: Module -> tests that judge it; a module of checks that is not here is judged by the self-test.
TESTS = {
    "judging/budget": ["tests/unit/test_budget_toll.py"],
    "judging/canaries": ["tests/unit/test_canaries.py"],
    "judging/deviations": ["tests/unit/test_ledger_entries.py"],
    "judging/diagnosis": ["tests/unit/test_causes.py", "tests/unit/test_words.py"],
    "judging/evidence": ["tests/unit/test_evidence.py", "tests/unit/test_words.py"],
    "judging/honesty": ["tests/unit/test_honesty_gate.py"],
    "judging/judge": ["tests/unit/test_judge.py", "tests/unit/test_retry_client.py"],
    "judging/logs": ["tests/unit/test_redaction.py"],
    "judging/redaction": ["tests/unit/test_redaction.py", "tests/unit/test_canaries.py"],
    "judging/standing": ["tests/unit/test_on_the_way_down.py", "tests/unit/test_honesty_gate.py"],
    "judging/travel": ["tests/unit/test_words.py", "tests/unit/test_honesty_gate.py"],
    "judging/verdicts": ["tests/unit/test_judge.py", "tests/unit/test_words.py", "tests/unit/test_ledger_entries.py"],
    "judging/words": ["tests/unit/test_words.py", "tests/unit/test_sets.py"],
    "checks/__init__": ["tests/unit/test_registry.py", "tests/meta/test_registry.py"],
    "checks/bench": ["tests/unit/test_context.py"],
    "checks/claims": [
        "tests/unit/test_context.py",
        "tests/unit/test_judge.py",
        "tests/parity/test_frozen_truth.py::test_every_recorded_refusal_is_read_as_one",
    ],
    "checks/context": ["tests/unit/test_context.py", "tests/unit/test_judge.py"],
    "checks/contract": ["tests/unit/test_contract.py", "tests/unit/test_context.py"],
    "checks/measures": ["tests/unit/test_measures.py"],
    "checks/drawing": ["tests/unit/test_drawing.py"],
    "checks/tools": ["tests/unit/test_measures.py"],
}
#: What judges the checks of any module beside the self-test, for those of that module.
STATUSES = "tests/meta/test_accepted_statuses.py"
#: What stands below checks -> modules whose self-test judges it beside its tests.
BELOW = {
    "checks/claims": ("deploy", "updates"),
    "checks/context": ("accounts", "honesty", "substitution"),
    "checks/dialect": ("reranking", "refusals"),
    "checks/measures": ("meaning", "embeddings"),
    "checks/tools": ("chat", "predict"),
}


def mutated() -> tuple[Path, int]:
    """The file that differs from the commit, and the line."""
    diff = subprocess.run(
        ["git", "diff", "-U0", "--no-color", "--", "pytest_polarsearch"], capture_output=True, text=True, check=True
    ).stdout
    [file] = re.findall(r"^\+\+\+ b/(.+)$", diff, re.MULTILINE)
    return Path(file), int(re.findall(r"^@@ -\d+(?:,\d+)? \+(\d+)", diff, re.MULTILINE)[0])


def around(file: Path, line: int) -> str:
    """The function at the top of the module in which a line stands, or nothing."""
    for node in ast.parse(file.read_text("utf-8")).body:
        first = min(one.lineno for one in (node, *getattr(node, "decorator_list", ())))
        if isinstance(node, ast.FunctionDef) and first <= line <= (node.end_lineno or 0):
            return node.name
    return ""


def theirs(*modules: str) -> dict[str, Check]:
    """The checks of these modules."""
    from pytest_polarsearch.checks import all_checks

    names = {f"pytest_polarsearch.checks.{module}" for module in modules}
    return {one: check for one, check in all_checks().items() if check.body.__module__ in names}


def noticed_by_self_test(modules: tuple[str, ...], function: str = "") -> bool:
    """Whether the checks of these modules, or the one that is this function, do other than they declare."""
    from pytest_polarsearch.selftest import kill_matrix
    from pytest_polarsearch.settings import resolve

    every = theirs(*modules)
    own = {one: check for one, check in every.items() if check.body.__name__ == function}
    checks = own or every
    faults = {fault for check in checks.values() for fault in check.killed_by}
    settings = resolve(lambda _option: None, lambda _name: None, {})
    told = kill_matrix(settings, faults, checks=checks).problems()
    # what a check stands on is not among the few that are judged here
    problems = [one for one in told if "end as setup-failed" not in one]
    sys.stdout.write("\n".join(problems))
    return bool(problems)


def red(*tests: str) -> bool:
    """Whether these tests fail; that there are none is no failure."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, check=False).returncode not in (0, 5)


def noticed(module: str, file: Path, line: int) -> bool:
    """Whether anything that judges the module is red."""
    if module in TESTS and red(*TESTS[module]):
        return True
    if module in BELOW:
        return noticed_by_self_test(BELOW[module])
    if module in TESTS:
        return False
    return noticed_by_self_test((file.stem,), around(file, line)) or red(STATUSES, "-k", " or ".join(theirs(file.stem)))


def sound(only: list[str]) -> int:
    """1 where something is red without any mutant, of everything or of some modules."""
    files = [file for room in ("judging", "checks") for file in sorted(Path("pytest_polarsearch", room).glob("*.py"))]
    modules = {"/".join(file.with_suffix("").parts[1:]): file for file in files}
    named = [one.removesuffix(".py") for one in only]
    return any(
        noticed(module, file, 0) for module, file in modules.items() if not named or module.endswith(tuple(named))
    )


def main() -> int:
    """1 where the mutant is noticed."""
    if sys.argv[1:2] == ["--sound"]:
        return sound(sys.argv[2:])
    file, line = mutated()
    return noticed("/".join(file.with_suffix("").parts[1:]), file, line)


if __name__ == "__main__":
    sys.exit(main())
