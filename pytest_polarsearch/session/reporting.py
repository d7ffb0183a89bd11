"""pytest's side of reports: the controller writes the event stream as judgements come in, and reports at the end."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from ..plugin import HOLDER, _holder, settings_of
from ..plugin import NODE as OURS
from ..reports.events import NAME, EventStream, header
from ..requirements.registry import load
from .conformance import LOOKING


class Reporting:
    """Registered in the controller when a run is reported on."""

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self._config, self._folder = config, folder
        self._stream: EventStream | None = None

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
        run = _holder(self._config).get()
        try:
            self._stream = EventStream(self._folder / NAME)
        except OSError as error:
            raise pytest.UsageError(
                f"--polarsearch-report {self._folder}: {error.strerror}; name a folder that can be written"
            ) from None
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
            self._stream.end(int(session.exitstatus), left, kept)
        return result


def reporting_of(config: pytest.Config) -> Reporting | None:
    """The plugin for this process: none in workers, none where nobody asked."""
    folder = settings_of(config)["report"]
    return None if folder is None or hasattr(config, "workerinput") else Reporting(config, Path(folder))
