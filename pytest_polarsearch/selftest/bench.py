"""Judges checks under a fault. A fault is tried first on everything that a sound run exchanges: checks for which it
changes nothing cannot end otherwise, so only those that it reaches are judged again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from ..blueprints import BLUEPRINTS
from ..checks import all_checks
from ..checks.contract import Blocked, Check
from ..client import NoAnswer
from ..judging.budget import toll_for
from ..judging.honesty import ACCUSING, SUBJECT
from ..judging.verdicts import Judgement, Verdict
from ..opening import open_run
from ..preflight import TargetUnusable
from ..provision.cluster_settings import TRUSTED
from ..provision.lifecycle import Model
from ..provision.naming import PHRASE, new_run_id
from ..provision.trust import without_others
from ..requirements.registry import load
from ..run import Part, Run
from ..settings import Settings
from ..targets import open_target
from ..words import said
from .stage import Opening, is_elsewhere, standing, with_accounts
from .undoing import put_back

Json = Any

#: Seconds within which the built-in servers reach every state: what they have not reached then they never will.
PATIENCE = 0.1
#: On a target of the user's: how many times as long as a model took to be made without a fault.
SLACK = 5


def judge_under(settings: Settings, fault: str | None, only: Iterable[str] | None = None) -> dict[str, Judgement]:
    """Judgements of all checks (or `only` some) in a run of their own, with a fault on from the very beginning."""
    checks = all_checks()
    with _opened(settings, checks, open_target) as run, ExitStack() as stack:
        if fault:
            stack.enter_context(_switched_on(run, fault))
        return _judged(run, {one: checks[one] for one in (checks if only is None else only)})


@contextmanager
def _opened(
    settings: Settings,
    checks: Mapping[str, Check],
    opening: Opening,
    patience: float | None = PATIENCE,
    purse: str = "",
) -> Iterator[Run]:
    part = Part(new_run_id(), purse=purse)
    with open_run(with_accounts(settings), part, checks.__contains__, patience=patience, opening=opening) as run:
        if run.hints:  # no model could be made
            raise TargetUnusable(run.hints[0])
        yield run


def look_first(settings: Settings) -> None:
    """See that there is a target to judge on. Raises TargetUnusable with what is to be changed."""
    with standing(settings) as opening, _opened(settings, {}, opening):
        return


def _judged(run: Run, checks: Mapping[str, Check]) -> dict[str, Judgement]:
    requirements = load()
    return {one: run.judge(requirements[one], check) for one, check in checks.items()}


def _judged_under(fault: str, run: Run, checks: Mapping[str, Check]) -> dict[str, Judgement]:
    """The fault begins anew with each check, its chance too: how often another has asked changes nothing."""
    judged: dict[str, Judgement] = {}
    for one, check in checks.items():
        with _switched_on(run, fault):
            judged |= _judged(run, {one: check})
    return judged


def _switched_on(run: Run, fault: str) -> Any:
    scope, _, name = fault.partition(".")
    return run.target.faulty[scope].fault(name)


class Bench:
    """Servers, deployed models and a sound run's judgements, shared by many faults.

    `checks` are those it judges, `sound` the judgements without a fault. Benches of one `purse` share a budget.
    """

    def __init__(
        self, settings: Settings, faults: Iterable[str], checks: Mapping[str, Check] | None = None, purse: str = ""
    ) -> None:
        self._settings, self._faults = settings, tuple(faults)
        self._purse = purse or new_run_id()
        self.checks = checks or all_checks()
        self._stack = ExitStack()
        #: The shared models, and for each the faults that would have had a hand in making it.
        self._models: dict[str, Model] = {}
        self._spoilt: dict[str, list[str]] = {}
        #: Fault -> checks that it reaches by what they exchange; and those that it reaches by a shared model.
        self._reached: dict[str, set[str]] = {fault: set() for fault in self._faults}
        self._through_models: dict[str, set[str]] = {fault: set() for fault in self._faults}
        self._patience: float | None = None if is_elsewhere(settings) else PATIENCE
        try:
            self._opening = self._stack.enter_context(standing(settings))
            self._runs = self._stack.enter_context(ExitStack())
            self._run = self._open()
            self.sound = self._try_out()
        except BaseException:  # also Ctrl-C: nobody has the bench yet that could close it
            self.close()
            raise

    def close(self) -> None:
        """End the run and its servers."""
        self._stack.close()
        toll = toll_for(self._settings, self._purse)
        if toll:
            toll.close()

    def under(self, fault: str) -> Mapping[str, Judgement]:
        """Every check's judgement while the fault is on."""
        again = self._reached[fault] | self._through_models[fault]
        sound = {one for one, judged in self.sound.items() if judged.verdict is Verdict.PASS}
        checks = {one: check for one, check in self.checks.items() if one in again & sound}
        judge = self._apart if self._through_models[fault] else self._here
        return {**self.sound, **judge(fault, checks)}

    @property
    def lang(self) -> str:
        """The language of what people read."""
        return str(self._settings["lang"])

    @property
    def elsewhere(self) -> bool:
        """Whether it judges on a target that is not built in."""
        return is_elsewhere(self._settings)

    def _here(self, fault: str, checks: Mapping[str, Check]) -> dict[str, Judgement]:
        """With the shared models as they are; a run that the fault has damaged is not used again."""
        if self._run.target.observer is not None:
            self._run.target.observer.clear()
        with self._guarded(self._run):
            judged = _judged_under(fault, self._run, checks)
        if _state(self._run) != self._clean:
            self._run = self._open()
        return judged

    def _apart(self, fault: str, checks: Mapping[str, Check]) -> dict[str, Judgement]:
        """With models that are made under the fault."""
        with self._opened() as run, self._guarded(run):
            return _judged_under(fault, run, checks)

    def _guarded(self, run: Run) -> AbstractContextManager[None]:
        """A cluster that stays when the self-test ends keeps nothing of what a fault did to its settings."""
        return nullcontext() if run.target.ephemeral else put_back(run)

    # --- the sound run -----------------------------------------------------------------------------------------

    def _open(self) -> Run:
        """A run with its models, made before the eyes of faults that remember."""
        self._runs.close()
        run = self._runs.enter_context(self._opened())
        started = time.monotonic()
        with self._trying(run) as take:
            for name in shared_names(run):
                self._models |= self._made(run, name)
                self._spoilt[name] = take()
        if self._patience is None:
            self._patience = patience_for(time.monotonic() - started, len(self._spoilt), run.timeout)
            run.timeout = run.patience = self._patience
        self._clean = _state(run)
        return run

    def _made(self, run: Run, name: str) -> dict[str, Model]:
        """The shared model of that name, where there can be one. Raises TargetUnusable where there is not even the
        first: nothing could be proved, at the price of a deadline each time."""
        try:
            return {name: run.shared_model(name)}
        except (Blocked, NoAnswer) as error:
            if not self._models:
                raise TargetUnusable(said("selftest.no-model", name=name, why=str(error))) from None
        return {}

    def _opened(self) -> AbstractContextManager[Run]:
        return _opened(self._settings, self.checks, self._opening, self._patience, self._purse)

    def _try_out(self) -> dict[str, Judgement]:
        """Judge every check without a fault, and see which faults would have had a hand in it."""
        judged: dict[str, Judgement] = {}
        with self._trying(self._run) as take:
            for one, check in self._in_order():
                judged |= _judged(self._run, {one: check})
                self._accuse(judged[one])
                for fault in take():
                    self._reached[fault].add(one)
                for name in self._used(check, judged[one]):
                    for fault in self._spoilt[name]:
                        self._through_models[fault].add(one)
        return judged

    def _in_order(self) -> list[tuple[str, Check]]:
        """The checks; on a user's target those first that a target must pass for others to mean anything."""
        known = load()
        return sorted(self.checks.items(), key=lambda pair: self.elsewhere and known[pair[0]].subject != SUBJECT)

    def _accuse(self, judged: Judgement) -> None:
        """A target that takes, refuses or repeats everything proves nothing of checks. Raises TargetUnusable."""
        if self.elsewhere and load()[judged.id].subject == SUBJECT and judged.verdict in ACCUSING:
            raise TargetUnusable(said("selftest.dishonest", id=judged.id, why=judged.why))

    def _used(self, check: Check, judged: Judgement) -> list[str]:
        """The shared models that a check asked for, before it began or on its way."""
        asked = [self._models[name] for name in check.uses if name in self._models]
        return [name for name, made in self._models.items() if made in asked or made.created in judged.story]

    @contextmanager
    def _trying(self, run: Run) -> Iterator[Any]:
        with ExitStack() as stack:
            trials = {
                scope: stack.enter_context(faulty.trying(self._of(scope)))
                for scope, faulty in run.target.faulty.items()
            }
            yield lambda: [f"{scope}.{name}" for scope, trial in trials.items() for name in trial.take()]

    def _of(self, scope: str) -> list[str]:
        return [fault for fault in self._faults if fault.startswith(f"{scope}.")]


def patience_for(seconds: float, models: int, most: float) -> float:
    """The deadline of states on a cluster that took so many seconds to make so many models without a fault."""
    return min(most, max(PATIENCE, SLACK * seconds / models))


def shared_names(run: Run) -> list[str]:
    """The shared models that checks may ask for: at the service under judgement, and at the built-in mock."""
    observed = [f"observed.{name}" for name in BLUEPRINTS] if run.target.observed else []
    return [*run.profile.offered, *observed]


def _state(run: Run) -> Json:
    """What checks must leave as it was: settings, and how many resources there are; on a cluster that others use too,
    as far as it is the run's."""
    whole: Json = {"match_all": {}}
    query = whole if run.target.ephemeral else {"match_phrase": {"name": f"{PHRASE} {run.part.run_id}"}}
    counts = [run.ml.search(kind, query).get("hits", "total") for kind in KINDS]
    persistent = dict(run.guest.read().persistent)
    if TRUSTED in persistent:
        persistent[TRUSTED] = without_others(persistent[TRUSTED], run.part.run_id)
    return persistent, counts


KINDS = ("connectors", "models", "model_groups")
