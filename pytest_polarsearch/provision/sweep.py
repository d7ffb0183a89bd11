"""Removes what runs left behind: found by the mark on the cluster and by the journal, and read again before it goes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..client import NoAnswer
from ..exchange import Exchange, NotJson
from ..verbs import MlCommons
from ..words import said
from .cluster_settings import SettingsRefused, ours, read_settings
from .guest import guests, leave
from .journal_reading import Entry, Story, journals, living
from .naming import PHRASE, almost, begun, run_of
from .removal import Remover, still_read
from .trust import Before

Json = Any

#: What is searched and removed, in the order in which it can be removed.
KINDS = ("model", "connector", "model_group")
SEARCH_SIZE = 1000


@dataclass(frozen=True)
class Found:
    """A resource that bears a run's mark. `made` says when, in seconds since 1970, where the cluster knows."""

    kind: str
    id: str
    name: str
    run: str
    made: float | None = None


@dataclass
class Sweep:
    """What is found of runs on one cluster, and what came of removing it: `gone`, `left` and `said` tell."""

    ml: MlCommons
    timeout: float
    left: list[str] = field(default_factory=list)
    gone: list[Found] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    #: Ids of what the cluster said it deleted before, as journals have it.
    deleted: set[str] = field(default_factory=set)

    def find(self, run: str | None = None) -> list[Found]:
        """What bears the mark of that run, or of any, in the order in which it can be removed."""
        return [one for kind in KINDS for one in self._search(kind, run) if run in (None, one.run)]

    def _search(self, kind: str, run: str | None) -> Iterator[Found]:
        phrase = f"{PHRASE} {run}" if run else PHRASE
        answer = self.ml.search(f"{kind}s", {"match_phrase": {"name": phrase}}, size=SEARCH_SIZE)
        if not answer.ok:
            reason = answer.short_reason(200)
            told = said("left.unsearched", kind=kind, status=answer.status, reason=reason, path=answer.path)
            self._left_unless_said(told)
            return
        for hit in answer.get("hits", "hits") or ():
            source = hit.get("_source", {})
            name = str(source.get("name", ""))
            found = run_of(name)
            if found is not None:
                yield Found(kind, str(hit["_id"]), name, found, _seconds(source.get("created_time")))
            elif run in (None, almost(name)) and almost(name):
                self._say(said("swept.almost", kind=kind, resource=str(hit["_id"]), name=name, run=almost(name)))

    def _say(self, sentence: str) -> None:
        if sentence not in self.said:
            self.said.append(sentence)

    def _left_unless_said(self, sentence: str) -> None:
        if sentence not in self.left:
            self.left.append(sentence)

    def remove(self, found: Iterable[Found]) -> list[Found]:
        """Remove what was found, after a second look that it is still ours; gives what is gone."""
        remover, found = Remover(self.ml, self.timeout), list(found)
        for one in found:
            if (one.kind, one.id) not in remover.gone and self.looks_ours(one):
                remover.remove(one.kind, one.id, one.name)
        gone = [one for one in found if (one.kind, one.id) in remover.gone]
        self.left += remover.left
        self.gone += gone
        return gone

    def looks_ours(self, one: Found) -> bool:
        """Whether it is there and still bears its run's mark; what does not any more is said in `left`."""
        try:
            return self._still_ours(one)
        except (NoAnswer, NotJson) as error:
            self.left.append(said("left.unread", kind=one.kind, resource=one.id, name=one.name, why=error.args[0]))
            return False

    def _still_ours(self, one: Found) -> bool:
        answer = self._read(one)
        if answer.status == 404:
            return False
        if answer.ok and run_of(str(answer.get("name"))) == one.run:
            return True
        if one.id in self.deleted:
            self.left.append(still_read(one.kind, one.id, answer.status))
        else:
            self.left.append(said("left.not-ours", kind=one.kind, resource=one.id, run=one.run))
        return False

    def _read(self, one: Found) -> Exchange:
        read = {"model": self.ml.model, "connector": self.ml.connector, "model_group": self.ml.model_group}
        return read[one.kind](one.id)

    def clear(self, run: str) -> None:
        """Remove all that bears the mark of the run, until a search finds nothing new."""
        seen: set[str] = set()
        while True:
            new = [one for one in self.find(run) if one.id not in seen]
            if not new:
                return
            seen |= {one.id for one in new}
            self.remove(new)


def _seconds(millis: Json) -> float | None:
    return millis / 1000 if isinstance(millis, int | float) else None


def sweep_run(ml: MlCommons, timeout: float, folder: Path, run_id: str) -> Sweep:
    """Remove all that one run left, put its settings back, and forget its journals if nothing stayed."""
    sweep = Sweep(ml, timeout)
    stories = list(journals(folder, run_id))
    sweep.clear(run_id)
    for story in stories:
        clear_unmarked(sweep, story)
    for story in reversed(stories):
        sweep.said += restore_settings(ml, story)
    _leave(sweep, run_id, stories)
    if not sweep.left:
        for story in stories:
            story.path.unlink(missing_ok=True)
    return sweep


def clear_unmarked(sweep: Sweep, story: Story) -> None:
    """What the journal has and no search found: tasks, and what a check created without a name."""
    sweep.deleted |= story.deleted()
    remover = Remover(sweep.ml, sweep.timeout)
    found = {one.id for one in sweep.gone}
    for kind, resource, name in story.made():
        if resource in found or any(resource in one for one in sweep.left):
            continue
        if kind == "task" or sweep.looks_ours(Found(kind, resource, name, story.run)):
            remover.remove(kind, resource, name)
    sweep.left += remover.left


def _leave(sweep: Sweep, run_id: str, stories: Iterable[Story]) -> None:
    entries = [entry for story in stories for entry in story.entries]
    stays = next((entry for entry in reversed(entries) if entry.get("event") in ("trust", "left")), {})
    before = Before.read(stays.get("before")) if stays.get("event") == "trust" else None
    try:
        here = run_id in guests(sweep.ml)
        sweep.left += leave(sweep.ml, run_id, before)
    except (SettingsRefused, NoAnswer) as error:
        what = said("left.settings", run=run_id)
        sweep.left.append(said("left.because", what=what, why=error.args[0]))
        return
    if here:
        sweep.said.append(said("swept.settings", run=run_id))


def restore_settings(ml: MlCommons, story: Story) -> list[str]:
    """Put back settings that a killed check changed and nobody has changed since; a sentence for each that was."""
    restored: list[str] = []
    for entry in reversed(_pending(story.entries)):
        mine, _ = ours(read_settings(ml), entry["before"], entry["changed"])
        changes = {scope: keys for scope, keys in mine.items() if keys}
        if changes:
            answer = ml.change_settings(**changes)
            keys = ", ".join(key for scope in changes.values() for key in scope)
            restored.append(said("swept.restored", settings=keys, status=answer.status))
    return restored


def _pending(entries: Iterable[Entry]) -> list[Entry]:
    """Changes that were not undone; those made inside another are undone before it."""
    pending: list[Entry] = []
    for entry in entries:
        if entry.get("event") == "settings":
            pending.append(entry)
        elif entry.get("event") == "restored" and pending:
            pending.pop()
    return pending


def runs_left(ml: MlCommons, timeout: float, folder: Path, older_than: float) -> tuple[list[str], Sweep]:
    """Runs of which something is left, nothing of it younger than `older_than` seconds, and none of them alive here."""
    sweep = Sweep(ml, timeout)
    youngest: dict[str, float] = {}
    for one in sweep.find():
        youngest[one.run] = max(youngest.get(one.run, 0.0), one.made or 0.0)
    here = [story for story in journals(folder) if story.begin.get("cluster") == ml.client.url]
    known = {*youngest, *guests(ml), *(story.run for story in here)}
    latest = time.time() - older_than
    old = {run for run in known if max(youngest.get(run, 0.0), begun(run) or 0.0) <= latest}
    alive = living(here) & known
    sweep.said += [said("swept.alive", run=run) for run in sorted(alive)]
    sweep.said += [said("swept.young", run=run, age=f"{older_than:g}") for run in sorted(known - old - alive)]
    return sorted(old - alive), sweep
