"""The suite as pytest sees it: makes its cases, reads verdicts from all workers, sums up, sets the exit status."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Collection, Generator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..judging.evidence import printable
from ..judging.verdicts import MEANINGS, Verdict
from ..judging.words import declared, in_language, summary, untrue
from ..plugin import HOLDER, NODE, SUITE, holder_of, settings_of
from ..requirements.registry import load
from ..words import WORDS
from .asking_price import plan_lines
from .cases import EVENT, JUDGEMENT, Judged, judged_requirements, ledger_of, spread

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

#: How a report that is no plain pass or failure is counted: word in the summary, letter, word with -v.
STATUS = {
    Verdict.WARN: ("warned", "w", ("WARNED", {"yellow": True})),
    Verdict.PROVISIONAL: ("provisional", "p", ("PROVISIONAL", {"yellow": True})),
    Verdict.SETUP_FAILED: ("error", "E", "ERROR"),
    Verdict.HARNESS_ERROR: ("error", "E", "ERROR"),
}
#: The same of those that pytest counts as ever; they are named here only where something was asked again.
PLAIN = {
    Verdict.PASS: ("passed", ".", ("PASSED", {"green": True})),
    Verdict.FAIL: ("failed", "F", ("FAILED", {"red": True})),
    Verdict.NOT_OBSERVED: ("failed", "F", ("FAILED", {"red": True})),
}
#: Options of pytest that only look at tests: nothing may be asked of a cluster then.
LOOKING = ("collectonly", "setupplan", "showfixtures", "show_fixtures_per_test", "markers")


class Conformance:
    """Registered when the suite runs: makes its cases, reads their verdicts, sums up."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._rows: list[dict[str, Any]] = []
        self._ledger = ledger_of(config)
        self.selected: set[str] = set()
        self._announced = False

    @property
    def _lang(self) -> str:
        return str(settings_of(self._config)["lang"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Look at the target before anything is collected, unless pytest only looks at tests itself."""
        looking = any(getattr(session.config.option, name, False) for name in LOOKING)
        if not looking and not hasattr(session.config, "workerinput"):
            holder_of(session.config).get()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker of pytest-xdist what the honesty probe found."""
        node.workerinput["polarsearch_honesty"] = holder_of(self._config).honesty_for_workers()

    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        """The suite has short node ids, wherever it is installed."""
        if module_path != SUITE:
            return None
        return pytest.Module.from_parent(parent, path=module_path, nodeid=NODE)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One case a requirement that has a check."""
        if "polarsearch_check" in metafunc.fixturenames:
            cases = judged_requirements(self._config)
            metafunc.parametrize("polarsearch_check", cases, indirect=True, ids=[row.id for row, _ in cases])

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """All workers have the same order, in which they seldom wait for each other."""
        if hasattr(config, "workerinput"):
            items[:] = spread(items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which requirements this run judges."""
        for item in session.items:
            params = getattr(getattr(item, "callspec", None), "params", {})
            if isinstance(params.get("polarsearch_check"), tuple):
                self.selected.add(params["polarsearch_check"][0].id)
        self._announce(self.selected)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """A worker that has told the controller what it collected opens its run, and makes the models that its tests
        share, while others still collect."""
        if hasattr(session.config, "workerinput") and self.selected:
            with suppress(pytest.UsageError):  # the first test says it
                holder = holder_of(session.config)
                run = holder.get()
                if holder.gate.accusation is None:
                    cases = judged_requirements(session.config)
                    run.make_ready((row, one) for row, one in cases if row.id in self.selected)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self) -> None:
        """The controller has judged all that it does, and its workers still collect: time to tidy up."""
        holder_of(self._config).rest()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:  # noqa: ARG002  the hook's
        """Under pytest-xdist only workers collect; they all find the same."""
        self._announce({one.partition("[")[2].rstrip("]") for one in ids if one.startswith(f"{NODE}::")})

    def _announce(self, requirements: Collection[str]) -> None:
        """Say once, before anything is judged at a real address, what it will cost."""
        config, looking = self._config, any(getattr(self._config.option, name, False) for name in LOOKING)
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        if self._announced or looking or terminal is None or hasattr(config, "workerinput") or not requirements:
            return
        self._announced = True
        settings = settings_of(config)
        if settings.given("host") or settings.given("endpoint"):
            for line in plan_lines(holder_of(config).get(), requirements, config.option.verbose):
                terminal.write_line(line)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """The story in place of a traceback; the verdict travels with the report."""
        report = yield
        judged = item.stash.get(JUDGEMENT, None)
        if judged is not None and report.when == "call":
            report.__dict__["polarsearch"] = judged.plain()  # travels from workers with the report
            report.__dict__["polarsearch_event"] = item.stash.get(EVENT, None)
            if call.excinfo is not None and isinstance(call.excinfo.value, Judged):
                report.longrepr = str(call.excinfo.value)
            del item.stash[JUDGEMENT]  # its exchanges would stay in memory as long as the session
        return report

    def pytest_report_teststatus(self, report: Any) -> Any:
        """Warned, and our own errors, have words of their own; how often something was asked again stands behind."""
        row = getattr(report, "polarsearch", None)
        if not row:
            return None
        verdict, again = Verdict(row["verdict"]), row["retries"]
        return _asked_again(verdict, again, self._lang) if again else STATUS.get(verdict)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the verdict, also from a worker."""
        row = getattr(report, "polarsearch", None)
        if row:
            self._rows.append(row)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A run that judged nothing is not green."""
        judged = any(MEANINGS[Verdict(row["verdict"])].judged for row in self._rows) or self._accused()
        looking = any(getattr(session.config.option, name, False) for name in LOOKING)
        if not judged and not looking and session.exitstatus == pytest.ExitCode.OK and self.selected:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
        elif self._rows and (self._untrue() or self._accused()) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_unconfigure(self) -> None:
        """What lives now lives to the end: the interpreter need not look through it all on its way out (0.2 s)."""
        atexit.register(gc.freeze)

    def _untrue(self) -> list[str]:
        known = [row.id for row, _ in judged_requirements(self._config)]
        return untrue(self._ledger, known, self._lang)

    def _accused(self) -> list[str]:
        holder = self._config.stash.get(HOLDER, None)
        accusation = holder.accusation if holder else None
        return [f"{accusation.id}: {accusation.actual}"] if accusation else []

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Counts a level, what was judged, what the target does, what was left."""
        if not self._rows:
            return
        words = WORDS[self._lang]
        places = {row.id: place for place, (row, _) in enumerate(judged_requirements(self._config))}
        self._rows.sort(key=lambda row: places.get(row["id"], len(places)))  # workers told of them as they came

        def line(text: str) -> None:  # what a cluster said must not move the reader's terminal
            terminalreporter.line(printable(text))

        terminalreporter.section(words["title"])
        for sentence in self._accused():
            line(f"{words['no-further']}: {sentence}")
        summary(self._rows, len(load()), self._lang, line)
        declared(self._ledger, self._rows, self._lang, line)
        notes = [f"{row['id']}: {note}" for row in self._rows for note in in_language(row, "notes", self._lang)]
        retried = [f"{row['id']} ({row['retries']})" for row in self._rows if row["retries"] and _held(row)]
        for title, found in (("ledger", self._untrue()), ("retried", retried), ("notes", notes)):
            if found:
                line(f"{words[title]}:")
                for one in found:
                    line(f"  {one}")


def _asked_again(verdict: Verdict, count: int, lang: str) -> Any:
    """The verdict's word with how often something was asked again; as pytest has it for verdicts without a word."""
    found = STATUS.get(verdict) or PLAIN.get(verdict)
    if found is None:
        return None
    kind, letter, word = found
    text, colours = word if isinstance(word, tuple) else (word, {})
    return kind, letter, (f"{text}, {WORDS[lang]['asked-again'].format(count=count)}", colours)


def _held(row: Mapping[str, Any]) -> bool:
    return bool(row["verdict"] == Verdict.PASS.value)
