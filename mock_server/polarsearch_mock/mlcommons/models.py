"""Remote models: register, read, update, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .connector_input import ACCESS_FIELDS
from .connectors import check_protocol_known, check_urls, merged, no_access_control, remote_disabled, without_credential
from .deployment import Deployments
from .engines import Engine
from .errors import (
    EngineError,
    NeverAnswers,
    illegal_argument,
    null_pointer,
    parse_error,
    status_error,
    validation_error,
)
from .groups import Groups
from .model_input import faults_of_model_names, is_blank, read_model_update, read_registration
from .rest import Call
from .settings import Settings
from .state import Document, Store
from .tasks import Tasks

#: The order of a model's members in an answer; what is missing is left out.
ORDER = (
    "name", "model_group_id", "algorithm", "model_version", "description", "model_state", "model_config",
    "deploy_setting", "is_enabled", "rate_limiter", "created_time", "last_updated_time", "last_deployed_time",
    "model_id", "auto_redeploy_retry_times", "planning_worker_node_count", "current_worker_node_count",
    "planning_worker_nodes", "deploy_to_all_nodes", "is_hidden", "connector", "connector_id", "guardrails", "interface",
)  # fmt: skip
#: Members that an update may change as they are.
_UPDATABLE = (
    "name", "description", "is_enabled", "model_config", "deploy_setting", "guardrails", "interface", "connector_id",
)  # fmt: skip
#: Members whose change makes the nodes load a running model anew.
_REFRESHING = {"connector", "connector_id", "is_enabled", "guardrails", "interface", "rate_limiter"}
_STORED = ("description", "model_config", "deploy_setting", "rate_limiter", "connector", "guardrails", "interface")
_UNDELETABLE = ("DEPLOYED", "DEPLOYING", "PARTIALLY_DEPLOYED")
_NO_CONNECTOR = "You must provide connector content when creating a remote model without connector id!"
_NO_ENDPOINT = "Connector endpoint is required when creating a remote model without connector id!"
_BOTH = "Model cannot have both stand-alone connector and internal connector. Please check your update input body."
_COMMON = "org.opensearch.ml.common"
_NO_ID_FIELD = "This remote does not have a connector_id field, maybe it uses an internal connector."
_STILL_DEPLOYED = "Model cannot be deleted in deploying or deployed state. Try undeploy model first then delete"
_NO_GROUP = (
    "Failed to find the model group with the provided model group id in the update model input, MODEL_GROUP_ID: "
)


@dataclass
class Models:
    """The model routes of one cluster that do not predict."""

    engine: Engine
    store: Store
    settings: Settings
    groups: Groups
    tasks: Tasks
    deployments: Deployments

    # --- register ---

    def register(self, call: Call) -> dict[str, Any]:
        """`POST models/_register`; with `?deploy=true` the model is deployed as well."""
        found = read_registration(call.cursor(), self.engine)
        deploy = call.flag("deploy")
        call.refuse_unknown()
        self._check_names(found, required=True)
        call.permit()
        if found["function_name"] != "REMOTE":
            raise status_error("Not emulated: models that run on the cluster itself", 501)
        if not self.settings.flag("remote_inference.enabled"):
            raise remote_disabled()
        if any(found.get(name) is not None for name in ACCESS_FIELDS):
            raise no_access_control("model")
        self._check_connector(found)
        document, task = self._store(found)
        if deploy:
            self.deployments.deploy(document.id)
        return {"task_id": task, "status": "CREATED", "model_id": document.id}

    def _check_names(self, found: Mapping[str, Any], *, required: bool) -> None:
        faults = faults_of_model_names(found, required=required)
        if self.engine.names_checked and faults:
            raise validation_error(*faults)

    def _check_connector(self, found: Mapping[str, Any]) -> None:
        if is_blank(found.get("connector_id")):
            self._check_embedded(found.get("connector"))
        elif found.get("interface") is None:
            self._check_stand_alone(found["connector_id"])

    def _check_embedded(self, connector: Mapping[str, Any] | None) -> None:
        if connector is None:
            raise illegal_argument(_NO_CONNECTOR)
        actions = connector.get("actions") or []
        if not any(action["action_type"] == "PREDICT" for action in actions):
            raise illegal_argument(_NO_ENDPOINT)
        check_urls(connector, self.settings, self.engine)

    def _check_stand_alone(self, key: str) -> None:
        if not self.store.connectors.exists:
            raise status_error("Failed to find connector", 404)
        connector = self.store.connectors.get(key)
        if connector is None:
            raise status_error(f"Failed to find connector:{key}", 404)
        check_protocol_known(connector.source, self.engine)
        if connector.source.get("parameters") is not None and not connector.source["actions"]:
            raise EngineError("index_out_of_bounds_exception", "Index 0 out of bounds for length 0", 500)

    def _store(self, found: Mapping[str, Any]) -> tuple[Document, str]:
        group_id = found.get("model_group_id")
        if is_blank(group_id):
            group = self.groups.of_name(found["name"]) or self.groups.create(found["name"])
            group_id = group.id
        version = self.groups.next_version(str(group_id))
        self._hang_without_credential(found)
        task = self.tasks.open("REGISTER_MODEL", is_async=False)
        moment = self.store.clock()
        source = {"name": found["name"], "model_group_id": group_id, "algorithm": "REMOTE"}
        source |= {"model_version": str(version), "model_state": "REGISTERED", "is_hidden": False}
        source |= {"created_time": moment, "last_updated_time": moment}
        source |= {name: found[name] for name in _STORED if found.get(name) is not None}
        if not is_blank(found.get("connector_id")):
            source["connector_id"] = found["connector_id"]
        if self.engine.register_keeps_is_enabled and "is_enabled" in found:
            source["is_enabled"] = found["is_enabled"]
        document = self.store.models.put({name: source[name] for name in ORDER if name in source})
        self.tasks.close(task.id, "COMPLETED", model_id=document.id)
        return document, task.id

    def _hang_without_credential(self, found: Mapping[str, Any]) -> None:
        connector = found.get("connector")
        if connector is not None and not connector.get("credential"):
            self.tasks.hang("REGISTER_MODEL")
            raise NeverAnswers("a registration with an embedded connector without credential")

    # --- read ---

    def read(self, call: Call) -> dict[str, Any]:
        """`GET models/{id}`."""
        call.refuse_unknown()
        call.permit()
        key = call.parts["model_id"]
        if not self.store.models.exists:
            raise status_error("Fail to find model", 404)
        document = self.store.models.get(key)
        if document is None:
            raise status_error(f"Failed to find model with the provided model id: {key}", 404)
        return shown(document.source)

    # --- update ---

    def update(self, call: Call) -> dict[str, Any]:
        """`PUT models/{id}`; what a deployed model uses is refreshed at once."""
        found = self._read_update(call)
        call.refuse_unknown()
        self._check_names(found, required=False)
        call.permit()
        document = self.store.models.get(call.parts["model_id"])
        if document is None:
            reason = f"Failed to find model to update with the provided model id: {call.parts['model_id']}"
            raise status_error(reason, 404)
        changes = self._changes(document, found)
        index = self.store.models
        stored = index.update(
            document.id, {**changes, "last_updated_time": self.store.clock(), "model_id": document.id}
        )
        if _REFRESHING & set(changes):
            self.deployments.refresh(stored)
        return index.receipt(stored.id, stored.version, "updated", refreshed=self.engine.update_forces_refresh)

    def _read_update(self, call: Call) -> dict[str, Any]:
        if not call.body:
            raise parse_error("Update model request has empty body")
        try:
            return read_model_update(call.cursor(), self.engine)
        except EngineError as error:
            if error.type == "illegal_state_exception":
                raise parse_error(error.reason or "") from None
            raise

    def _changes(self, document: Document, found: Mapping[str, Any]) -> dict[str, Any]:
        old = document.source
        if found.get("connector") is not None and found.get("connector_id"):
            raise status_error(_BOTH, 400)
        if found.get("connector_id") and "connector_id" not in old:
            raise status_error(_NO_ID_FIELD, 400)
        changes = {name: found[name] for name in _UPDATABLE if found.get(name) is not None}
        if found.get("rate_limiter"):
            changes["rate_limiter"] = {**old.get("rate_limiter", {}), **found["rate_limiter"]}
        if found.get("connector") is not None:
            changes["connector"] = self._updated_connector(old, found["connector"])
        return {**changes, **self._new_group(old, found.get("model_group_id"))}

    def _updated_connector(self, old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        if "connector" not in old:
            given = "MLCreateConnectorInput, java.util.function.BiFunction"
            method = f"{_COMMON}.connector.Connector.update({_COMMON}.transport.connector.{given})"
            raise null_pointer(f'Cannot invoke "{method}" because "connector" is null')
        connector = merged(old["connector"], changes)
        check_urls(connector, self.settings, self.engine)
        return connector

    def _new_group(self, old: Mapping[str, Any], group_id: str | None) -> dict[str, Any]:
        if is_blank(group_id) or group_id == old["model_group_id"]:
            return {}
        if self.store.groups.get(str(group_id)) is None:
            raise status_error(f"{_NO_GROUP}{group_id}", 404)
        return {"model_group_id": group_id, "model_version": str(self.groups.next_version(str(group_id)))}

    # --- delete ---

    def delete(self, call: Call) -> dict[str, Any]:
        """`DELETE models/{id}`: refused while it is deployed, or while a pipeline names it and that is guarded."""
        call.refuse_unknown()
        call.permit()
        document = self.store.models.get(call.parts["model_id"])
        if document is None:
            raise status_error("Failed to find model", 404)
        if document.source["model_state"] in _UNDELETABLE:
            raise status_error(_STILL_DEPLOYED, 400)
        if self.settings.flag("safe_delete_model"):
            self._refuse_used(document.id)
        return self.store.models.delete(document.id)

    def _refuse_used(self, key: str) -> None:
        for kind, pipelines in self.store.pipelines.items():
            using = [name for name, body in pipelines.items() if _names_model(body, lambda one: one == key)]
            if using:
                text = (
                    f"{len(using)} {kind} pipelines are still using this model, please delete or update the pipelines"
                )
                raise status_error(f"{text} first: [{', '.join(using)}]", 409)


def _names_model(value: Any, wanted: Callable[[Any], bool]) -> bool:
    return any(wanted(one) for one in _model_ids(value))


def _model_ids(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        if "model_id" in value:
            yield value["model_id"]
        for inner in value.values():
            yield from _model_ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _model_ids(inner)


def shown(source: Mapping[str, Any]) -> dict[str, Any]:
    """A model as `GET` shows it: in order, without empty lists and without the credential."""
    found = {name: source[name] for name in ORDER if source.get(name) is not None}
    if not found.get("planning_worker_nodes"):
        found.pop("planning_worker_nodes", None)
    if "connector" in found:
        found["connector"] = without_credential(found["connector"])
    return found
