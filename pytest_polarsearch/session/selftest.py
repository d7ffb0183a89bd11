"""The self-test as pytest sees it: a test for each fault, judged on one bench a process, and the sum at the end."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..checks import all_checks
from ..client import NoAnswer
from ..judging.evidence import printable
from ..plugin import settings_of
from ..preflight import TargetUnusable
from ..provision.cluster_settings import SettingsRefused
from ..selftest import Bench, KillMatrix, declared_faults, look_first, page_of
from ..selftest.stage import is_elsewhere, redacting
from ..settings import Settings
from ..words import said, spoken, text_of

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

SUITE = Path(__file__).parents[1] / "suite" / "test_selftest.py"
#: The kill matrix in the folder of a run's reports.
MATRIX = "kill-matrix.md"
#: How node ids of the self-test begin, wherever the package is installed.
NODE = "polarsearch-selftest"
#: Options that ask for another thing than a self-test, and those that only a user's own target gives a meaning.
ELSEWHERE, COSTS = ("", "record", "deviations"), ("budget", "rate")


class Unproven(Exception):
    """The self-test found something wrong; the text is the whole story."""


def register(config: pytest.Config) -> None:
    """Aim the run at the self-test. Raises pytest.UsageError where other options ask for another thing."""
    settings = settings_of(config)
    refused = ELSEWHERE if is_elsewhere(settings) else (*ELSEWHERE, *COSTS)
    strange = [f"--polarsearch-{name}".rstrip("-") for name in refused if settings.given(name)]
    if strange:
        raise pytest.UsageError(spoken(said("usage.selftest-alone", option=strange[0]), settings["lang"]))
    _made(settings["report"], settings["lang"])
    if is_elsewhere(settings) and not hasattr(config, "workerinput"):
        _look_first(settings)
    config.args = [str(SUITE)]
    config.pluginmanager.register(SelfTest(config), "polarsearch-selftest")


def _made(folder: str | None, lang: str) -> None:
    """Make the folder of the reports before the work. Raises pytest.UsageError where that cannot be."""
    try:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = said("usage.matrix-folder", folder=folder, why=error.strerror, file=MATRIX)
        raise pytest.UsageError(spoken(told, lang)) from None


def _look_first(settings: Settings) -> None:
    """A target that cannot be used ends the run before any test, with one sentence."""
    try:
        look_first(settings)
    except (TargetUnusable, NoAnswer, SettingsRefused) as error:
        raise pytest.UsageError(printable(redacting(settings)(spoken(error.args[0], settings["lang"])))) from None


#: What is told in its own sentence, without a traceback.
TOLD = (Unproven, TargetUnusable, NoAnswer, SettingsRefused)


class SelfTest:
    """Registered when the self-test runs: makes its cases, keeps the bench, tells what is wrong in plain sentences."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._redact = config, redacting(settings_of(config))
        #: Fault -> the lines of the kill matrix, as its test told them.
        self._rows: dict[str, list[str]] = {}
        #: What the target cannot be judged by, in sentences.
        self._not_here: list[str] = []

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
        if call.excinfo is not None and isinstance(call.excinfo.value, TOLD):
            report.longrepr = printable_lines(self._redact(str(call.excinfo.value)))
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep what was proved, also from a worker."""
        told = dict(report.user_properties)
        if report.when == "call":
            self._rows |= told.get("polarsearch_killed", {})
            self._not_here += map(text_of, told.get("polarsearch_not_here", ()))

    def pytest_sessionfinish(self) -> None:
        """Write the matrix of what was proved, where the run has a folder for it."""
        folder = settings_of(self._config)["report"]
        if folder and self._rows and not hasattr(self._config, "workerinput"):
            page = page_of(len(all_checks()), self._rows, self._not_here)
            (Path(folder) / MATRIX).write_text(self._redact(page), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """How much was proved, and what cannot be on this target."""
        if self._rows or self._not_here:
            pairs = sum(map(len, self._rows.values()))
            terminalreporter.section("self-test")
            for sentence in self._not_here:
                terminalreporter.line(printable(self._redact(spoken(sentence, settings_of(self._config)["lang"]))))
            terminalreporter.line(f"{len(self._rows)} faults, {pairs} pairs of a fault and a check that it turns red")


def purse_of(config: pytest.Config) -> str:
    """What all workers of a run pay from; nothing where there is one process."""
    return str(getattr(config, "workerinput", {}).get("testrunuid", ""))


def prove_sound(bench: Bench) -> list[str]:
    """Every check passes without a fault; sentences on those that are not judged here. Raises Unproven."""
    matrix = KillMatrix(bench.checks, bench.sound, elsewhere=bench.elsewhere)
    _raise(matrix.problems())
    return list(matrix.not_here())


def prove_fault(bench: Bench, fault: str) -> list[str] | None:
    """A fault turns exactly those checks red that declare it; its lines of the kill matrix, or None where this target
    can be judged by none of them. Raises Unproven."""
    matrix = KillMatrix(bench.checks, bench.sound, {fault: bench.under(fault)}, bench.elsewhere)
    _raise(matrix.problems_of(fault))
    return None if matrix.unproven else matrix.lines_of(fault)


def _raise(problems: Iterable[str]) -> None:
    told = "\n".join(problems)
    if told:
        raise Unproven(told)


def printable_lines(text: str) -> str:
    """A text of several lines without what a terminal would obey."""
    return "\n".join(map(printable, text.splitlines()))
