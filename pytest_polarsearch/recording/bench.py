"""What a recording gives to checks in place of a run, and the judging of all that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..blueprints import BLUEPRINTS, NO_KEY, Blueprint, Endpoint
from ..checks.bench import Sampling
from ..checks.context import Context, blocked_by
from ..checks.contract import Check, NotRecorded
from ..judging.honesty import Judge, gate_of
from ..judging.judge import Court
from ..judging.verdicts import Judgement
from ..preflight import Engine
from ..profiles.profile import Profile
from ..provision.guest import Guest
from ..provision.journal import NoJournal
from ..provision.lifecycle import Model, Provisioner, ProvisionError
from ..provision.naming import Names
from ..requirements.registry import Requirement
from ..requirements.sets import scored
from ..secret import Secret
from ..verbs import MlCommons
from .player import PlayedClient, PlayedService, Player
from .reading import Case, Recording
from .tape import Tape

Json = Any


@dataclass(frozen=True)
class Terms:
    """By what a recording is judged; the run's own level and set of requirements where None."""

    level: str | None = None
    requirements: str | None = None


#: As the run itself was.
AS_THEN = Terms()


class PlayedBench:
    """One recorded case as a bench; its `court` knows of the target what the run knew."""

    def __init__(self, recording: Recording, case: Case, terms: Terms, selected: Callable[[str], bool]) -> None:
        self._recording, self._case = recording, case
        self._target: Mapping[str, Json] = recording.targets[case.worker]
        self._player = Player(case.id, case.tape)
        self.timeout = float(self._target["timeout"])
        self.engine = Engine(**self._target["engine"])
        self.service = endpoint_of(self._target["service"])
        self.observed_service = endpoint_of(self._target["observed"] or self._target["service"])
        self.names = Names(recording.run, case.worker, self._player.numbers())
        self.ml = MlCommons(self._client(self._player))
        self.guest = Guest(self.ml, recording.run, NoJournal())
        self.observer = PlayedService(self._player)
        drawn = self._target.get("sampling", {"seed": 0, "examples": 0})
        self.sampling = Sampling(**drawn, told=case.tape.values("example"))
        self.profile = Profile(**self._target["profile"])
        level = terms.level or str(self._target["level"])
        self._set = terms.requirements or str(self._target["requirements"])
        self.lacking: Mapping[str, str] = self._target["lacking"]
        self.court = Court(
            self.lacking,
            self.engine.line,
            level,
            selected,
            self._scores,
            retries=self._target.get("retries", 0),
            declared=self._target["declared"],
        )

    def blueprint(self, name: str) -> Blueprint:
        """The blueprint of a name, as the recorded run had it."""
        plain = name.removeprefix("observed.")
        return BLUEPRINTS[plain] if name != plain else self.profile.blueprints[plain]

    def _scores(self, requirement: Requirement) -> bool:
        return scored(requirement, self._set)

    @property
    def version(self) -> str:
        """The engine's version."""
        return self.engine.number

    def _client(self, player: Player) -> PlayedClient:
        target = self._target
        return PlayedClient(
            player, target["url"], timeout=float(target["request_timeout"]), authenticated=target["authenticated"]
        )

    def cluster_as(self, who: str) -> PlayedClient:
        """The cluster as it answered somebody else."""
        client = self._client(self._player)
        client.who = who
        return client

    def direct(self) -> PlayedClient:
        """The model service as it answered this check."""
        return self._client(self._player)

    def shared_model(self, name: str) -> Model:
        """The shared model as this worker made it. Raises Blocked where it could not, NotRecorded where it did not."""
        plain = name.removeprefix("observed.")
        name = plain if self.observed_service == self.service else name
        tape = self._recording.models.get((self._case.worker, name))
        if tape is None:
            raise NotRecorded(f"the recording of {self._case.id} holds no model {name}: judge the target itself")
        try:
            return self._made(name, tape)
        except ProvisionError as error:
            raise blocked_by(error, self.blueprint(name).kind) from None

    def _made(self, name: str, tape: Tape) -> Model:
        player = Player(f"the model {name}", tape)
        names = Names(self._recording.run, self._case.worker, player.numbers())
        provisioner = Provisioner(MlCommons(self._client(player)), names, NoJournal(), self.timeout)
        endpoint = self.observed_service if name.startswith("observed.") else self.service
        return provisioner.model(self.blueprint(name), endpoint)

    def scratch(self) -> Provisioner:
        """A provisioner for one check."""
        return Provisioner(self.ml, self.names, NoJournal(), self.timeout)

    def release(self, scratch: Provisioner, *, failed: bool) -> list[str]:
        """What was left then. A check that ended elsewhere than in the run has no recorded way down."""
        keep = self._target["keep"]
        if keep == "always" or (keep == "on-failure" and failed):
            return []
        try:
            return scratch.undo()
        except NotRecorded:
            return []


def endpoint_of(plain: Mapping[str, Json]) -> Endpoint:
    """The model service as connectors name it; that it was asked without a key is known by the key's identity."""
    key = NO_KEY if plain["key"] == NO_KEY.reveal() else Secret(plain["key"])
    return Endpoint(plain["scheme"], plain["netloc"], key)


def judge_recording(
    recording: Recording, pairs: Iterable[tuple[Requirement, Check]], terms: Terms = AS_THEN
) -> Iterator[tuple[Requirement, Judgement]]:
    """The judgement on every requirement that the recording holds, each by itself."""
    held = _held(recording, pairs)
    judge = _judge(recording, terms, held.__contains__)
    for requirement, check in held.values():
        yield requirement, judge(requirement, check)


def judge_run(
    recording: Recording, pairs: Iterable[tuple[Requirement, Check]], terms: Terms = AS_THEN
) -> Iterator[tuple[Requirement, Judgement]]:
    """The judgement on every requirement that the run reported (all it judged, where it reported to nobody), as the
    run made it: after the honesty probe, and blocked where it is another's consequence."""
    held = _held(recording, pairs)
    reported = recording.reported or held
    gate = gate_of(_judge(recording, terms, held.__contains__), held, selected=reported.__contains__)
    for requirement, check in held.values():
        if requirement.id in reported:
            yield requirement, gate.judge(requirement, check)


def _held(recording: Recording, pairs: Iterable[tuple[Requirement, Check]]) -> dict[str, tuple[Requirement, Check]]:
    cases = {one.id for one in recording.cases.values() if one.worker in recording.targets}
    return {requirement.id: (requirement, check) for requirement, check in pairs if requirement.id in cases}


def _judge(recording: Recording, terms: Terms, selected: Callable[[str], bool]) -> Judge:
    def judge(requirement: Requirement, check: Check) -> Judgement:
        bench = PlayedBench(recording, recording.cases[requirement.id], terms, selected)
        return bench.court.judge(requirement, check, Context(bench))

    return judge
