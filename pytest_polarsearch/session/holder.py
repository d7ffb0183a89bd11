"""The run of one pytest process: opened when first needed, closed once, handed over to the controller."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from ..checks import all_checks
from ..client import NoAnswer
from ..judging.canaries import plant
from ..judging.evidence import printable
from ..judging.honesty import Gate, gate_of
from ..judging.logs import redacted_logs
from ..judging.redaction import redactor_of
from ..judging.travel import packed, unpacked
from ..judging.verdicts import Judgement
from ..opening import open_run
from ..patience import MOST
from ..preflight import TargetUnusable
from ..provision.naming import new_run_id
from ..recording.tape import cleaned
from ..requirements.registry import CAPABILITIES, load
from ..run import Part, Run
from ..settings import Settings, SettingsError
from ..words import WORDS, plain_text, said, spoken, text_of
from .artefacts import leaks

log = logging.getLogger(__name__)

#: Seconds by which a file system's times may be behind the clock.
CLOCK_GRAIN = 2.0


class RunHolder:
    """The run of this process: opened when first needed, closed once, whatever ends the session."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config, self._settings = config, settings
        self._redact = redactor_of(settings)
        self._stack = ExitStack()
        self._run: Run | None = None
        self._gate: Gate | None = None
        self.left: list[str] = []
        self.kept: list[str] = []
        self.leaked: list[str] = []
        #: Calls to the model service over all processes, once the run is over and if they were counted.
        self.spent: int | None = None
        self._began = time.time() - CLOCK_GRAIN

    @property
    def open(self) -> bool:
        """Whether the run was opened."""
        return self._run is not None

    @property
    def part(self) -> Part:
        """This process's part: a worker of pytest-xdist has the controller's run id and does not touch settings."""
        worker = getattr(self._config, "workerinput", None)
        if worker is None:
            return Part(run_id_of(self._config))
        run = worker.get("polarsearch_run", worker["testrunuid"])
        return Part(str(run), str(worker["workerid"]), prepares=False)

    def get(self) -> Run:
        """The open run. Raises pytest.UsageError where the target cannot be used."""
        if self._run is None:
            try:
                self._stack.enter_context(redacted_logs(self._redact))
                self._run = self._stack.enter_context(open_run(self._settings, self.part, self._selected, retries=MOST))
            except (TargetUnusable, NoAnswer, SettingsError) as error:
                told = spoken(error.args[0], self._settings["lang"])
                raise pytest.UsageError(printable(told)) from None
            plant(self._run.ml, self._settings.canaries)
        return self._run

    @property
    def gate(self) -> Gate:
        """What stands before all judging; a worker is told by the controller what the honesty probe found."""
        if self._gate is None:
            told = getattr(self._config, "workerinput", {}).get("polarsearch_honesty")
            checks = all_checks()
            known = {row.id: (row, checks[row.id]) for row in load().values() if row.id in checks}
            found = None if told is None else map(unpacked, told)
            self._gate = gate_of(self.get().judge, known, found, selected=self._selected)
        return self._gate

    @property
    def accusation(self) -> Judgement | None:
        """Why the target was judged no further, if it was probed at all."""
        return self._gate.accusation if self._gate else None

    def honesty_for_workers(self) -> list[dict[str, object]]:
        """What the honesty probe found, fit for a worker of pytest-xdist."""
        return [packed(one) for one in self.gate.judgements.values()]

    def _selected(self, requirement: str) -> bool:
        conformance = self._config.pluginmanager.get_plugin("polarsearch-conformance")
        return conformance is not None and (not conformance.selected or requirement in conformance.selected)

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
            run.failed = run.failed or failures(self._config) > 0
            run.kept += [one for one in self.kept if one not in run.kept]
            run.left += [one for one in self.left if one not in run.left]
            self.left.clear()
            if run.toll and self.spent is None:  # what it counts ends with the run
                self.spent = run.toll.spent
        self._stack.close()
        if run is not None:
            self.left += [one for one in run.left if one not in self.left]
            self.kept += [one for one in run.kept if one not in self.kept]

    def hand_over(self, node: Any) -> None:
        """Give a worker the run's id; the cluster's settings are this process's, so they are changed before it."""
        node.workerinput["polarsearch_run"] = run_id_of(self._config)
        canaries = {name: one.reveal() for name, one in self._settings.canaries.items()}
        node.workerinput["polarsearch_canaries"] = canaries  # no secrets: they only stand where secrets do
        if self._run is None and self._settings.address("host"):
            try:
                self.get()
            except pytest.UsageError as error:
                log.info("the cluster is not prepared for the workers: %s", error)  # those that use it will say so

    def rest(self) -> None:
        """Remove what this process has made for itself, where it makes no more: its workers do."""
        if self._run is not None:
            self._run.rest()

    def take_over(self, output: Mapping[str, Any] | None) -> None:
        """What a worker could not, or should not, remove; one that crashed has left no word, but maybe a change."""
        if output is None:
            if self._run is not None and not self._run.target.ephemeral:
                self._run.guest.heal()
            return
        self.left += map(text_of, output.get("polarsearch_left", ()))
        self.kept += output.get("polarsearch_kept", [])

    def lacking(self, capabilities: Sequence[str]) -> list[str]:
        """Why the target has not these capabilities; empty where it has them all."""
        strange = [one for one in capabilities if one not in CAPABILITIES]
        if strange:
            told = said("usage.capability", capability=strange[0], known=", ".join(CAPABILITIES))
            raise pytest.UsageError(spoken(told, self._settings["lang"]))
        return [self.get().lacking[one] for one in capabilities if one in self.get().lacking]

    def header(self) -> str:
        """Target, where the setting came from, the engine that answered, the model service."""
        return printable(spoken(told_of(self.get()), self._settings["lang"]))

    def clean(self, report: pytest.TestReport) -> None:
        """Take secrets out of what a test's report shows."""
        row = getattr(report, "polarsearch", None)
        if row is not None:
            report.__dict__["polarsearch"] = cleaned(row, self._redact)
        report.sections = [(title, self._redact(text)) for title, text in report.sections]
        shown = report.longrepr
        if isinstance(shown, tuple):
            path, line, reason = shown
            report.longrepr = (path, line, self._redact(reason))
        elif shown is not None and self._redact(str(shown)) != str(shown):
            report.longrepr = self._redact(str(shown))

    def tell(self, line: Callable[[str], None]) -> None:
        """Say what was left on the cluster and how to remove it, and which files hold secrets; nothing if nothing."""
        words = WORDS[self._settings["lang"]]
        if self.spent is not None and self._settings["budget"] is not None:
            exact = self._run is not None and self._run.target.sent is not None  # what a cluster refused is known
            counted = words["spent" if exact else "spent-at-most"]
            line(counted.format(spent=self.spent, budget=self._settings["budget"]))
        for title, found in (("kept", self.kept), ("left", self.left), ("secrets", self.leaked)):
            if found:
                line(f"{words[title]}:")
                for one in found:
                    line(f"  {printable(self._redact(spoken(one, self._settings['lang'])))}")
        if self.left and self._run is not None:
            line(words["sweep"].format(host=self._run.target.url, run=self.part.run_id))

    def finish(self, session: pytest.Session) -> None:
        """At the end of the session: close, hand over to the controller, or say in the exit status what was left."""
        self.close()
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["polarsearch_left"], output["polarsearch_kept"] = [*map(plain_text, self.left)], self.kept
            return
        if self.left and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self.left:
            self._config.hook.pytest_polarsearch_leaked(config=self._config, left=tuple(self.left))

    def look_for_secrets(self, session: pytest.Session) -> None:
        """Search all that the run wrote; the controller does it for its workers."""
        if hasattr(self._config, "workeroutput"):
            return
        self.leaked = leaks(self._config, self._settings, self._began)
        if self.leaked and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def told_of(run: Run) -> str:
    """What is judged, in one line. What keeps processes of one machine apart does not reach neighbours elsewhere."""
    settings, target = run.settings, run.target
    given = said("header.from", origin=settings.origin("endpoint"))
    return said(
        "header.run", url=target.url, origin=target.origin, engine=str(run.engine), service=run.service.url,
        whose=said("header.mock") if run.service == target.observed else given,
        insecure=said("header.insecure") if settings["insecure"] else "",
        beside=said("header.neighbours", runs=", ".join(run.neighbours)) if run.neighbours else "",
    )  # fmt: skip


RUN_ID = pytest.StashKey[str]()


def run_id_of(config: pytest.Config) -> str:
    """The run's id, made up when first asked for."""
    return config.stash.setdefault(RUN_ID, new_run_id())


def failures(config: pytest.Config) -> int:
    """How many tests have failed so far in this process."""
    session = config.pluginmanager.get_plugin("session")
    return session.testsfailed if isinstance(session, pytest.Session) else 0
