"""Models that all checks of a process share: each is made when it is first asked for, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

from ..blueprints import BLUEPRINTS, Blueprint, Endpoint
from ..client import NoAnswer
from ..exchange import NotJson
from .lifecycle import Model, Provisioner, ProvisionError, side_by_side


class SharedModels:
    """The deployed models of blueprints' names: the vendor's at the service under judgement, and (`observed.NAME`)
    the guide's at the built-in mock. What could not be made is not tried again."""

    def __init__(
        self,
        provisioner: Provisioner,
        vendor: Mapping[str, Blueprint],
        service: Endpoint,
        observed: Endpoint,
        scope: Callable[[str], AbstractContextManager[Any]],
    ) -> None:
        self._provisioner, self._vendor, self._scope = provisioner, vendor, scope
        self._service, self._observed = service, observed
        self._made: dict[str, Model | ProvisionError] = {}

    def get(self, name: str) -> Model:
        """The model of that name. Raises ProvisionError where it could not be made."""
        name = self._canonical(name)
        if name not in self._made:
            self._made[name] = self._make(name)
        made = self._made[name]
        if isinstance(made, ProvisionError):
            raise made
        return made

    def make_ready(self, names: Iterable[str], hands: int) -> None:
        """Make these before anybody asks, so many at a time. What could not be made says so when it is asked for."""
        wanted = dict.fromkeys(map(self._canonical, names))
        side_by_side(self._fill, [name for name in wanted if name not in self._made], hands)

    def _fill(self, name: str) -> None:
        with suppress(NoAnswer, NotJson):  # whoever asks for it tries again, and is told
            self._made[name] = self._make(name)

    def forget(self) -> None:
        """Make each anew when it is asked for again."""
        self._made.clear()

    def blueprint(self, name: str) -> Blueprint:
        """The blueprint of a name: the vendor's as its profile says, and the guide's at the built-in mock."""
        plain = name.removeprefix("observed.")
        return BLUEPRINTS[plain] if name != plain else self._vendor[plain]

    def _canonical(self, name: str) -> str:
        """The mock's own models are not made twice where the mock is the service under judgement."""
        plain = name.removeprefix("observed.")
        same = self._observed == self._service and self.blueprint(plain) == BLUEPRINTS.get(plain)
        return plain if same else name

    def _make(self, name: str) -> Model | ProvisionError:
        endpoint = self._observed if name.startswith("observed.") else self._service
        with self._scope(name):
            try:
                return self._provisioner.model(self.blueprint(name), endpoint)
            except ProvisionError as error:
                return error
