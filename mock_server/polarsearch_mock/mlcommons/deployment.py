"""Deployments: which models run, with what, and the routes that start and stop them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .bodies import Cursor, Reader, read_fields
from .connectors import check_protocol_known, remote_disabled
from .engines import Engine
from .errors import EngineError, illegal_argument, status_error, storage_failure
from .hashing import hash_order
from .predict import BeforeSending, Runtime
from .render import compact
from .rest import Call
from .settings import Settings
from .state import MODELS, Document, Store
from .tasks import Tasks

_READERS: dict[str, Reader] = {"node_ids": Cursor.texts, "model_ids": Cursor.texts}
_NO_PLAN = "Don't allow custom deployment plan"


@dataclass
class Deployed:
    """One model on the nodes: what it was started with."""

    connector: Mapping[str, Any]
    private_ip_allowed: bool
    runtimes: list[Runtime]
    predicts: int = 0
    #: what Java's `toString` would show of the predictor
    mark: str = "1a2b3c4d"


@dataclass
class Deployments:
    """The running models of one cluster, by id."""

    engine: Engine
    store: Store
    settings: Settings
    tasks: Tasks
    running: dict[str, Deployed] = field(default_factory=dict)
    #: changes every request to a model service before it leaves: what faults are made with
    before_sending: BeforeSending | None = None
    #: how long a second of a connector's time-outs takes
    second: float = 1.0
    #: runtimes that were replaced or stopped and are still to be closed
    ended: list[Runtime] = field(default_factory=list)

    def using(self, connector_id: str) -> Iterator[str]:
        """The ids of the running models over a stand-alone connector."""
        return (model.id for model in self.store.models.where("connector_id", connector_id) if model.id in self.running)

    # --- deploy ---

    def deploy_call(self, call: Call) -> dict[str, Any]:
        """`POST models/{id}/_deploy`: COMPLETED means that the nodes know of it, not that it works."""
        asked = read_fields(call.cursor(), _READERS) if call.body else {}
        call.refuse_unknown()
        call.permit()
        key = call.parts["model_id"]
        self.require(key)
        if not self.settings.flag("remote_inference.enabled"):
            raise remote_disabled()
        if asked.get("node_ids") and not self.settings.flag("allow_custom_deployment_plan"):
            raise illegal_argument(_NO_PLAN)
        return {"task_id": self.deploy(key), "task_type": "DEPLOY_MODEL", "status": "COMPLETED"}

    def require(self, key: str) -> Document:
        """The model; 404 for an unknown one, 500 before there was any."""
        if not self.store.models.exists:
            raise storage_failure(f"Failed to get data object from index {MODELS}", 500, MODELS)
        document = self.store.models.get(key)
        if document is None:
            raise status_error("Failed to find model", 404)
        return document

    def deploy(self, key: str) -> str:
        """Deploys on every node; the id of the task that tells how it went."""
        task = self.tasks.open("DEPLOY_MODEL", is_async=True, model_id=key)
        self.tasks.close(task.id, "RUNNING")
        nodes, moment = list(self.store.node_ids), self.store.clock()
        planned = {"model_state": "DEPLOYING", "last_updated_time": moment, "last_deployed_time": moment}
        planned |= {"planning_worker_node_count": len(nodes), "planning_worker_nodes": nodes}
        planned |= {"current_worker_node_count": 0, "deploy_to_all_nodes": True}
        document = self.store.models.update(key, planned)
        try:
            self.start(document)
        except EngineError as error:
            self._failed(key, task.id, error)
        else:
            done = {"model_state": "DEPLOYED", "current_worker_node_count": len(nodes), "auto_redeploy_retry_times": 0}
            self.store.models.update(key, {**done, "last_updated_time": self.store.clock()})
            self.tasks.close(task.id, "COMPLETED")
        return task.id

    def _failed(self, key: str, task_id: str, error: EngineError) -> None:
        told = compact(dict.fromkeys(self.store.node_ids, error.reason))
        self.store.models.update(key, {"model_state": "DEPLOY_FAILED", "last_updated_time": self.store.clock()})
        self.tasks.close(task_id, "FAILED", error=told)

    def start(self, document: Document) -> Deployed:
        """Brings a model onto the nodes unless it is there already; EngineError when its connector is not to be had."""
        found = self.running.get(document.id)
        if found is None:
            found = self._started(self.connector_of(document.source))
            self.running[document.id] = found
        return found

    def _started(self, connector: Mapping[str, Any]) -> Deployed:
        runtimes = self._links(connector)
        return Deployed(connector, self.settings.flag("connector.private_ip_enabled"), runtimes)

    def _links(self, connector: Mapping[str, Any]) -> list[Runtime]:
        link = partial(Runtime, connector, self.engine, before_sending=self.before_sending, second=self.second)
        return [link() for _ in self.store.node_ids]

    def connector_of(self, model: Mapping[str, Any]) -> Mapping[str, Any]:
        """The connector a model runs with: the embedded one first."""
        if model.get("connector"):
            embedded: Mapping[str, Any] = model["connector"]
            return embedded
        key = model.get("connector_id", "")
        stored = self.store.connectors.get(key)
        if stored is None:
            raise status_error(f"Failed to find connector:{key}", 404)
        check_protocol_known(stored.source, self.engine)
        return stored.source

    def refresh(self, document: Document) -> None:
        """After an update of a running model: its connector is loaded anew."""
        running = self.running.get(document.id)
        if running is None:
            return
        self.ended.extend(running.runtimes)
        try:
            connector = self.connector_of(document.source)
        except EngineError:
            del self.running[document.id]
            return
        running.connector = connector
        running.runtimes = self._links(connector)

    # --- undeploy ---

    def undeploy_call(self, call: Call) -> dict[str, Any]:
        """`POST models/{id}/_undeploy` and `POST models/_undeploy`."""
        asked = read_fields(call.cursor(), _READERS) if call.body else {}
        call.refuse_unknown()
        named = asked.get("model_ids") or ([call.parts["model_id"]] if "model_id" in call.parts else [])
        if asked.get("node_ids") and not self.settings.flag("allow_custom_deployment_plan"):
            raise illegal_argument(_NO_PLAN)
        if not named:
            raise illegal_argument("Must set specific model ids to undeploy")
        call.permit()
        if len(named) == 1:
            self.require(named[0])
        elif self.settings.flag("model_access_control_enabled"):
            raise illegal_argument("only support undeploy one model")
        return self._undeploy(named)

    def _undeploy(self, named: list[str]) -> dict[str, Any]:
        stats = {key: self._stop(key) for key in hash_order(dict.fromkeys(named))}
        return {node: {"stats": dict(stats)} for node in self.store.node_ids}

    def _stop(self, key: str) -> str:
        stopped = self.running.pop(key, None)
        if stopped:
            self.ended.extend(stopped.runtimes)
        if self.store.models.get(key):
            changes = {"model_state": "UNDEPLOYED", "planning_worker_nodes": [], "planning_worker_node_count": 0}
            changes |= {"current_worker_node_count": 0, "last_updated_time": self.store.clock()}
            self.store.models.update(key, changes)
        return "undeployed" if stopped else "not_found"

    def forget_missing(self) -> None:
        """Stops what runs without a document: its index was emptied from outside."""
        for key in [one for one in self.running if self.store.models.get(one) is None]:
            self.ended.extend(self.running.pop(key).runtimes)

    async def close_ended(self) -> None:
        """Closes the runtimes that are no longer in use."""
        while self.ended:
            await self.ended.pop().close()

    async def close(self) -> None:
        """Stops everything."""
        for one in self.running.values():
            self.ended.extend(one.runtimes)
        self.running.clear()
        await self.close_ended()
