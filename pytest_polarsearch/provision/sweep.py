"""Removes what runs left behind: found by the mark in its name on the cluster, and read again before it goes."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..client import MlCommons
from .cluster_settings import _same
from .lifecycle import Remover
from .naming import run_of

Json = Any

#: What is searched and removed, in the order in which it can be removed.
KINDS = ("model", "connector", "model_group")
SEARCH_SIZE = 1000


@dataclass(frozen=True)
class Found:
    """A resource on the cluster that bears a run's mark."""

    kind: str
    id: str
    name: str
    run: str
    created: float | None = None


@dataclass
class Sweep:
    """What to sweep: one run, or every run whose resources are older than some seconds."""

    ml: MlCommons
    timeout: float
    run_id: str | None = None
    older_than: float = 0.0
    left: list[str] = field(default_factory=list)
    gone: list[Found] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def find(self) -> list[Found]:
        """What bears a mark of a run that is to be swept, models first."""
        return [one for kind in KINDS for one in self._search(kind) if self._wanted(one)]

    def _wanted(self, one: Found) -> bool:
        if self.run_id is not None:
            return one.run == self.run_id
        age = time.time() - one.created if one.created is not None else self.older_than
        return age >= self.older_than

    def _search(self, kind: str) -> Iterator[Found]:
        answer = self.ml.search(f"{kind}s", {"match_all": {}}, size=SEARCH_SIZE)
        if not answer.ok:
            self.left.append(f"{kind}s cannot be searched: HTTP {answer.status}: {answer.reason[:200]}")
            return
        for hit in answer.get("hits", "hits") or ():
            name = str(hit.get("_source", {}).get("name", ""))
            run = run_of(name)
            if run is not None:
                yield Found(kind, str(hit["_id"]), name, run, _seconds(hit["_source"].get("created_time")))

    def remove(self, found: Iterable[Found]) -> list[Found]:
        """Remove what was found, after a second look that it is still ours; what stays is said in `left`."""
        remover = Remover(self.ml, self.timeout)
        gone = [one for one in found if self._still_ours(one) and remover.remove(one.kind, one.id, one.name)]
        self.left += remover.left
        return gone

    def _still_ours(self, one: Found) -> bool:
        read = {"model": self.ml.model, "connector": self.ml.connector, "model_group": self.ml.model_group}
        answer = read[one.kind](one.id)
        if answer.status == 404:
            return False
        if answer.ok and run_of(str(answer.get("name"))) == one.run:
            return True
        self.left.append(f"{one.kind} {one.id} no longer bears the mark of run {one.run} and is left alone")
        return False


def _seconds(millis: Json) -> float | None:
    return millis / 1000 if isinstance(millis, int | float) else None


def journals(folder: Path, run_id: str | None = None) -> Iterator[tuple[Path, list[Mapping[str, Json]]]]:
    """The journals of runs that did not end clean, each with its entries; a torn last line is left out."""
    for path in sorted(folder.glob(f"{run_id or '*'}-*.jsonl")):
        yield path, list(_entries(path.read_text(encoding="utf-8", errors="replace")))


def _entries(text: str) -> Iterator[Mapping[str, Json]]:
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            return
        if isinstance(entry, dict):
            yield entry


def dead_runs(folder: Path, cluster: str) -> set[str]:
    """Runs on that cluster whose process on this machine ended without cleaning up."""
    begun = [entries[0] for _, entries in journals(folder) if entries and entries[0].get("event") == "begin"]
    here = [one for one in begun if one.get("cluster") == cluster and one.get("machine") == platform.node()]
    alive = {str(one["run"]) for one in here if _alive(int(one["pid"]))}
    return {str(one["run"]) for one in here} - alive


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sweep_run(ml: MlCommons, timeout: float, folder: Path, run_id: str) -> Sweep:
    """Remove all that one run left, put its settings back, and forget its journals if nothing stayed."""
    sweep = Sweep(ml, timeout, run_id)
    sweep.gone = sweep.remove(sweep.find())
    for path, entries in journals(folder, run_id):
        sweep.said += restore_settings(ml, entries)
        if not sweep.left:
            path.unlink()
    return sweep


def restore_settings(ml: MlCommons, entries: Iterable[Mapping[str, Json]]) -> list[str]:
    """Put back settings that a killed run changed and nobody has changed since; a sentence for each that was."""
    said: list[str] = []
    pending = [entry for entry in entries if entry.get("event") in ("settings", "restored")]
    while pending and pending[-1]["event"] == "settings":
        entry = pending.pop()
        now = ml.settings().get("persistent") or {}
        mine = {key: old for key, old in entry["before"].items() if _same(now.get(key), entry["changed"].get(key))}
        if mine:
            answer = ml.change_settings(persistent=mine)
            said.append(f"settings restored: {', '.join(mine)} (HTTP {answer.status})")
    return said
