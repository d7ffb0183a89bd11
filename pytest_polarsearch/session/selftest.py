"""The self-test as pytest sees it: a test for each fault, judged on one bench a process, and the sum at the end."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..checks import all_checks
from ..judging.evidence import printable
from ..plugin import settings_of
from ..selftest import Bench, KillMatrix, declared_faults, page_of

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

SUITE = Path(__file__).parents[1] / "suite" / "test_selftest.py"
#: The kill matrix in the folder of a run's reports.
MATRIX = "kill-matrix.md"
#: How node ids of the self-test begin, wherever the package is installed.
NODE = "polarsearch-selftest"
#: Options that name a target, or another thing to do: the self-test has its own emulator and mock.
ELSEWHERE = ("", "host", "endpoint", "advertise", "record", "deviations", "budget", "rate")


class Unproven(Exception):
    """The self-test found something wrong; the text is the whole story."""


def register(config: pytest.Config) -> None:
    """Aim the run at the self-test. Raises pytest.UsageError where other options ask for another thing."""
    settings = settings_of(config)
    strange = [f"--polarsearch-{name}".rstrip("-") for name in ELSEWHERE if settings.given(name)]
    if strange:
        raise pytest.UsageError(
            f"--polarsearch-selftest judges the checks on the built-in emulator and mock; leave out {strange[0]}"
        )
    _made(settings["report"])
    config.args = [str(SUITE)]
    config.pluginmanager.register(SelfTest(config), "polarsearch-selftest")


def _made(folder: str | None) -> None:
    """Make the folder of the reports before the work. Raises pytest.UsageError where that cannot be."""
    try:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise pytest.UsageError(
            f"--polarsearch-report {folder} cannot be made ({error.strerror}), where {MATRIX} was to be written; "
            "name a folder that can"
        ) from None


class SelfTest:
    """Registered when the self-test runs: makes its cases, keeps the bench, tells what is wrong in plain sentences."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        #: Fault -> the lines of the kill matrix, as its test told them.
        self._rows: dict[str, list[str]] = {}

    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        """Node ids are short, wherever the package is installed."""
        return pytest.Module.from_parent(parent, path=module_path, nodeid=NODE) if module_path == SUITE else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One case a fault that some check declares."""
        if "polarsearch_fault" in metafunc.fixturenames:
            metafunc.parametrize("polarsearch_fault", declared_faults())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """The sentences in place of a traceback."""
        report = yield
        if call.excinfo is not None and isinstance(call.excinfo.value, Unproven):
            report.longrepr = printable_lines(str(call.excinfo.value))
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep what was proved, also from a worker."""
        if report.when == "call":
            self._rows |= dict(report.user_properties).get("polarsearch_killed", {})

    def pytest_sessionfinish(self) -> None:
        """Write the matrix of what was proved, where the run has a folder for it."""
        folder = settings_of(self._config)["report"]
        if folder and self._rows and not hasattr(self._config, "workerinput"):
            (Path(folder) / MATRIX).write_text(page_of(len(all_checks()), self._rows), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """How much was proved."""
        if self._rows:
            pairs = sum(map(len, self._rows.values()))
            terminalreporter.section("self-test")
            terminalreporter.line(f"{len(self._rows)} faults, {pairs} pairs of a fault and a check that it turns red")


def prove_sound(bench: Bench) -> None:
    """Every check passes without a fault. Raises Unproven."""
    _raise(KillMatrix(bench.checks, bench.sound))


def prove_fault(bench: Bench, fault: str) -> list[str]:
    """A fault turns exactly those checks red that declare it; its lines of the kill matrix. Raises Unproven."""
    matrix = KillMatrix(bench.checks, {}, {fault: bench.under(fault)})
    _raise(matrix)
    return matrix.lines_of(fault)


def _raise(matrix: KillMatrix) -> None:
    problems = list(matrix.problems())
    if problems:
        raise Unproven("\n".join(problems))


def printable_lines(text: str) -> str:
    """A text of several lines without what a terminal would obey."""
    return "\n".join(map(printable, text.splitlines()))
