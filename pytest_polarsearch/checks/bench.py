"""What a run, or a recording of one, gives to its checks. No check stands here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..blueprints import Blueprint, Endpoint
from ..client import Asker
from ..profiles.profile import Profile
from ..provision.guest import Guest
from ..provision.lifecycle import Model, Provisioner
from ..provision.naming import Names
from ..verbs import MlCommons

Json = Any


class Call(Protocol):
    """One request that reached the model service."""

    @property
    def json(self) -> Json:
        """Its body as JSON."""

    @property
    def body(self) -> bytes:
        """Its body as it came."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers, names in lower case."""


class ServiceView(Protocol):
    """The service side of the connector: what reached it, and what can be made to go wrong there."""

    @property
    def received(self) -> int:
        """How many requests have arrived since the start."""

    def calls(self, kind: str, after: int = 0) -> Sequence[Call]:
        """The requests of one kind so far, oldest first; only those that came `after` so many had been received."""

    def fault(self, name: str, **parameters: Json) -> Any:
        """A context manager inside which the named fault is on."""


@dataclass(frozen=True)
class Sampling:
    """Where random examples begin and how many there are for one check; `patience` are the seconds in which what broke
    a claim may be made smaller. `keep` is told of each; `told` are those that a recording holds, where there is
    nothing to draw."""

    seed: int
    examples: int
    patience: float = 60.0
    told: Sequence[Json] | None = None
    keep: Callable[[Json], None] = field(default=lambda _value: None, repr=False)


class Bench(Protocol):
    """What the run gives to its checks."""

    ml: MlCommons
    service: Endpoint
    observed_service: Endpoint
    timeout: float
    names: Names
    guest: Guest
    profile: Profile

    @property
    def sampling(self) -> Sampling:
        """Where random examples begin, and how many there are for a check."""

    @property
    def lacking(self) -> Mapping[str, str]:
        """What the target has not: capability -> reason."""

    @property
    def version(self) -> str:
        """The engine's version."""

    @property
    def observer(self) -> ServiceView:
        """The built-in mock's side of the connector."""

    def blueprint(self, name: str) -> Blueprint:
        """The blueprint of a name, as the profile of its service says."""

    def cluster_as(self, who: str) -> Asker:
        """A way of its own to the cluster for somebody else, for one check; it closes it."""

    def direct(self) -> Asker:
        """A way of its own to the model service, for one check; it closes it."""

    def shared_model(self, name: str) -> Model:
        """The run's deployed model of that name. Raises Blocked where it cannot be made."""

    def scratch(self) -> Provisioner:
        """A provisioner for one check."""

    def release(self, scratch: Provisioner, *, failed: bool) -> list[str]:
        """Undo, or keep, what a check made; a sentence for each thing that is left without being wanted."""
