"""Reads the journals of runs that did not end clean: as far as each goes, whatever was torn off."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = Any
Entry = Mapping[str, Json]


@dataclass(frozen=True)
class Story:
    """One process's journal: whose run it was, and every entry that is whole."""

    path: Path
    run: str
    entries: Sequence[Entry]

    @property
    def begin(self) -> Entry:
        """The first entry, or nothing where even that is torn."""
        return self.entries[0] if self.entries and self.entries[0].get("event") == "begin" else {}

    @property
    def alive(self) -> bool:
        """Whether its process still runs on this machine."""
        return self.begin.get("machine") == platform.node() and _alive(self.begin.get("pid"))

    def made(self) -> list[tuple[str, str, str]]:
        """Kind, id and name of what it made and did not remove."""
        gone = {one.get("id") for one in self.entries if one.get("event") == "gone"}
        made = [one for one in self.entries if one.get("event") == "made" and one.get("id") not in gone]
        return [(str(one.get("kind")), str(one.get("id")), str(one.get("name", ""))) for one in made]

    def deleted(self) -> set[str]:
        """Ids of what the cluster said it deleted, and went on reading."""
        return {str(one.get("id")) for one in self.entries if one.get("event") == "deleted"}


def journals(folder: Path, run_id: str | None = None) -> Iterator[Story]:
    """The journals in a folder, or those of one run."""
    for path in sorted(folder.glob(f"{run_id or '*'}-*.jsonl")):
        text = path.read_bytes().decode("utf-8", "replace")
        yield Story(path, path.stem.partition("-")[0], list(entries_of(text)))


def entries_of(text: str) -> Iterator[Entry]:
    """Every whole entry up to the first that is torn."""
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            return
        if isinstance(entry, dict):
            yield entry


def dead_runs(folder: Path, cluster: str) -> set[str]:
    """Runs on that cluster whose processes on this machine all ended without cleaning up."""
    here = [one for one in journals(folder) if one.begin.get("cluster") == cluster]
    return {one.run for one in here if one.begin.get("machine") == platform.node()} - living(here)


def living(stories: Iterable[Story]) -> set[str]:
    """The runs of which a process still runs on this machine."""
    return {one.run for one in stories if one.alive}


def _alive(pid: Json) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, TypeError, ValueError):
        return False
    except PermissionError:
        return True
    return True
