"""Makes connectors and models, waits for their states, and removes them in the guide's order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..blueprints import Blueprint, Endpoint
from ..client import ML, MlCommons, NoAnswer
from ..exchange import Exchange, NotJson
from .journal import Journal
from .naming import Names
from .waiting import wait_for

Json = Any

#: States from which a model does not get to DEPLOYED any more.
DEAD_ENDS = ("DEPLOY_FAILED",)


class ProvisionError(Exception):
    """A model could not be made. `stage` is `connector`, `register`, `deploy` or `state`; `exchange` shows it."""

    def __init__(self, stage: str, exchange: Exchange, found: str = "") -> None:
        found = found or f"HTTP {exchange.status}: {exchange.reason[:300]}"
        super().__init__(f"{exchange.method} {exchange.path} answered {found}")
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

    def __init__(self, ml: MlCommons, names: Names, journal: Journal, timeout: float) -> None:
        self._ml, self._names, self._journal, self._timeout = ml, names, journal, timeout
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
            raise ProvisionError("state", seen, f"model_state {state} after {seconds:.1f} s, not {' or '.join(states)}")
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
        made, self._made = self._made[::-1], []
        remover = Remover(self._ml, self._timeout)
        for kind in ("model", "connector", "task"):
            for one in made:
                if one.kind == kind and remover.remove(kind, one.id, one.name):
                    self._journal.write("gone", kind=kind, id=one.id)
        return remover.left

    def forget(self) -> list[str]:
        """What was made here, as sentences, and not removed: the caller wants it kept."""
        made, self._made = self._made, []
        return [f"{one.kind} {one.id} {one.name}".rstrip() for one in made if one.kind != "task"]


class Remover:
    """Removes resources by id; 404 is success, what stays is kept as a sentence in `left`."""

    def __init__(self, ml: MlCommons, timeout: float) -> None:
        self._ml, self._timeout = ml, timeout
        self.left: list[str] = []

    def remove(self, kind: str, resource: str, name: str = "") -> bool:
        """Remove one `model`, `connector`, `model_group` or `task`, and read back that it is gone."""
        removers = {
            "model": lambda: self._model(resource, name),
            "connector": lambda: self._connector(resource),
            "model_group": lambda: self._model_group(resource),
            "task": lambda: self._task(resource),
        }
        try:
            return removers[kind]()
        except (NoAnswer, NotJson) as error:
            self._leave(kind, resource, str(error))
            return False

    def _model(self, model_id: str, name: str) -> bool:
        document = self._ml.model(model_id)
        if document.status == 404:
            return self._group_of(name)
        self._ml.undeploy(model_id)
        if not self._delete("model", model_id, self._ml.delete_model, self._ml.model):
            return False
        return self._group(document.get("model_group_id"), document.get("name"))

    def _group(self, group_id: Json, model_name: Json) -> bool:
        """Remove the group that the engine made for this model alone: it has the model's own marked name."""
        if not isinstance(group_id, str):
            return True
        group = self._ml.model_group(group_id)
        if group.status == 404 or not group.ok or group.get("name") != model_name:
            return True
        return self._model_group(group_id)

    def _connector(self, connector_id: str) -> bool:
        return self._delete("connector", connector_id, self._ml.delete_connector, self._ml.connector)

    def _group_of(self, name: str) -> bool:
        """Remove the group of a model that is gone already: it is found by the model's own marked name."""
        found = self._ml.search("model_groups", {"match_phrase": {"name": name}}) if name else None
        hits = found.get("hits", "hits") if found and found.ok else ()
        own = [str(hit["_id"]) for hit in hits or () if hit.get("_source", {}).get("name") == name]
        removed = [self._model_group(group_id) for group_id in own]
        return all(removed)

    def _model_group(self, group_id: str) -> bool:
        return self._delete("model group", group_id, self._ml.delete_model_group, self._ml.model_group)

    def _task(self, task_id: str) -> bool:
        answer = self._ml.delete_task(task_id)
        return answer.status in (200, 404) or self._leave("task", task_id, _found(answer))

    def _delete(
        self, kind: str, resource: str, delete: Callable[[str], Exchange], read: Callable[[str], Exchange]
    ) -> bool:
        clock = self._ml.client.clock
        answer, _ = wait_for(lambda: delete(resource), lambda one: one.status not in (400, 409), self._timeout, clock)
        if answer.status not in (200, 404):
            return self._leave(kind, resource, _found(answer))
        after = read(resource)
        return after.status == 404 or self._leave(kind, resource, f"deleted, but reads HTTP {after.status}")

    def _leave(self, kind: str, resource: str, why: str) -> bool:
        path = f"{ML}/{kind.replace(' ', '_')}s/{resource}"
        self.left.append(f"{kind} {resource} is still on the cluster ({why}); DELETE {path} removes it")
        return False


def _found(answer: Exchange) -> str:
    return f"HTTP {answer.status}: {answer.reason[:200]}"


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
