"""pytest's side of a conformance run: cases from the registry, verdicts as outcomes, the summary, the exit status."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .blueprints import BLUEPRINTS, Blueprint
from .checks import all_checks
from .checks.contract import Check
from .client import NoAnswer
from .judging.deviations import Ledger, LedgerError, read_ledger
from .judging.evidence import Shell
from .judging.verdicts import MEANINGS, Judgement, Verdict
from .judging.words import WORDS, Writer, declared, summary, untrue
from .plugin import HOLDER, NODE, SUITE, _holder, settings_of
from .preflight import TargetUnusable
from .provision.lifecycle import Model
from .provision.naming import new_run_id
from .requirements.registry import CAPABILITIES, Requirement, load
from .run import Part, Run, open_run
from .settings import Settings

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

#: How a report that is no plain pass or failure is counted: word in the summary, letter, word with -v.
STATUS = {
    Verdict.WARN: ("warned", "w", ("WARNED", {"yellow": True})),
    Verdict.SETUP_FAILED: ("error", "E", "ERROR"),
    Verdict.HARNESS_ERROR: ("error", "E", "ERROR"),
}
#: Options of pytest that only look at tests: nothing may be asked of a cluster then.
LOOKING = ("collectonly", "setupplan", "showfixtures", "show_fixtures_per_test", "markers")


class Judged(Exception):
    """A requirement did not hold; the text is the whole story."""


class RunHolder:
    """The run of this process: opened when first needed, closed once, whatever ends the session."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config, self._settings = config, settings
        self._stack = ExitStack()
        self._run: Run | None = None
        self.left: list[str] = []
        self.kept: list[str] = []

    @property
    def open(self) -> bool:
        """Whether the run was opened."""
        return self._run is not None

    @property
    def part(self) -> Part:
        """This process's part: a worker of pytest-xdist has the controller's run id and does not touch settings."""
        worker = getattr(self._config, "workerinput", None)
        if worker is None:
            return Part(_run_id(self._config))
        return Part(str(worker["polarsearch_run"]), str(worker["workerid"]), prepares=False)

    def get(self) -> Run:
        """The open run. Raises pytest.UsageError where the target cannot be used."""
        if self._run is None:
            try:
                self._run = self._stack.enter_context(open_run(self._settings, self.part, self._selected))
            except (TargetUnusable, NoAnswer) as error:
                raise pytest.UsageError(str(error)) from None
        return self._run

    def _selected(self, requirement: str) -> bool:
        conformance = self._config.pluginmanager.get_plugin("polarsearch-conformance")
        return conformance is not None and requirement in conformance.selected

    @contextmanager
    def using(self) -> Iterator[Run]:
        """The run for as long as fixtures need it; undone when this ends."""
        try:
            yield self.get()
        finally:
            self.close()

    def close(self) -> None:
        """Undo everything; a second call does nothing."""
        run = self._run
        if run is not None:
            run.failed = run.failed or _failures(self._config) > 0
        self._stack.close()
        if run is not None:
            self.left += [one for one in run.left if one not in self.left]
            self.kept += [one for one in run.kept if one not in self.kept]

    def lacking(self, capabilities: Sequence[str]) -> list[str]:
        """Why the target has not these capabilities; empty where it has them all."""
        strange = [one for one in capabilities if one not in CAPABILITIES]
        if strange:
            raise pytest.UsageError(
                f"the marker polarsearch knows no capability {strange[0]!r}; it takes {', '.join(CAPABILITIES)}"
            )
        return [self.get().lacking[one] for one in capabilities if one in self.get().lacking]

    def header(self) -> str:
        """Target, where the setting came from, the engine that answered, the model service."""
        run = self.get()
        insecure = ", certificate NOT verified" if self._settings["insecure"] else ""
        service = "built-in mock" if run.service == run.target.observed else f"from {self._settings.origin('endpoint')}"
        return (
            f"polarsearch: cluster {run.target.url} ({run.target.origin}{insecure}), {run.engine}; "
            f"model service {run.service.url} ({service})"
        )

    def finish(self, session: pytest.Session) -> None:
        """At the end of the session: close, hand over to the controller, or say in the exit status what was left."""
        self.close()
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["polarsearch_left"], output["polarsearch_kept"] = self.left, self.kept
            return
        if self.left and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self.left:
            self._config.hook.pytest_polarsearch_leaked(config=self._config, left=tuple(self.left))


RUN_ID = pytest.StashKey[str]()


def _run_id(config: pytest.Config) -> str:
    return config.stash.setdefault(RUN_ID, new_run_id())


class Case:
    """A requirement and its check in this run; calling it judges."""

    def __init__(self, item: pytest.Item, run: Run, requirement: Requirement, check: Check) -> None:
        self._item, self._run, self.requirement, self.check = item, run, requirement, check

    def __repr__(self) -> str:
        return f"<requirement {self.requirement.id}>"

    def __call__(self) -> None:
        """Judge, and end as pytest shows the verdict."""
        ledger = ledger_of(self._item.config)
        judged = ledger.settle(self._run.judge(self.requirement, self.check), self._run.engine.line)
        self._item.stash[JUDGEMENT] = judged
        if judged.meaning.outcome == "skipped":
            raise pytest.skip.Exception(f"{judged.verdict.value}: {judged.why}", _use_item_location=True)
        if judged.meaning.outcome == "xfailed":
            raise pytest.xfail.Exception(f"{judged.verdict.value}: {self._run.redact(judged.why)}")
        if judged.meaning.fails:
            raise Judged(self._writer().failure(self.requirement, judged))
        if judged.verdict is Verdict.WARN:
            self._item.add_report_section("call", "requirement", self._writer().failure(self.requirement, judged))

    def _writer(self) -> Writer:
        run, settings = self._run, self._run.settings
        mock = run.target.observed.netloc if run.target.observed else ""
        shell = Shell(run.target.url, run.target.account is not None, settings["ca"], settings["insecure"])
        return Writer(settings["lang"], run.redact, shell, ephemeral=run.target.ephemeral, mock=mock, hints=run.hints)


JUDGEMENT = pytest.StashKey[Judgement]()
LEDGER = pytest.StashKey[Ledger]()


class Conformance:
    """Registered when the suite runs: makes its cases, reads their verdicts, sums up."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._rows: list[dict[str, Any]] = []
        self._ledger = ledger_of(config)
        self.selected: set[str] = set()

    @property
    def _lang(self) -> str:
        return str(settings_of(self._config)["lang"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Look at the target before anything is collected, unless pytest only looks at tests itself."""
        looking = any(getattr(session.config.option, name, False) for name in LOOKING)
        if not looking and not hasattr(session.config, "workerinput"):
            _holder(session.config).get()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker of pytest-xdist the run's id."""
        node.workerinput["polarsearch_run"] = _run_id(self._config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ARG002  the hook's signature
        """Take over what a worker could not remove; a crashed one has left no word."""
        output = getattr(node, "workeroutput", {})
        holder = _holder(self._config)
        holder.left += output.get("polarsearch_left", [])
        holder.kept += output.get("polarsearch_kept", [])

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

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which requirements this run judges."""
        for item in session.items:
            params = getattr(getattr(item, "callspec", None), "params", {})
            if isinstance(params.get("polarsearch_check"), tuple):
                self.selected.add(params["polarsearch_check"][0].id)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """The story in place of a traceback; the verdict travels with the report."""
        report = yield
        judged = item.stash.get(JUDGEMENT, None)
        if judged is not None and report.when == "call":
            report.__dict__["polarsearch"] = judged.plain()  # travels from workers with the report
            if call.excinfo is not None and isinstance(call.excinfo.value, Judged):
                report.longrepr = str(call.excinfo.value)
        return report

    def pytest_report_teststatus(self, report: Any) -> Any:
        """Warned, and our own errors, have words of their own."""
        row = getattr(report, "polarsearch", None)
        return STATUS.get(Verdict(row["verdict"])) if row else None

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the verdict, also from a worker."""
        row = getattr(report, "polarsearch", None)
        if row:
            self._rows.append(row)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A run that judged nothing is not green."""
        judged = any(MEANINGS[Verdict(row["verdict"])].judged for row in self._rows)
        looking = any(getattr(session.config.option, name, False) for name in LOOKING)
        if not judged and not looking and session.exitstatus == pytest.ExitCode.OK and self.selected:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
        elif self._rows and self._untrue() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _untrue(self) -> list[str]:
        known = [row.id for row, _ in judged_requirements(self._config)]
        return untrue(self._ledger, known, self._lang)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Counts a level, what was judged, what the target does, what was left."""
        if not self._rows:
            return
        words = WORDS[self._lang]
        terminalreporter.section(words["title"])
        summary(self._rows, len(load()), self._lang, terminalreporter.line)
        declared(self._ledger, self._rows, self._lang, terminalreporter.line)
        notes = [f"{row['id']}: {note}" for row in self._rows for note in row["notes"]]
        holder = self._config.stash.get(HOLDER, None)
        untrue = ("ledger", self._untrue())
        lists = (
            untrue,
            ("notes", notes),
            ("kept", holder.kept if holder else []),
            ("left", holder.left if holder else []),
        )
        for title, lines in lists:
            if lines:
                terminalreporter.line(f"{words[title]}:")
                for line in lines:
                    terminalreporter.line(f"  {line}")


def ledger_of(config: pytest.Config) -> Ledger:
    """The run's ledger of deviations, read once; an empty one where none is named. Raises pytest.UsageError."""
    if LEDGER not in config.stash:
        path = settings_of(config)["deviations"]
        try:
            today = datetime.now(timezone.utc).date()
            config.stash[LEDGER] = read_ledger(Path(path), today) if path else Ledger()
        except LedgerError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[LEDGER]


def judged_requirements(config: pytest.Config) -> list[tuple[Requirement, Check]]:
    """Every requirement with its check, ours first, then those that hooks add."""
    checks = all_checks()
    ours = [(row, checks[row.id]) for row in load().values() if row.id in checks]
    added = [pair for pairs in config.hook.pytest_polarsearch_checks(config=config) for pair in pairs]
    return [*ours, *added]


def _blueprints(config: pytest.Config) -> dict[str, Blueprint]:
    """Ours, and those that hooks add."""
    known = dict(BLUEPRINTS)
    for given in config.hook.pytest_polarsearch_blueprints(config=config):
        known.update(given)
    return known


def _chosen(known: Mapping[str, Blueprint], blueprint: str | Blueprint) -> Blueprint:
    if isinstance(blueprint, Blueprint):
        return blueprint
    if blueprint not in known:
        raise LookupError(f"there is no blueprint {blueprint!r}; there are {', '.join(known)}")
    return known[blueprint]


def _failures(config: pytest.Config) -> int:
    """How many tests have failed so far in this process."""
    session = config.pluginmanager.get_plugin("session")
    return session.testsfailed if isinstance(session, pytest.Session) else 0


def model_factory(config: pytest.Config, run: Run) -> Callable[..., Model]:
    """Makes models for the session, of our blueprints and of those that hooks add."""
    known = _blueprints(config)

    def make(blueprint: str | Blueprint, **connector_fields: Any) -> Model:
        chosen = _chosen(known, blueprint)
        if isinstance(blueprint, str) and chosen is BLUEPRINTS.get(blueprint) and not connector_fields:
            model = run.shared_model(blueprint)
        else:
            model = run.make_model(chosen, **connector_fields)
        config.hook.pytest_polarsearch_provisioned(config=config, model=model)
        return model

    return make


@contextmanager
def temporary_models(config: pytest.Config, run: Run) -> Iterator[Callable[..., Model]]:
    """Makes models that are gone when this ends, unless a test has failed meanwhile and the run keeps such."""
    scratch, known, failures = run.scratch(), _blueprints(config), _failures(config)

    def make(blueprint: str | Blueprint, **connector_fields: Any) -> Model:
        model = scratch.model(_chosen(known, blueprint), run.service, **connector_fields)
        config.hook.pytest_polarsearch_provisioned(config=config, model=model)
        return model

    try:
        yield make
    finally:
        run.release(scratch, failed=_failures(config) > failures)
