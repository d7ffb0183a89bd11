"""Stand-alone connectors: create, read, update, delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .bodies import Cursor
from .connector_input import ACCESS_FIELDS, check_names, check_protocol, read_connector, require_fields
from .engines import Engine
from .errors import EngineError, illegal_argument, parse_error, status_error, storage_failure
from .hashing import hashed
from .rest import Call
from .settings import Settings
from .state import CONNECTORS, Document, Store
from .substitution import substitute
from .trust import check_trusted

#: The order of a connector's members in an answer; what is missing is left out.
ORDER = (
    "name", "version", "description", "protocol", "parameters", "credential", "actions", "backend_roles", "owner",
    "access", "created_time", "last_updated_time", "client_config",
)  # fmt: skip
#: Most models a refusal counts and names: the size of a search that names none.
MOST_NAMED = 10
_NO_ACCESS_CONTROL = (
    "You cannot specify {} access control parameters because the Security plugin or {} access control "
    "is disabled on your cluster."
)


def in_order(found: Mapping[str, Any]) -> dict[str, Any]:
    """A connector's members in the order of an answer."""
    return {name: found[name] for name in ORDER if found.get(name) is not None}


def without_credential(connector: Mapping[str, Any]) -> dict[str, Any]:
    """A connector as answers show it."""
    return {name: value for name, value in connector.items() if name != "credential"}


def no_access_control(kind: str) -> EngineError:
    """Access fields were given while nothing enforces them."""
    return illegal_argument(_NO_ACCESS_CONTROL.format(kind, kind))


def remote_disabled() -> EngineError:
    """The refusal when remote inference is off."""
    reason = (
        "Remote Inference is currently disabled. "
        'To enable it, update the setting "plugins.ml_commons.remote_inference_enabled" to true.'
    )
    return EngineError("illegal_state_exception", reason, 500)


def check_urls(connector: Mapping[str, Any], settings: Settings, engine: Engine) -> None:
    """Every action's URL, filled with the connector's own parameters, must be trusted."""
    patterns = settings.texts("trusted_connector_endpoints_regex")
    parameters = connector.get("parameters") or {}
    for action in connector["actions"]:
        check_trusted(substitute(action["url"], parameters), patterns, engine)


def merged(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A connector after an update: parameters are merged, everything else given is replaced."""
    result = {**stored, **{name: value for name, value in changes.items() if value or name == "actions"}}
    if changes.get("parameters"):
        result["parameters"] = merge_hashed(stored.get("parameters") or {}, changes["parameters"])
    if "access_mode" in changes:
        result["access"] = changes["access_mode"]
    return in_order(result)


def merge_hashed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Two maps of texts as one, in hash order."""
    both: dict[str, Any] = hashed({**old, **new})
    return both


@dataclass
class Connectors:
    """The connector routes of one cluster. `running` gives the ids of the deployed models of a connector."""

    engine: Engine
    store: Store
    settings: Settings

    def create(self, call: Call) -> dict[str, Any]:
        """`POST connectors/_create`."""
        self._refuse_when_disabled()
        if not call.body:
            raise EngineError("i_o_exception", "Create Connector request has empty body", 500)
        found = read_connector(call.cursor(), self.engine)
        dry = bool(found.get("dry_run"))
        if not dry:
            require_fields(found)
        call.refuse_unknown()
        check_names(found, self.engine, required=not dry)
        call.permit()
        if dry:
            return {"connector_id": "dryRunConnector"}
        return {"connector_id": self._store(found)}

    def _refuse_when_disabled(self) -> None:
        if not self.settings.flag("remote_inference.enabled"):
            raise remote_disabled()

    def _store(self, found: dict[str, Any]) -> str:
        check_protocol(found, self.engine)
        if found.get("actions") is None:
            raise illegal_argument("No actions configured for this connector")
        check_urls(found, self.settings, self.engine)
        if any(found.get(name) is not None for name in ACCESS_FIELDS):
            raise no_access_control("connector")
        moment = self.store.clock()
        times = {"created_time": moment, "last_updated_time": moment}
        return self.store.connectors.put(in_order({**found, **times})).id

    # --- the others ---

    def read(self, call: Call) -> dict[str, Any]:
        """`GET connectors/{id}`: everything but the credential."""
        call.refuse_unknown()
        call.permit()
        document = self._find(call.parts["connector_id"])
        return without_credential(in_order(document.source))

    def _find(self, key: str) -> Document:
        if not self.store.connectors.exists:
            raise status_error("Failed to find connector", 404)
        document = self.store.connectors.get(key)
        if document is None:
            raise status_error(f"Failed to find connector with the provided connector id: {key}", 404)
        check_protocol_known(document.source, self.engine)
        return document

    def update(self, call: Call, running: Iterable[str] = ()) -> dict[str, Any]:
        """`PUT connectors/{id}`. `running` are the deployed models that use it."""
        if not call.body:
            raise parse_error("Failed to update connector: Request body is empty")
        found = read_update(call.cursor(), self.engine)
        call.refuse_unknown()
        check_names(found, self.engine, required=False)
        call.permit()
        document = self._find(call.parts["connector_id"])
        changed = merged(document.source, found)
        check_urls(changed, self.settings, self.engine)
        named = list(running)[:MOST_NAMED]
        if named:
            using = f"{len(named)} models are still using this connector, please undeploy the models first"
            raise status_error(f"{using}: [{', '.join(named)}]", 400)
        index = self.store.connectors
        stored = index.update(document.id, {**changed, "last_updated_time": self.store.clock()})
        return index.receipt(stored.id, stored.version, "updated", refreshed=self.engine.update_forces_refresh)

    def delete(self, call: Call) -> dict[str, Any]:
        """`DELETE connectors/{id}`: refused while any model names it; an unknown one is answered with 200."""
        call.refuse_unknown()
        call.permit()
        key, index = call.parts["connector_id"], self.store.connectors
        if not index.exists:
            raise self._no_index()
        using = [model.id for model in self.store.models.where("connector_id", key)][:MOST_NAMED]
        if using:
            text = f"{len(using)} models are still using this connector, please delete or update the models first"
            raise status_error(f"{text}: [{', '.join(using)}]", 409)
        return index.delete(key)

    def _no_index(self) -> EngineError:
        if self.engine.delete_without_index_is_404:
            return status_error("Failed to find connector", 404)
        return storage_failure(f"Failed to delete data object from index {CONNECTORS}", 500, CONNECTORS)


def check_protocol_known(connector: Mapping[str, Any], engine: Engine) -> None:
    """A stored connector can only be read while its protocol has a class."""
    if connector.get("protocol") not in engine.protocols:
        raise illegal_argument(f"Can't find class for type {connector.get('protocol')}")


def read_update(cursor: Cursor, engine: Engine) -> dict[str, Any]:
    """The body of an update: Java's illegal states come out as parse exceptions here."""
    try:
        return read_connector(cursor, engine)
    except EngineError as error:
        if error.type == "illegal_state_exception":
            raise parse_error(error.reason or "") from None
        raise
