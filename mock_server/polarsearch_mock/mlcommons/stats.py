"""The stats and profile routes: counts of the cluster and of its nodes, and what runs where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .deployment import Deployments
from .engines import Engine
from .errors import illegal_argument
from .rest import Call
from .state import Index, Store
from .tasks import Tasks


def _health(index: Index) -> str:
    return "green" if index.exists else "non-existent"


#: Stats of the cluster by name.
_CLUSTER: dict[str, Callable[[Store], Any]] = {
    "ml_model_count": lambda store: len(store.models.documents),
    "ml_connector_count": lambda store: len(store.connectors.documents),
    "ml_model_index_status": lambda store: _health(store.models),
    "ml_connector_index_status": lambda store: _health(store.connectors),
    "ml_task_index_status": lambda store: _health(store.tasks),
    "ml_config_index_status": lambda _: "green",
    "ml_controller_index_status": lambda _: "non-existent",
}
_NODE = (
    "ml_jvm_heap_usage", "ml_executing_task_count", "ml_request_count", "ml_failure_count", "ml_deployed_model_count",
    "ml_circuit_breaker_trigger_count",
)  # fmt: skip


@dataclass
class Stats:
    """The stats and profile routes of one cluster."""

    engine: Engine
    store: Store
    deployments: Deployments
    tasks: Tasks

    def stats(self, call: Call) -> dict[str, Any]:
        """`GET stats`, of the named nodes and the named stats."""
        named = [one for one in call.parts.get("stat", "").split(",") if one]
        unknown = [one for one in named if one not in _CLUSTER and one not in _NODE]
        if unknown:
            raise illegal_argument("Wrong ML cluster level stat")
        call.refuse_unknown()
        call.permit()
        order = self.engine.chosen_stats_order if named else self.engine.stats_order
        names = [*order, *(one for one in _CLUSTER if one not in order)]
        answer = {name: _CLUSTER[name](self.store) for name in names if not named or name in named}
        nodes = {node: self._node(named) for node in self._nodes(call.parts.get("nodeId"))}
        nodes = {node: members for node, members in nodes.items() if members or not named}
        return {**answer, **({"nodes": nodes} if nodes else {})}

    def _nodes(self, asked: str | None) -> list[str]:
        wanted = set((asked or "").split(","))
        return [node for node in self.store.node_ids if not asked or node in wanted]

    def _node(self, named: list[str]) -> dict[str, Any]:
        predicts = sum(one.predicts for one in self.deployments.running.values())
        values = {
            "ml_deployed_model_count": len(self.deployments.running),
            "ml_request_count": predicts,
            "ml_jvm_heap_usage": 30,
        }
        return {name: values.get(name, 0) for name in _NODE if not named or name in named}

    def profile(self, call: Call) -> dict[str, Any]:
        """`GET profile`: the running models and tasks of each node; an empty object when nothing runs."""
        call.refuse_unknown()
        call.permit()
        kind = call.path.rstrip("/").split("profile")[-1]
        models = {} if kind.startswith("/tasks") else self._models(call.parts.get("model_ids"))
        tasks = {} if kind.startswith("/models") else self._tasks(call.parts.get("task_ids"))
        members = {name: one for name, one in (("models", models), ("tasks", tasks)) if one}
        return {"nodes": {node: dict(members) for node in self.store.node_ids}} if members else {}

    def _models(self, asked: str | None) -> dict[str, Any]:
        wanted = set((asked or "").split(","))
        nodes = list(self.store.node_ids)
        found: dict[str, Any] = {}
        for key, one in self.deployments.running.items():
            if asked and key not in wanted:
                continue
            predictor = f"org.opensearch.ml.engine.algorithms.remote.RemoteModel@{one.mark}"
            found[key] = {"model_state": "DEPLOYED", "predictor": predictor}
            found[key] |= {"target_worker_nodes": nodes, "worker_nodes": nodes}
            if one.predicts:
                found[key]["predict_request_stats"] = {"count": one.predicts}
        return found

    def _tasks(self, asked: str | None) -> dict[str, Any]:
        wanted = set((asked or "").split(","))
        return {key: one for key, one in self.tasks.running.items() if not asked or key in wanted}
