"""pytest's side of reports: the controller writes the event stream as judgements come in, and reports at the end."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..judging.redaction import redactor_of
from ..plugin import HOLDER, holder_of, settings_of
from ..plugin import NODE as OURS
from ..reports.events import NAME, EventStream, header
from ..reports.making import KINDS, write
from ..reports.reading import read_stream
from ..requirements.registry import load
from ..words import WORDS, said, spoken
from .conformance import LOOKING

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


class Reporting:
    """Registered in the controller when a run is reported on."""

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self._config, self._folder = config, folder
        self._stream: EventStream | None = None
        self.problems: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """What is selected is known now, and the target was looked at."""
        conformance: Any = self._config.pluginmanager.get_plugin("polarsearch-conformance")
        self._begin(sorted(conformance.selected))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Under pytest-xdist the controller collects nothing itself."""
        self._begin(sorted(one.partition("[")[2].rstrip("]") for one in ids if one.startswith(f"{OURS}::")))

    def _begin(self, selected: list[str]) -> None:
        if self._stream is not None or any(getattr(self._config.option, name, False) for name in LOOKING):
            return
        run = holder_of(self._config).get()
        try:
            self._stream = EventStream(self._folder / NAME)
        except OSError as error:
            told = said("usage.report-folder", folder=str(self._folder), why=error.strerror)
            raise pytest.UsageError(spoken(told, settings_of(self._config)["lang"])) from None
        self._stream.write("run", header(run, selected, len(load())))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write a judgement, also a worker's."""
        event = report.__dict__.get("polarsearch_event")
        if event and self._stream:
            self._stream.write("judgement", event)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """The footer, then every report, once it is known what was left: around the plugin's own end of the session."""
        result = yield
        if self._stream is not None:
            holder = self._config.stash.get(HOLDER, None)
            left, kept = (holder.left, holder.kept) if holder else ([], [])
            redact = redactor_of(settings_of(self._config))
            self._stream.end(int(session.exitstatus), left, kept, redact)
            self._make_all(self._stream.path)
        return result

    def _make_all(self, stream: Path) -> None:
        """Every report of the table into the folder, and the summary where GitHub shows it."""
        report, lang = read_stream(stream), settings_of(self._config)["lang"]
        for name, kind in KINDS.items():
            try:
                write(report, name, self._folder / kind.file, lang)
            except (OSError, ImportError) as error:
                self.problems.append(f"{kind.file}: {error}")
        step = os.environ.get("GITHUB_STEP_SUMMARY")
        if step:
            with Path(step).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(KINDS["markdown"].make(report, lang))

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Where the reports are, and which could not be made."""
        if self._stream is not None:
            terminalreporter.line(f"{WORDS[settings_of(self._config)['lang']]['reports']}: {self._folder}")
            for problem in self.problems:
                terminalreporter.line(f"  {problem}")


def reporting_of(config: pytest.Config) -> Reporting | None:
    """The plugin for this process: none in workers, none where nobody asked."""
    folder = settings_of(config)["report"]
    return None if folder is None or hasattr(config, "workerinput") else Reporting(config, Path(folder))
