"""The few calls of OpenSearch itself that users and clients of ML Commons make."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..messages import Reply
from .deployment import Deployments
from .engines import Engine
from .errors import EngineError, index_missing
from .render import TEXT_TYPE
from .rest import Call
from .state import Index, Store

CLUSTER_NAME = "polarsearch-mock"
_PLUGINS = ("opensearch-job-scheduler", "opensearch-ml")
_PLUGIN_COLUMNS = {"id": "id", "i": "id", "name": "name", "n": "name", "component": "component", "c": "component"}
_PLUGIN_COLUMNS |= {"version": "version", "v": "version", "description": "description", "d": "description"}
_ROLES = ["cluster_manager", "data", "ingest", "remote_cluster_client"]
_TAGLINE = "The OpenSearch Project: https://opensearch.org/"


@dataclass
class Core:
    """The core routes of one cluster."""

    engine: Engine
    store: Store
    deployments: Deployments

    def root(self, call: Call) -> dict[str, Any]:
        """`GET /`."""
        call.refuse_unknown()
        call.permit()
        row = self.engine
        version = {
            "distribution": "opensearch", "number": row.number, "build_type": "tar", "build_hash": row.build_hash,
            "build_date": row.build_date, "build_snapshot": False, "lucene_version": row.lucene,
            "minimum_wire_compatibility_version": row.wire_compatible,
            "minimum_index_compatibility_version": row.index_compatible,
        }  # fmt: skip
        names = {"name": self._node_name(0), "cluster_name": CLUSTER_NAME, "cluster_uuid": self.store.cluster_uuid}
        return {**names, "version": version, "tagline": _TAGLINE}

    @staticmethod
    def _node_name(place: int) -> str:
        return f"node-{place + 1}"

    def health(self, call: Call) -> dict[str, Any]:
        """`GET _cluster/health`: always green."""
        call.refuse_unknown()
        call.permit()
        total = len(self.store.node_ids)
        shards = sum(one.exists for one in self.store.indices.values())
        answer: dict[str, Any] = {"cluster_name": CLUSTER_NAME, "status": "green", "timed_out": False}
        answer |= {"number_of_nodes": total, "number_of_data_nodes": total, "discovered_master": True}
        answer |= {"discovered_cluster_manager": True, "active_primary_shards": shards, "active_shards": shards}
        answer |= {"relocating_shards": 0, "initializing_shards": 0, "unassigned_shards": 0}
        answer |= {"delayed_unassigned_shards": 0, "number_of_pending_tasks": 0, "number_of_in_flight_fetch": 0}
        return {**answer, "task_max_waiting_in_queue_millis": 0, "active_shards_percent_as_number": 100.0}

    # --- plugins and nodes ---

    def cat_plugins(self, call: Call) -> Reply | list[dict[str, str]]:
        """`GET _cat/plugins`: a table in plain text, or a list with `?format=json`."""
        call.refuse_unknown()
        call.permit()
        columns = [_PLUGIN_COLUMNS.get(one, one) for one in call.query.get("h", "name,component,version").split(",")]
        rows = [self._plugin_row(place, plugin) for place in range(len(self.store.node_ids)) for plugin in _PLUGINS]
        listed = [{name: row[name] for name in columns if name in row} for row in rows]
        if "format" in call.query:
            return listed
        widths = {name: max(len(row[name]) for row in listed) for name in listed[0]}
        lines = [" ".join(value.ljust(widths[name]) for name, value in row.items()).rstrip() for row in listed]
        return Reply(200, ("\n".join(lines) + "\n").encode(), (("content-type", TEXT_TYPE),))

    def _plugin_row(self, place: int, plugin: str) -> dict[str, str]:
        row = {"id": self.store.node_ids[place][:4], "name": self._node_name(place), "component": plugin}
        return {**row, "version": self.engine.plugin_version, "description": plugin}

    def node_plugins(self, call: Call) -> dict[str, Any]:
        """`GET _nodes/plugins`."""
        call.refuse_unknown()
        call.permit()
        total = len(self.store.node_ids)
        nodes = {node: self._node(place) for place, node in enumerate(self.store.node_ids)}
        counts = {"total": total, "successful": total, "failed": 0}
        return {"_nodes": counts, "cluster_name": CLUSTER_NAME, "nodes": nodes}

    def _node(self, place: int) -> dict[str, Any]:
        plugins = [{"name": name, "version": self.engine.plugin_version} for name in _PLUGINS]
        node = {"name": self._node_name(place), "version": self.engine.number, "build_type": "tar"}
        return {**node, "build_hash": self.engine.build_hash, "roles": list(_ROLES), "plugins": plugins}

    # --- indices ---

    def _indices(self, call: Call) -> list[Index]:
        """The existing indices of a path; index_not_found_exception for one that is not there."""
        found: list[Index] = []
        for name in call.parts["index"].split(","):
            known = [one for one in self.store.indices.values() if fnmatch.fnmatchcase(one.name, name) and one.exists]
            if not known and "*" not in name and not call.flag("ignore_unavailable"):
                missing = index_missing(name)
                extra = {key: value for key, value in missing.items() if key not in ("type", "reason")}
                raise EngineError(missing["type"], missing["reason"], 404, root_cause=[missing], extra=extra)
            found.extend(known)
        return found

    def get_index(self, call: Call) -> Any:
        """`GET {index}`: that an index is missing is answered as the engine does, its mappings are not emulated."""
        call.refuse_unknown()
        call.permit()
        self._indices(call)
        raise EngineError("status_exception", "Not emulated: settings and mappings of an index", 501)

    def refresh(self, call: Call) -> dict[str, Any]:
        """`POST {index}/_refresh`: everything is visible at once here, so nothing is to be done."""
        call.refuse_unknown()
        call.permit()
        count = sum(one.copies for one in self._indices(call))
        return {"_shards": {"total": count, "successful": count, "failed": 0}}

    def delete_by_query(self, call: Call) -> dict[str, Any]:
        """`POST {index}/_delete_by_query`: with `match_all` only.

        It leaves the plugin's indices behind empty, as a cluster has them that was in use: a test that begins with a
        clean-up then meets the same answers whatever ran before it.
        """
        query = call.cursor().map().get("query")
        call.refuse_unknown()
        call.permit()
        if query != {"match_all": {}}:
            raise EngineError("status_exception", "Not emulated: _delete_by_query with a query of its own", 501)
        removed = sum(one.clear() for one in self._indices(call))
        for name in call.parts["index"].split(","):
            if name in self.store.indices:
                self.store.indices[name].exists = True
        self.deployments.forget_missing()
        counts: dict[str, Any] = {"took": 1, "timed_out": False, "total": removed, "deleted": removed}
        counts["batches"] = int(removed > 0)
        counts |= {"version_conflicts": 0, "noops": 0, "retries": {"bulk": 0, "search": 0}, "throttled_millis": 0}
        return {**counts, "requests_per_second": -1.0, "throttled_until_millis": 0, "failures": []}

    def delete_index(self, call: Call) -> dict[str, Any]:
        """`DELETE {index}`."""
        call.refuse_unknown()
        call.permit()
        for one in self._indices(call):
            one.drop()
        self.deployments.forget_missing()
        return {"acknowledged": True}

    # --- pipelines ---

    def put_pipeline(self, kind: str) -> Callable[[Call], dict[str, Any]]:
        """`PUT _ingest/pipeline/{id}` and `PUT _search/pipeline/{id}`: kept, never run."""

        def put(call: Call) -> dict[str, Any]:
            body = call.cursor().map()
            call.refuse_unknown()
            call.permit()
            self.store.pipelines[kind][call.parts["id"]] = body
            return {"acknowledged": True}

        return put

    def get_pipeline(self, kind: str) -> Callable[[Call], Any]:
        """`GET _ingest/pipeline/{id}` and `GET _search/pipeline/{id}`."""

        def get(call: Call) -> Any:
            call.refuse_unknown()
            call.permit()
            name = call.parts.get("id", "*")
            found = {one: body for one, body in self.store.pipelines[kind].items() if fnmatch.fnmatchcase(one, name)}
            return found if found or "id" not in call.parts else Reply(404, b"{}", _JSON)

        return get

    def delete_pipeline(self, kind: str) -> Callable[[Call], dict[str, Any]]:
        """`DELETE _ingest/pipeline/{id}` and `DELETE _search/pipeline/{id}`."""

        def delete(call: Call) -> dict[str, Any]:
            call.refuse_unknown()
            call.permit()
            name = call.parts["id"]
            if self.store.pipelines[kind].pop(name, None) is None:
                raise EngineError("resource_not_found_exception", f"pipeline [{name}] is missing", 404)
            return {"acknowledged": True}

        return delete


_JSON = (("content-type", "application/json; charset=UTF-8"),)
