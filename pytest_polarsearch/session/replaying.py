"""pytest's side of a replay: one requirement judged by itself, and beside its verdict what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..plugin import settings_of
from ..recording.live import described
from ..recording.replaying import Replayed, replayed
from ..words import WORDS

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from ..judging.verdicts import Judgement
    from ..run import Run

REPLAYED = pytest.StashKey[Replayed]()


def compared(run: Run, judged: Judgement) -> Replayed:
    """The live judgement beside the recorded one."""
    return replayed(run.settings, described(run), judged, run.redact)


class Replaying:
    """Registered in every process of a replay: hands what was found to the controller, which says it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._lines: list[str] = []
        self._faithful = True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> object:
        """What was found travels with the report of the call."""
        report = yield
        found = item.stash.get(REPLAYED, None)
        if found is not None and call.when == "call":
            report.__dict__["polarsearch_replay"] = [found.faithful, list(found.lines)]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep it, also a worker's."""
        faithful, lines = report.__dict__.get("polarsearch_replay", (True, []))
        self._faithful, self._lines = self._faithful and faithful, [*self._lines, *lines]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Whoever asked otherwise than was recorded has replayed nothing."""
        if not self._faithful and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Then and now, requests, answers."""
        if self._lines:
            terminalreporter.section(WORDS[settings_of(self._config)["lang"]]["replay"])
            for line in self._lines:
                terminalreporter.line(line)
