"""What a cluster keeps: documents by index with versions and sequence numbers, ids, and the clock."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MODELS, CONNECTORS = ".plugins-ml-model", ".plugins-ml-connector"
GROUPS, TASKS = ".plugins-ml-model-group", ".plugins-ml-task"
INDICES = (MODELS, CONNECTORS, GROUPS, TASKS)

Source = dict[str, Any]


def new_id(size: int = 20) -> str:
    """An id as the engine makes them: `size` characters of `[A-Za-z0-9_-]`."""
    return secrets.token_urlsafe(size)[:size]


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass
class Document:
    """One stored document."""

    id: str
    source: Source
    version: int
    seq_no: int


@dataclass
class Index:
    """One index: documents by id, in the order they were last written, and lookups over single fields."""

    name: str
    copies: int = 1
    exists: bool = False
    new_id: Callable[[], str] = new_id
    documents: dict[str, Document] = field(default_factory=dict)
    lookups: dict[str, dict[Any, dict[str, None]]] = field(default_factory=dict)
    _versions: dict[str, int] = field(default_factory=dict)
    _next_seq: int = 0

    def watch(self, field_name: str) -> None:
        """Keeps a lookup over the values of a field."""
        self.lookups[field_name] = {}

    def get(self, key: str) -> Document | None:
        """The document of this id."""
        return self.documents.get(key)

    def where(self, field_name: str, value: Any) -> Iterator[Document]:
        """The documents whose watched field holds this value, oldest first."""
        return (self.documents[key] for key in list(self.lookups[field_name].get(value, ())))

    def put(self, source: Source, key: str | None = None) -> Document:
        """Stores a new document, under a new id unless one is given."""
        return self._write(key or self.new_id(), source)

    def update(self, key: str, changes: Mapping[str, Any]) -> Document:
        """Merges fields into a document; its version rises even when nothing changes."""
        return self._write(key, {**self.documents[key].source, **changes})

    def delete(self, key: str) -> dict[str, Any]:
        """Removes a document if it is there; the engine's answer to a delete."""
        found = self.documents.pop(key, None)
        if found:
            self._forget(found)
        version = self._raise(key, kept=found is not None)
        return self.receipt(key, version, "deleted" if found else "not_found", refreshed=True)

    def receipt(self, key: str, version: int, result: str, *, refreshed: bool) -> dict[str, Any]:
        """What a write answers."""
        answer: dict[str, Any] = {"_index": self.name, "_id": key, "_version": version, "result": result}
        if refreshed:
            answer["forced_refresh"] = True
        answer["_shards"] = {"total": self.copies, "successful": self.copies, "failed": 0}
        return {**answer, "_seq_no": self._next_seq - 1, "_primary_term": 1}

    def clear(self) -> int:
        """Removes every document; how many there were."""
        removed = len(self.documents)
        for key in list(self.documents):
            self.delete(key)
        return removed

    def drop(self) -> None:
        """Removes the index itself."""
        self.exists, self._next_seq = False, 0
        self.documents.clear()
        self._versions.clear()
        for values in self.lookups.values():
            values.clear()

    def _write(self, key: str, source: Source) -> Document:
        self.exists = True
        old = self.documents.get(key)
        if old:
            self._forget(old)
        version = self._raise(key)
        document = Document(key, source, version, self._next_seq - 1)
        self.documents.pop(key, None)
        self.documents[key] = document
        for name, values in self.lookups.items():
            values.setdefault(source.get(name), {})[key] = None
        return document

    def _raise(self, key: str, *, kept: bool = True) -> int:
        self._next_seq += 1
        version = self._versions.get(key, 0) + 1
        if version > 1 or key in self.documents or (kept and len(self._versions) < _MOST_VERSIONS):
            self._versions[key] = version
        return version

    def _forget(self, document: Document) -> None:
        for name, values in self.lookups.items():
            holders = values.get(document.source.get(name), {})
            holders.pop(document.id, None)
            if not holders:
                values.pop(document.source.get(name), None)


#: How many ids of deleted documents keep their version: the engine forgets them too, after a minute.
_MOST_VERSIONS = 20_000


@dataclass
class Store:
    """The plugin's indices, the ingest pipelines, and what names the cluster."""

    nodes: int = 1
    clock: Callable[[], int] = now
    node_ids: tuple[str, ...] = ()
    cluster_uuid: str = field(default_factory=lambda: new_id(22))
    #: by kind ("ingest", "search") and name
    pipelines: dict[str, dict[str, Source]] = field(default_factory=lambda: {"ingest": {}, "search": {}})
    indices: dict[str, Index] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.node_ids = self.node_ids or tuple(new_id(22) for _ in range(self.nodes))
        self.indices = {name: Index(name, copies=min(self.nodes, 2)) for name in INDICES}
        self.models.watch("connector_id")
        self.models.watch("model_group_id")
        self.groups.watch("name")

    @property
    def models(self) -> Index:
        """Registered models."""
        return self.indices[MODELS]

    @property
    def connectors(self) -> Index:
        """Stand-alone connectors."""
        return self.indices[CONNECTORS]

    @property
    def groups(self) -> Index:
        """Model groups."""
        return self.indices[GROUPS]

    @property
    def tasks(self) -> Index:
        """Tasks."""
        return self.indices[TASKS]
