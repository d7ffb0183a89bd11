"""Judges checks under a fault. A fault is tried first on everything that a sound run exchanges: checks for which it
changes nothing cannot end otherwise, so only those that it reaches are judged again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from ..blueprints import BLUEPRINTS
from ..checks import all_checks
from ..checks.contract import Check
from ..judging.verdicts import Judgement
from ..provision.lifecycle import Model
from ..provision.naming import new_run_id
from ..requirements.registry import load
from ..run import Part, Run, open_run
from ..secret import Secret
from ..settings import Account, Settings

Json = Any

#: Seconds within which the built-in servers reach every state: what they have not reached then they never will.
PATIENCE = 0.1


def judge_under(settings: Settings, fault: str | None, only: Iterable[str] | None = None) -> dict[str, Judgement]:
    """Judgements of all checks (or `only` some) in a run of their own, with a fault on from the very beginning."""
    checks = all_checks()
    with _opened(settings, checks) as run, ExitStack() as stack:
        if fault:
            stack.enter_context(_switched_on(run, fault))
        return _judged(run, {one: checks[one] for one in (checks if only is None else only)})


@contextmanager
def _opened(settings: Settings, checks: Mapping[str, Check]) -> Iterator[Run]:
    if settings.account is None:
        settings = replace(settings, account=Account("self", Secret("test")), reader=Account("reader", Secret("none")))
    with open_run(settings, Part(new_run_id()), checks.__contains__, patience=PATIENCE) as run:
        yield run


def _judged(run: Run, checks: Mapping[str, Check]) -> dict[str, Judgement]:
    requirements = load()
    return {one: run.judge(requirements[one], check) for one, check in checks.items()}


def _switched_on(run: Run, fault: str) -> Any:
    scope, _, name = fault.partition(".")
    return _servers(run)[scope].fault(name)


def _servers(run: Run) -> dict[str, Any]:
    servers = {"mlcommons": run.target.emulator, "dashscope": run.target.observer}
    return {scope: server for scope, server in servers.items() if server is not None}


class Bench:
    """Servers, deployed models and a sound run's judgements, shared by many faults.

    `checks` are those it judges, `sound` the judgements without a fault. Raises KeyError for a
    fault of a server that is not built in.
    """

    def __init__(self, settings: Settings, faults: Iterable[str], checks: Mapping[str, Check] | None = None) -> None:
        self._settings, self._faults = settings, tuple(faults)
        self.checks = checks or all_checks()
        self._stack = ExitStack()
        #: The shared models, and for each the faults that would have had a hand in making it.
        self._models: dict[str, Model] = {}
        self._spoilt: dict[str, list[str]] = {}
        #: Fault -> checks that it reaches by what they exchange; and those that it reaches by a shared model.
        self._reached: dict[str, set[str]] = {fault: set() for fault in self._faults}
        self._through_models: dict[str, set[str]] = {fault: set() for fault in self._faults}
        try:
            self._run = self._open()
            self.sound = self._try_out()
        except BaseException:  # also Ctrl-C: nobody has the bench yet that could close it
            self.close()
            raise

    def close(self) -> None:
        """End the run and its servers."""
        self._stack.close()

    def under(self, fault: str) -> Mapping[str, Judgement]:
        """Every check's judgement while the fault is on."""
        again = self._reached[fault] | self._through_models[fault]
        checks = {one: check for one, check in self.checks.items() if one in again}
        judge = self._apart if self._through_models[fault] else self._here
        return {**self.sound, **judge(fault, checks)}

    def _here(self, fault: str, checks: Mapping[str, Check]) -> dict[str, Judgement]:
        """With the shared models as they are; a run that the fault has damaged is not used again."""
        self._run.observer.clear()
        with _switched_on(self._run, fault):
            judged = _judged(self._run, checks)
        if _state(self._run) != self._clean:
            self._run = self._open()
        return judged

    def _apart(self, fault: str, checks: Mapping[str, Check]) -> dict[str, Judgement]:
        """With models that are made under the fault."""
        with _opened(self._settings, self.checks) as run, _switched_on(run, fault):
            return _judged(run, checks)

    # --- the sound run -----------------------------------------------------------------------------------------

    def _open(self) -> Run:
        """A run with its models, made before the eyes of faults that remember."""
        self._stack.close()
        run = self._stack.enter_context(_opened(self._settings, self.checks))
        with self._trying(run) as take:
            for name in BLUEPRINTS:
                self._models[name] = run.shared_model(name)
                self._spoilt[name] = take()
        self._clean = _state(run)
        return run

    def _try_out(self) -> dict[str, Judgement]:
        """Judge every check without a fault, and see which faults would have had a hand in it."""
        judged: dict[str, Judgement] = {}
        with self._trying(self._run) as take:
            for one, check in self.checks.items():
                judged |= _judged(self._run, {one: check})
                for fault in take():
                    self._reached[fault].add(one)
                for name in self._used(check, judged[one]):
                    for fault in self._spoilt[name]:
                        self._through_models[fault].add(one)
        return judged

    def _used(self, check: Check, judged: Judgement) -> list[str]:
        """The shared models that a check asked for, before it began or on its way."""
        asked = [self._run.shared_model(name) for name in check.uses]
        return [name for name, made in self._models.items() if made in asked or made.created in judged.story]

    @contextmanager
    def _trying(self, run: Run) -> Iterator[Any]:
        with ExitStack() as stack:
            trials = {
                scope: stack.enter_context(server.trying(self._of(scope))) for scope, server in _servers(run).items()
            }
            yield lambda: [f"{scope}.{name}" for scope, trial in trials.items() for name in trial.take()]

    def _of(self, scope: str) -> list[str]:
        return [fault for fault in self._faults if fault.startswith(f"{scope}.")]


def _state(run: Run) -> Json:
    """What checks must leave as it was: settings, and how many resources there are."""
    counts = [run.ml.search(kind, {"match_all": {}}).get("hits", "total") for kind in KINDS]
    return run.guest.read().persistent, counts


KINDS = ("connectors", "models", "model_groups")
