"""Tasks: what registrations, deployments and batches leave behind, and the routes that show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .errors import EngineError, index_missing, status_error
from .rest import Call
from .state import TASKS, Document, Store

_ORDER = (
    "model_id", "task_type", "function_name", "state", "input_type", "progress", "output_index", "worker_node",
    "create_time", "last_update_time", "error", "is_async", "remote_job",
)  # fmt: skip


@dataclass
class Tasks:
    """The task routes of one cluster. `running` are tasks that live in memory only, by id."""

    store: Store
    running: dict[str, dict[str, Any]] = field(default_factory=dict)

    def open(self, task_type: str, *, is_async: bool, **more: Any) -> Document:
        """A new task, CREATED, on every node."""
        moment = self.store.clock()
        source = {"task_type": task_type, "function_name": "REMOTE", "state": "CREATED", "is_async": is_async}
        source |= {"worker_node": list(self.store.node_ids), "create_time": moment, "last_update_time": moment}
        return self.store.tasks.put({**source, **more})

    def close(self, key: str, state: str, **more: Any) -> None:
        """Brings a task to its end."""
        self.store.tasks.update(key, {"state": state, "last_update_time": self.store.clock(), **more})

    def hang(self, task_type: str) -> None:
        """A task that never ends: it shows in the profile only."""
        task = self.open(task_type, is_async=False)
        self.running[task.id] = {**task.source, "state": "RUNNING"}

    def read(self, call: Call) -> dict[str, Any]:
        """`GET tasks/{id}`: everything but the id."""
        call.refuse_unknown()
        call.permit()
        task = self.store.tasks.get(call.parts["task_id"])
        if task is None:
            raise status_error("Failed to find task", 404)
        return {name: task.source[name] for name in _ORDER if task.source.get(name) is not None}

    def delete(self, call: Call) -> dict[str, Any]:
        """`DELETE tasks/{id}`."""
        call.refuse_unknown()
        call.permit()
        key, index = call.parts["task_id"], self.store.tasks
        if not index.exists:
            raise _no_index()
        task = index.get(key)
        if task is None:
            raise status_error("Failed to find task", 404)
        if task.source["state"] == "RUNNING":
            raise EngineError("exception", "Task cannot be deleted in running state. Try after some time.", 500)
        return index.delete(key)

    def cancel(self, call: Call) -> dict[str, Any]:
        """`POST tasks/{id}/_cancel`: of batches only, and those are not emulated."""
        call.refuse_unknown()
        call.permit()
        if self.store.tasks.get(call.parts["task_id"]) is None:
            raise status_error("Fail to find task", 404)
        raise status_error("The task ID you provided does not have any associated batch job", 400)


def _no_index() -> EngineError:
    missing = index_missing(TASKS)
    reason = f"Failed to get data object from index {TASKS}"
    cause = {"type": "status_exception", "reason": reason, "caused_by": missing}
    return EngineError("status_exception", "Failed to find task", 404, cause, root_cause=[missing])
