"""The route table: what each call is, which parameters it reads, which permission it needs, and what answers it.

A row without a handler is a route that the engine has and the emulator has not: it answers 501.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

ML = "/_plugins/_ml"
_ADMIN = "cluster:admin/opensearch/ml/"

Source = Literal["recorded", "read", "not emulated"]


@dataclass(frozen=True)
class Route:
    """One row: the methods, the pattern (`{name}` takes one part), the handler's name, parameters, permission."""

    methods: str
    pattern: str
    handler: str
    action: str = ""
    parameters: tuple[str, ...] = ()
    parts_read: bool = True


_WAIT = ("timeout", "master_timeout", "cluster_manager_timeout")
_SETTINGS = ("flat_settings", *_WAIT)
_CAT = ("h", "v", "s", "help", "local", "master_timeout", "cluster_manager_timeout", "ts", "bytes", "time", "size")
_INDICES = ("ignore_unavailable", "allow_no_indices", "expand_wildcards", "force", *_WAIT)
_BY_QUERY = ("refresh", "conflicts", "routing", "scroll_size", "slices", "wait_for_completion", "max_docs", *_INDICES)
_SEARCH = ("typed_keys", "rest_total_hits_as_int")

_CORE_ROWS = (
    Route("GET HEAD", "/", "core.root", "cluster:monitor/main"),
    Route("DELETE", "/", "", "indices:admin/delete"),
    Route(
        "GET", "/_cluster/settings", "settings.read", "cluster:monitor/state", ("include_defaults", "local", *_SETTINGS)
    ),
    Route("PUT", "/_cluster/settings", "settings.update", "cluster:admin/settings/update", _SETTINGS),
    Route(
        "GET",
        "/_cluster/health",
        "core.health",
        "cluster:monitor/health",
        ("wait_for_status", "level", "local", *_WAIT),
    ),
    Route("GET", "/_cat/plugins", "core.cat_plugins", "cluster:monitor/state", _CAT),
    Route("GET", "/_nodes/plugins", "core.node_plugins", "cluster:monitor/nodes/info", ("timeout", "flat_settings")),
    Route("GET POST", "/{index}/_refresh", "core.refresh", "indices:admin/refresh", _INDICES),
    Route("POST", "/{index}/_delete_by_query", "core.delete_by_query", "indices:data/write/delete/byquery", _BY_QUERY),
    Route(
        "GET HEAD", "/{index}", "core.get_index", "indices:admin/get", ("include_defaults", "flat_settings", *_INDICES)
    ),
    Route("PUT", "/{index}", "", "indices:admin/create"),
    Route("DELETE", "/{index}", "core.delete_index", "indices:admin/delete", _INDICES),
    Route("PUT", "/_ingest/pipeline/{id}", "core.put_ingest_pipeline", "cluster:admin/ingest/pipeline/put", _WAIT),
    Route("GET", "/_ingest/pipeline/{id}", "core.get_ingest_pipeline", "cluster:admin/ingest/pipeline/get", _WAIT),
    Route("GET", "/_ingest/pipeline", "core.get_ingest_pipeline", "cluster:admin/ingest/pipeline/get", _WAIT),
    Route(
        "DELETE", "/_ingest/pipeline/{id}", "core.delete_ingest_pipeline", "cluster:admin/ingest/pipeline/delete", _WAIT
    ),
    Route("PUT", "/_search/pipeline/{id}", "core.put_search_pipeline", "cluster:admin/search/pipeline/put", _WAIT),
    Route("GET", "/_search/pipeline/{id}", "core.get_search_pipeline", "cluster:admin/search/pipeline/get", _WAIT),
    Route(
        "DELETE", "/_search/pipeline/{id}", "core.delete_search_pipeline", "cluster:admin/search/pipeline/delete", _WAIT
    ),
)

_CONNECTOR_ROWS = (
    Route("POST", f"{ML}/connectors/_create", "connectors.create", f"{_ADMIN}create_connector"),
    Route(
        "GET", f"{ML}/connectors/{{connector_id}}", "connectors.read", f"{_ADMIN}connectors/get", ("return_content",)
    ),
    Route("PUT", f"{ML}/connectors/{{connector_id}}", "connectors.update", f"{_ADMIN}connectors/update"),
    Route("DELETE", f"{ML}/connectors/{{connector_id}}", "connectors.delete", f"{_ADMIN}connectors/delete"),
    Route("GET POST", f"{ML}/connectors/_search", "search.connectors", f"{_ADMIN}connectors/search", _SEARCH),
)

_MODEL_ROWS = (
    Route("POST", f"{ML}/models/_register", "models.register", f"{_ADMIN}register_model", ("deploy",)),
    Route("POST", f"{ML}/models/_upload", "models.register", f"{_ADMIN}register_model", ("deploy",)),
    Route("POST", f"{ML}/models/{{model_id}}/{{version}}/_register", "models.register", f"{_ADMIN}register_model",
          ("deploy",), parts_read=False),
    Route("POST", f"{ML}/models/{{model_id}}/{{version}}/_upload", "models.register", f"{_ADMIN}register_model",
          ("deploy",), parts_read=False),
    Route("GET", f"{ML}/models/{{model_id}}", "models.read", f"{_ADMIN}models/get", ("return_content",)),
    Route("PUT", f"{ML}/models/{{model_id}}", "models.update", f"{_ADMIN}models/update"),
    Route("DELETE", f"{ML}/models/{{model_id}}", "models.delete", f"{_ADMIN}models/delete"),
    Route("GET POST", f"{ML}/models/_search", "search.models", f"{_ADMIN}models/search", _SEARCH),
    Route("POST", f"{ML}/models/{{model_id}}/_deploy", "deployments.deploy_call", f"{_ADMIN}deploy_model"),
    Route("POST", f"{ML}/models/{{model_id}}/_load", "deployments.deploy_call", f"{_ADMIN}deploy_model"),
    Route("POST", f"{ML}/models/{{model_id}}/_undeploy", "deployments.undeploy_call", f"{_ADMIN}undeploy_models"),
    Route("POST", f"{ML}/models/{{model_id}}/_unload", "deployments.undeploy_call", f"{_ADMIN}undeploy_models"),
    Route("POST", f"{ML}/models/_undeploy", "deployments.undeploy_call", f"{_ADMIN}undeploy_models"),
    Route("POST", f"{ML}/models/_unload", "deployments.undeploy_call", f"{_ADMIN}undeploy_models"),
    Route("POST", f"{ML}/models/{{model_id}}/_predict", "prediction.predict_call", f"{_ADMIN}predict"),
    Route("POST", f"{ML}/_predict/{{algorithm}}/{{model_id}}", "prediction.predict_call", f"{_ADMIN}predict"),
    Route("POST", f"{ML}/models/{{model_id}}/_batch_predict", "prediction.batch_call", f"{_ADMIN}predict"),
)  # fmt: skip

_OTHER_ROWS = (
    Route("GET", f"{ML}/tasks/{{task_id}}", "tasks.read", f"{_ADMIN}tasks/get"),
    Route("DELETE", f"{ML}/tasks/{{task_id}}", "tasks.delete", f"{_ADMIN}tasks/delete"),
    Route("GET POST", f"{ML}/tasks/_search", "search.tasks", f"{_ADMIN}tasks/search", _SEARCH),
    Route("POST", f"{ML}/tasks/{{task_id}}/_cancel", "tasks.cancel", f"{_ADMIN}tasks/cancel"),
    Route("POST", f"{ML}/model_groups/_register", "groups.register", f"{_ADMIN}register_model_group"),
    Route("GET", f"{ML}/model_groups/{{model_group_id}}", "groups.read", f"{_ADMIN}model_groups/get"),
    Route("PUT", f"{ML}/model_groups/{{model_group_id}}", "groups.update", f"{_ADMIN}model_groups/update"),
    Route("DELETE", f"{ML}/model_groups/{{model_group_id}}", "groups.delete", f"{_ADMIN}model_groups/delete"),
    Route("GET POST", f"{ML}/model_groups/_search", "search.groups", f"{_ADMIN}model_groups/search", _SEARCH),
    Route("GET", f"{ML}/stats", "stats.stats", "indices:monitor/stats"),
    Route("GET", f"{ML}/stats/{{stat}}", "stats.stats", "indices:monitor/stats"),
    Route("GET", f"{ML}/{{nodeId}}/stats", "stats.stats", "indices:monitor/stats"),
    Route("GET", f"{ML}/{{nodeId}}/stats/{{stat}}", "stats.stats", "indices:monitor/stats"),
    Route("GET", f"{ML}/profile", "stats.profile", f"{_ADMIN}profile/nodes"),
    Route("GET", f"{ML}/profile/models", "stats.profile", f"{_ADMIN}profile/nodes"),
    Route("GET", f"{ML}/profile/models/{{model_ids}}", "stats.profile", f"{_ADMIN}profile/nodes"),
    Route("GET", f"{ML}/profile/tasks", "stats.profile", f"{_ADMIN}profile/nodes"),
    Route("GET", f"{ML}/profile/tasks/{{task_ids}}", "stats.profile", f"{_ADMIN}profile/nodes"),
)

#: Routes of ML Commons that are not emulated.
_UNEMULATED = (
    Route("POST", f"{ML}/models/{{model_id}}/_predict/stream", ""),
    Route("GET PUT POST DELETE", f"{ML}/controllers/{{model_id}}", ""),
    Route("POST", f"{ML}/models/{{model_id}}/upload_chunk/{{chunk_number}}", ""),
    Route("POST", f"{ML}/models/meta", ""),
    Route("POST", f"{ML}/models/_register_meta", ""),
    Route("POST", f"{ML}/_train/{{algorithm}}", ""),
    Route("POST", f"{ML}/_train_predict/{{algorithm}}", ""),
    Route("POST", f"{ML}/_execute/{{algorithm}}", ""),
    Route("POST", f"{ML}/_batch_ingestion", ""),
    Route("POST", f"{ML}/agents/_register", ""),
    Route("POST", f"{ML}/agents/{{agent_id}}/_execute", ""),
    Route("GET PUT DELETE", f"{ML}/agents/{{agent_id}}", ""),
    Route("GET POST", f"{ML}/agents/_search", ""),
    Route("GET POST", f"{ML}/memory", ""),
    Route("GET PUT DELETE", f"{ML}/memory/{{memory_id}}", ""),
    Route("GET", f"{ML}/memory/{{memory_id}}/messages", ""),
    Route("POST", f"{ML}/memory/{{memory_id}}/messages", ""),
    Route("GET", f"{ML}/tools", ""),
    Route("GET", f"{ML}/tools/{{tool_name}}", ""),
    Route("GET POST", f"{ML}/model_groups/_search/names", ""),
)

ROUTES = (*_CORE_ROWS, *_CONNECTOR_ROWS, *_MODEL_ROWS, *_OTHER_ROWS, *_UNEMULATED)

_WILDCARD = "{}"


@dataclass
class _Node:
    """One part of a path: the parts that may follow and the routes that end here, by method."""

    children: dict[str, _Node] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """Finds the routes of a path. A part spelled out goes before a placeholder, whatever the method."""

    def __init__(self, routes: tuple[Route, ...] = ROUTES) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for part in route.pattern.split("/")[1:]:
                key = _WILDCARD if part.startswith("{") else part
                node = node.children.setdefault(key, _Node()) if part else node
            node.routes.update(dict.fromkeys(route.methods.split(), route))

    def find(self, parts: list[str]) -> dict[str, Route]:
        """The routes of a path by method; empty when there is no such path."""
        return next(self._walk(self._root, parts if parts != [""] else []), {})

    def name_of(self, method: str, parts: list[str]) -> str:
        """The pattern of the route that a method and a path take; the empty text where there is none."""
        route = self.find(parts).get(method)
        return route.pattern if route else ""

    def _walk(self, node: _Node, parts: list[str]) -> Iterator[dict[str, Route]]:
        if not parts:
            if node.routes:
                yield node.routes
            return
        for key in (parts[0], _WILDCARD):
            if key in node.children:
                yield from self._walk(node.children[key], parts[1:])


def named_parts(route: Route, parts: list[str]) -> dict[str, str]:
    """What the placeholders of a route stand for in a path."""
    names = [part for part in route.pattern.split("/")[1:] if part]
    return {name[1:-1]: part for name, part in zip(names, parts, strict=False) if name.startswith("{")}
