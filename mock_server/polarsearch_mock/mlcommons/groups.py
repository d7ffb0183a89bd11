"""Model groups: register, read, update, delete, and the versions they count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .bodies import Cursor, Reader, read_fields
from .connectors import no_access_control
from .engines import Engine
from .errors import (
    EngineError,
    illegal_argument,
    null_pointer,
    parse_error,
    status_error,
    storage_failure,
    validation_error,
)
from .names import faults_of_names
from .rest import Call
from .settings import Settings
from .state import GROUPS, Document, Store

_ORDER = ("name", "latest_version", "description", "access", "created_time", "last_updated_time")
_READERS: dict[str, Reader] = {
    "name": Cursor.text,
    "description": Cursor.text_or_null,
    "backend_roles": Cursor.texts,
    "access_mode": Cursor.text,
    "add_all_backend_roles": Cursor.boolean,
}
_ACCESS = ("backend_roles", "access_mode", "add_all_backend_roles")
_TAKEN = "The name you provided is already being used by a model group with ID: {}."


@dataclass
class Groups:
    """The model group routes of one cluster."""

    engine: Engine
    store: Store
    settings: Settings

    def register(self, call: Call) -> dict[str, Any]:
        """`POST model_groups/_register`."""
        if not call.body:
            raise parse_error("Model group request has empty body")
        found = read_fields(call.cursor(), _READERS)
        if found.get("name") is None:
            raise null_pointer("model group name must not be null")
        call.refuse_unknown()
        self._check_names(found, required=True)
        call.permit()
        self._check_access(found)
        self._refuse_taken(found["name"])
        group = self.create(found["name"], found.get("description"))
        return {"model_group_id": group.id, "status": "CREATED"}

    def create(self, name: str, description: str | None = None) -> Document:
        """A new group without versions."""
        moment = self.store.clock()
        source = {"name": name, "latest_version": 0, "description": description, "access": "public"}
        source |= {"created_time": moment, "last_updated_time": moment}
        return self.store.groups.put({key: value for key, value in source.items() if value is not None})

    def of_name(self, name: str) -> Document | None:
        """The group of this name."""
        return next(self.store.groups.where("name", name), None)

    def next_version(self, key: str) -> int:
        """Counts one more version in a group; m_l_resource_not_found_exception where there is no such group."""
        group = self.store.groups.get(key)
        if group is None:
            raise EngineError("m_l_resource_not_found_exception", f"Model Group Response is empty for {key}", 500)
        version: int = group.source["latest_version"] + 1
        self.store.groups.update(key, {"latest_version": version, "last_updated_time": self.store.clock()})
        return version

    # --- the others ---

    def read(self, call: Call) -> dict[str, Any]:
        """`GET model_groups/{id}`."""
        call.refuse_unknown()
        call.permit()
        source = self._find(call.parts["model_group_id"]).source
        return {name: source[name] for name in _ORDER if source.get(name) is not None}

    def _find(self, key: str) -> Document:
        if not self.store.groups.exists:
            raise status_error("Failed to find model group index", 404)
        group = self.store.groups.get(key)
        if group is None:
            raise status_error(f"Failed to find model group with the provided model group id: {key}", 404)
        return group

    def update(self, call: Call) -> dict[str, Any]:
        """`PUT model_groups/{id}`."""
        if not call.body:
            raise EngineError("i_o_exception", "Model group request has empty body", 500)
        found = read_fields(call.cursor(), _READERS)
        call.refuse_unknown()
        self._check_names(found, required=False)
        call.permit()
        group = self.store.groups.get(call.parts["model_group_id"])
        if group is None:
            raise status_error("Failed to find model group", 404)
        self._check_access(found)
        changes = {name: found[name] for name in ("name", "description") if found.get(name) is not None}
        if changes.get("name") not in (None, group.source["name"]):
            self._refuse_taken(changes["name"])
        self.store.groups.update(group.id, {**changes, "last_updated_time": self.store.clock()})
        return {"status": "Updated"}

    def delete(self, call: Call) -> dict[str, Any]:
        """`DELETE model_groups/{id}`: refused while it has models; an unknown one is answered with 200."""
        call.refuse_unknown()
        call.permit()
        key = call.parts["model_group_id"]
        if not self.store.groups.exists:
            raise self._no_index()
        if any(True for _ in self.store.models.where("model_group_id", key)):
            raise status_error("Cannot delete the model group when it has associated model versions", 409)
        return self.store.groups.delete(key)

    # --- rules ---

    def _check_names(self, found: Mapping[str, Any], *, required: bool) -> None:
        texts = {f"Model group {name}": found.get(name) for name in ("name", "description")}
        faults = faults_of_names(texts, "Model group name" if required else "")
        if self.engine.names_checked and faults:
            raise validation_error(*faults)

    def _check_access(self, found: Mapping[str, Any]) -> None:
        controlled = self.settings.flag("model_access_control_enabled")
        if not controlled and any(found.get(name) is not None for name in _ACCESS):
            raise no_access_control("model")

    def _refuse_taken(self, name: str) -> None:
        taken = self.of_name(name)
        if taken:
            raise illegal_argument(_TAKEN.format(taken.id))

    def _no_index(self) -> EngineError:
        if self.engine.delete_without_index_is_404:
            return status_error("Failed to find model group", 404)
        return storage_failure(f"Failed to delete data object from index {GROUPS}", 500, GROUPS)
