"""Makes connectors and models, waits for their states, and keeps track of them until they are removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..blueprints import Blueprint, Endpoint
from ..exchange import Exchange, NotJson
from ..verbs import MlCommons
from ..words import said
from .journal import Journal
from .naming import Names
from .removal import Remover
from .waiting import wait_for

Json = Any
T = TypeVar("T")

#: What is removed first: a task can be found by its model as long as that is there.
ORDER = ("task", "model", "connector", "model_group")
#: States from which a model does not get to DEPLOYED any more.
DEAD_ENDS = ("DEPLOY_FAILED",)


class ProvisionError(Exception):
    """A model could not be made. `stage` is `connector`, `register`, `deploy` or `state`; `exchange` shows it."""

    def __init__(self, stage: str, exchange: Exchange, found: str = "") -> None:
        found = found or f"HTTP {exchange.status}: {exchange.short_reason(300)}"
        super().__init__(said("answered", method=exchange.method, path=exchange.path, found=found))
        self.stage, self.exchange = stage, exchange


@dataclass(frozen=True)
class Model:
    """A deployed model and how it came to be."""

    name: str
    connector_id: str
    model_id: str
    created: Exchange = field(repr=False)
    registered: Exchange = field(repr=False)
    deployed: Exchange = field(repr=False)

    @property
    def story(self) -> tuple[Exchange, ...]:
        """The requests that made it, in order."""
        return self.created, self.registered, self.deployed


@dataclass
class _Made:
    kind: str
    name: str
    id: str


class Provisioner:
    """Creates resources under the run's names, keeps track of them, and undoes them."""

    def __init__(self, ml: MlCommons, names: Names, journal: Journal, timeout: float, hands: int = 1) -> None:
        self._ml, self._names, self._journal, self._timeout = ml, names, journal, timeout
        self._hands = hands
        self._made: list[_Made] = []

    # --- making ----------------------------------------------------------------------------------------------

    def connector(self, body: Mapping[str, Json]) -> Exchange:
        """Create a connector; it is removed by `undo` if the answer names one."""
        return self._make("connector", body, self._ml.create_connector)

    def register(self, connector_id: str | None, **fields: Json) -> Exchange:
        """Register a remote model, as the guide does; `fields` are added to the body (None leaves one out)."""
        deploy = fields.pop("deploy", False)
        guide = {"name": "model", "function_name": "remote", "description": "model description"}
        body = {**guide, "connector_id": connector_id, **fields}
        body = {key: value for key, value in body.items() if value is not None}
        return self._make("model", body, lambda marked: self._ml.register(marked, deploy=deploy))

    def _make(self, kind: str, body: Mapping[str, Json], create: Callable[[Json], Exchange]) -> Exchange:
        marked = self._names.marked(body)
        name = str(marked.get("name", ""))
        self._journal.write("intent", kind=kind, name=name)
        exchange = create(marked)
        made = _ids(exchange)
        for made_kind, made_id in made.items():
            self._journal.write("made", kind=made_kind, name=name, id=made_id)
            self._made.append(_Made(made_kind, name, made_id))
        return exchange

    def deploy(self, model_id: str) -> Exchange:
        """Deploy a model and wait until it reads DEPLOYED. Raises ProvisionError where it does not."""
        with self._ml.client.isolation.settling():
            exchange = self._ml.deploy(model_id)
            if not exchange.ok:
                raise ProvisionError("deploy", exchange)
            self._note_task(exchange)
            self.wait_for_state(model_id, "DEPLOYED")
        return exchange

    def _note_task(self, exchange: Exchange) -> None:
        task_id = exchange.get("task_id")
        if isinstance(task_id, str):
            self._made.append(_Made("task", "", task_id))

    def wait_for_state(self, model_id: str, *states: str) -> Exchange:
        """The model's document once it reads one of the states. Raises ProvisionError after the deadline."""
        ends = (*states, *DEAD_ENDS)
        seen, seconds = wait_for(
            lambda: self._ml.model(model_id),
            lambda one: one.ok and one.get("model_state") in ends,
            self._timeout,
            self._ml.client.clock,
        )
        if not seen.ok or seen.get("model_state") not in states:
            state = seen.get("model_state") if seen.ok else f"HTTP {seen.status}"
            wanted = " / ".join(states)
            raise ProvisionError("state", seen, said("state", state=state, seconds=f"{seconds:.1f}", wanted=wanted))
        return seen

    def model(self, blueprint: Blueprint, endpoint: Endpoint, **connector_fields: Json) -> Model:
        """A model at `endpoint`, made and deployed. Raises ProvisionError."""
        created = self.connector(blueprint.connector(endpoint, **connector_fields))
        connector_id = _need(created, "connector", "connector_id")
        registered = self.register(connector_id, name=f"{blueprint.kind} model")
        model_id = _need(registered, "register", "model_id")
        return Model(blueprint.kind, connector_id, model_id, created, registered, self.deploy(model_id))

    # --- undoing ---------------------------------------------------------------------------------------------

    def undo(self) -> list[str]:
        """Undeploy and delete everything made here, newest first; a sentence for each thing that is left."""
        remover = Remover(self._ml, self._timeout)

        def remove(one: _Made) -> None:
            if remover.remove(one.kind, one.id, one.name):
                self._journal.write("gone", kind=one.kind, id=one.id)
            elif (one.kind, one.id) in remover.answered:
                self._journal.write("deleted", kind=one.kind, id=one.id)
            self._made.remove(one)  # one by one: what Ctrl-C leaves is still known here

        for kind in ORDER:
            side_by_side(remove, [one for one in reversed(self._made) if one.kind == kind], self._hands)
        self._made.clear()
        return remover.left

    def forget(self) -> list[str]:
        """What was made here, as sentences, and not removed: the caller wants it kept."""
        made, self._made = self._made, []
        return [f"{one.kind} {one.id} {one.name}".rstrip() for one in made if one.kind != "task"]


def side_by_side(act: Callable[[T], None], on: Sequence[T], hands: int) -> None:
    """Do it to each, so many at a time; an interruption starts no further one."""
    if hands == 1 or len(on) < 2:
        for one in on:
            act(one)
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(hands)
    try:
        for done in [pool.submit(act, one) for one in on]:
            done.result()
    finally:
        pool.shutdown(cancel_futures=True)


#: Field of a create's answer -> what it names.
ID_FIELDS = {"connector_id": "connector", "model_id": "model", "task_id": "task", "model_group_id": "model_group"}


def _ids(exchange: Exchange) -> dict[str, str]:
    if not exchange.ok:
        return {}
    try:
        found = {kind: exchange.get(key) for key, kind in ID_FIELDS.items()}
    except NotJson:
        return {}
    return {kind: value for kind, value in found.items() if isinstance(value, str) and value}


def _need(exchange: Exchange, stage: str, key: str) -> str:
    if exchange.ok and isinstance(exchange.get(key), str) and exchange.get(key):
        return str(exchange.get(key))
    raise ProvisionError(stage, exchange)
