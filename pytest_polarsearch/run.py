"""One run, as its parts see it: target, client, settings, shared models, judging. It knows nothing of pytest."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from .blueprints import Blueprint, Endpoint
from .checks.bench import Sampling
from .checks.context import NOBODY, READER, STRANGER, STRANGER_ACCOUNT, Context, blocked_by
from .checks.contract import Check
from .client import Client
from .exchange import Exchange
from .judging.budget import Gates, Meter, Toll, toll_for
from .judging.judge import Court
from .judging.redaction import Redactor, redactor_of
from .judging.verdicts import Judgement
from .preflight import Engine, TargetUnusable
from .profiles.profile import Profile
from .provision.guest import Guest
from .provision.journal import Journal, journal_folder
from .provision.lifecycle import Model, Provisioner, ProvisionError
from .provision.naming import Names
from .provision.shared import SharedModels
from .recording.recorder import NoRecorder
from .recording.tape import CASE, MODEL
from .requirements.prices import load_prices
from .requirements.registry import Requirement
from .requirements.sets import scored
from .secret import Secret
from .settings import Account, Settings
from .targets import Target
from .verbs import MlCommons
from .words import said

if TYPE_CHECKING:
    from polarsearch_mock import DashScopeMock

Json = Any

#: So many shared models are made, or removed, at a time; one after the other where a recording keeps the order of
#: requests.
HANDS = 4


@dataclass(frozen=True)
class Part:
    """Which part of a run this process has: its id, its worker's name, and whether it prepares the cluster for all.

    `purse` names what several runs pay from together; without it a run pays for itself.
    """

    run_id: str
    worker: str = "main"
    prepares: bool = True
    purse: str = ""


@dataclass
class Run:
    """The open run: what checks, fixtures and reports share in this process."""

    settings: Settings
    part: Part
    target: Target
    ml: MlCommons
    journal: Journal
    names: Names
    service: Endpoint
    engine: Engine
    selected: Callable[[str], bool]
    profile: Profile
    recorder: NoRecorder = field(default_factory=NoRecorder)
    left: list[str] = field(default_factory=list)
    failed: bool = False
    patience: float | None = None
    retries: int = 0

    def __post_init__(self) -> None:
        self._listeners: list[Callable[[Exchange], None]] = []
        self.timeout: float = self.patience or self.settings["timeout"]
        self.observed_service: Endpoint = self.target.observed or self.service
        self.guest = Guest(self.ml, self.part.run_id, self.journal)
        self.lacking: dict[str, str] = {**self.profile.lacking, **self.target.lacking}
        self.hints: list[str] = []
        self.journals = journal_folder(self.settings["journal"])
        self.neighbours: list[str] = []
        self.toll = toll_for(self.settings, self.part.purse or self.part.run_id)
        self._gates = self._gates_of(self.toll) if self.toll else None
        if self._gates:
            self._gates.before_cluster(self.ml.client)
        self._hands = 1 if self.settings["record"] else HANDS
        self._shared = Provisioner(self.ml, self.names, self.journal, self.timeout, self._hands)
        self._models = SharedModels(
            self._shared, self.profile.blueprints, self.service, self.observed_service,
            scope=lambda name: self.recorder.scope(MODEL, name),
        )  # fmt: skip

    def _gates_of(self, toll: Toll) -> Gates:
        """Where this run pays; a cluster that is built in says itself what it asked of the service."""
        sent, place = self.target.sent, self.service.place
        return Gates(toll, Meter(self.service.netloc), None if sent is None else partial(sent, place))

    @property
    def sampling(self) -> Sampling:
        """Where random examples begin, and how many there are; a run that has no patience makes nothing smaller."""
        seed, examples = self.settings["seed"], self.settings["examples"]
        keep = partial(self.recorder.write, "example")
        return Sampling(
            seed, examples, 0.0 if self.patience else Sampling.patience, keep=lambda value: keep(value=value)
        )

    @property
    def version(self) -> str:
        """The engine's version."""
        return self.engine.number

    @property
    def observer(self) -> DashScopeMock:
        """The built-in mock. Raises TargetUnusable where the cluster cannot reach one."""
        if self.target.observer is None:
            raise TargetUnusable(self.lacking.get("upstream-observed", said("lacking.mock")))
        return self.target.observer

    @cached_property
    def redact(self) -> Redactor:
        """Takes this run's secrets out of a text."""
        return redactor_of(self.settings)

    # --- models and ways ---------------------------------------------------------------------------------------

    def shared_model(self, name: str) -> Model:
        """The deployed model of a blueprint's name (`observed.` before it: at the built-in mock). Raises Blocked."""
        try:
            return self._models.get(name)
        except ProvisionError as error:
            raise blocked_by(error, self.blueprint(name).kind) from None

    def make_ready(self, used: Iterable[tuple[Requirement, Check]]) -> None:
        """Make the shared models on which these stand before they are asked for, several at a time."""
        judged = (check.uses for row, check in used if self.court.against(row) is None)
        self._models.make_ready(itertools.chain.from_iterable(judged), self._hands)

    def blueprint(self, name: str) -> Blueprint:
        """The blueprint of a name: the vendor's as its profile says, and the guide's at the built-in mock."""
        return self._models.blueprint(name)

    def make_model(self, blueprint: Blueprint, **connector_fields: Json) -> Model:
        """A deployed model at the service under judgement, for as long as the run. Raises ProvisionError."""
        return self._shared.model(blueprint, self.service, **connector_fields)

    def listen(self, listener: Callable[[Exchange], None]) -> Callable[[], None]:
        """Call `listener` with every exchange from now on, whoever asks whom; what is returned ends that."""
        stop = self.ml.client.listen(listener)
        self._listeners.append(listener)

        def end() -> None:
            stop()
            self._listeners.remove(listener)

        return end

    def _hear(self, exchange: Exchange) -> None:
        for listener in (self.recorder.exchange, *self._listeners):
            listener(exchange)

    def cluster_as(self, who: str) -> Client:
        """A way of its own to the cluster for `nobody`, a `stranger`, or the `reader`."""
        user, _, password = STRANGER_ACCOUNT.partition(":")
        accounts = {NOBODY: None, STRANGER: Account(user, Secret(password)), READER: self.target.reader}
        timeout, clock = self.ml.client.timeout, self.recorder.clock
        client = Client(self.target.way, account=accounts[who], trust=self.target.trust, timeout=timeout, clock=clock)
        client.who, client.isolation = who, self.ml.client.isolation
        client.listen(self._hear)
        if self._gates:
            self._gates.before_cluster(client)
        return client

    def direct(self) -> Client:
        """A way of its own to the model service."""
        client = Client(self.service.url, timeout=self.ml.client.timeout, clock=self.recorder.clock)
        client.listen(self._hear)
        if self._gates:
            self._gates.before_service(client)
        return client

    def scratch(self) -> Provisioner:
        """A provisioner of its own, for one check or test."""
        return Provisioner(self.ml, self.names, self.journal, self.timeout)

    def release(self, scratch: Provisioner, *, failed: bool) -> list[str]:
        """Undo what was made, or keep it if the run's option says so; a sentence for what is left unwanted."""
        self.failed = self.failed or failed
        if self._keeps(failed=failed):
            self.kept += scratch.forget()
            return []
        left = scratch.undo()
        self.left += left
        return left

    def rest(self) -> None:
        """Remove the shared models before the end, unless they may have to be kept; whoever asks gets new ones."""
        if self.settings["keep"] == "never":
            self._models.forget()
            self.release(self._shared, failed=False)

    @cached_property
    def kept(self) -> list[str]:
        """What was left on the cluster because --polarsearch-keep says so."""
        return []

    def sweep(self) -> None:
        """Remove what earlier runs of this machine left on this cluster."""
        from .provision.journal_reading import dead_runs
        from .provision.sweep import sweep_run

        for run_id in dead_runs(self.journals, self.target.url) - {self.part.run_id}:
            self.left += sweep_run(self.ml, self.timeout, self.journals, run_id).left

    def sweep_own(self) -> None:
        """Look for what still bears this run's mark, crashed workers' too, and remove it unless it is to be kept."""
        from .provision.leaks import sweep_own

        keep, folder = self._keeps(failed=self.failed), self.journals
        leaks = sweep_own(self.ml, self.timeout, folder, self.part.run_id, keep=keep, kept=self.kept, left=self.left)
        self.left[:], self.kept[:] = leaks.left, leaks.kept

    def _keeps(self, *, failed: bool) -> bool:
        keep: str = self.settings["keep"]
        return keep == "always" or (keep == "on-failure" and failed)

    # --- judging ---------------------------------------------------------------------------------------------

    @cached_property
    def court(self) -> Court:
        """Judges with what this run knows of its target."""
        known = self.lacking, self.engine.line, self.settings["level"], self.selected, self._scores
        return Court(*known, self._unaffordable, self.retries, self.declared)

    @property
    def declared(self) -> tuple[str, ...]:
        """What a vendor has declared in a profile of its own choice; nobody has chosen the default one."""
        return self.profile.offers if self.settings.given("profile") else ()

    def _unaffordable(self, requirement: Requirement) -> str:
        price = load_prices(self.settings["examples"]).get(requirement.id)
        return self.toll.reason if self.toll and price and not self.toll.affords(price.calls) else ""

    def _scores(self, requirement: Requirement) -> bool:
        return scored(requirement, self.settings["requirements"])

    def judge(self, requirement: Requirement, check: Check) -> Judgement:
        """The verdict on one requirement."""
        with self.recorder.scope(CASE, requirement.id) as told:
            judged = self.court.judge(requirement, check, Context(self))
            told["judged"] = judged.plain()
        self.failed = self.failed or judged.meaning.fails
        return judged
