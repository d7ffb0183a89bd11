"""Enters a cluster as a guest (settings changed as a run, or one of its checks, needs them), leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..client import NoAnswer
from ..exchange import Exchange
from ..verbs import MlCommons
from ..words import said
from .changes import Change, Changes, changes_in, changing, undoing
from .cluster_settings import SCOPES, TRUSTED, SettingsRefused, Snapshot, read_settings
from .journal import Journal
from .trust import Before, added, entering, leaving, runs_in, without

Json = Any

#: Another run may write the same list between our reading and our writing: so often we look again.
TRIES = 5


class Guest:
    """One run's stay on a cluster. What could not be put back is kept as sentences in `left`."""

    def __init__(self, ml: MlCommons, run: str, journal: Journal) -> None:
        self._ml, self._run, self._journal = ml, run, journal
        self.left: list[str] = []

    def read(self) -> Snapshot:
        """The settings now. Raises SettingsRefused."""
        return read_settings(self._ml)

    @contextmanager
    def staying(self, patterns: Sequence[str]) -> Iterator[None]:
        """Have those patterns trusted, and private addresses allowed, inside. Raises SettingsRefused."""
        before = None
        try:
            with self._ml.client.isolation.adding():
                before = self._enter(patterns)
            yield
        finally:
            with self._telling(said("left.settings", run=self._run)):
                with self._ml.client.isolation.adding():
                    self.left += leave(self._ml, self._run, before)
                self._journal.write("left")

    def _enter(self, patterns: Sequence[str]) -> Before:
        changes, before = entering(self.read(), self._run, patterns)
        self._journal.write("trust", before=before.plain(), changed=changes)
        send(self._ml, changes)
        return before

    @contextmanager
    def trusting(self, *patterns: str) -> Iterator[None]:
        """Have patterns at the end of the trusted list inside: of URLs that nobody else asks for, so nobody waits.

        Raises SettingsRefused.
        """
        isolation = self._ml.client.isolation
        ours: list[str] = []
        try:
            with isolation.adding():
                now = self.read()
                ours += added(now, self._run, patterns)
                self._journal.write("patterns", added=ours)
                send(self._ml, {now.scope(TRUSTED): {TRUSTED: [*(now.effective(TRUSTED) or ()), *ours]}})
            yield
        finally:
            sentence = said("left.patterns", patterns=", ".join(ours))
            with self._telling(sentence), isolation.adding():
                self._put_back(without(self.read(), ours))

    @contextmanager
    def changed(self, changes: Mapping[str, Json]) -> Iterator[Exchange]:
        """Have settings with these values inside (None clears one), and nobody else ask meanwhile what depends on them.

        Raises SettingsRefused.
        """
        isolation = self._ml.client.isolation
        with isolation.adding():  # as long as it is our turn nobody else writes: others go on while we read
            change = changing(self.read(), self._run, changes)
            with isolation.changing():
                self._journal.write("settings", before=change.before, changed=change.wanted)
                try:
                    yield send(self._ml, change.wanted)
                finally:
                    self._undo(change, changes)

    def heal(self) -> None:
        """Undo what a process of this run had changed when it died: those that live change nothing meanwhile."""
        sentence = said("left.crashed", run=self._run)
        with self._telling(sentence), self._ml.client.isolation.changing():
            self.left += undo_changes(self._ml, self._run)

    def _undo(self, change: Change, wanted: Iterable[str]) -> None:
        before = {key: value for scope in SCOPES for key, value in change.before[scope].items()}
        shown = {key: before[key] for key in wanted}
        with self._telling(said("left.changed", settings=", ".join(shown), before=str(shown))):
            back, moved = undoing(self.read(), change)
            self.left += _moved(moved)
            self._put_back(back)
            self._journal.write("restored", settings=", ".join(shown))

    def _put_back(self, changes: Changes) -> None:
        if any(changes.values()):
            send(self._ml, changes)

    @contextmanager
    def _telling(self, sentence: str) -> Iterator[None]:
        """Keep in `left` what could not be put back, and why."""
        try:
            yield
        except (SettingsRefused, NoAnswer) as error:
            self.left.append(said("left.because", what=sentence, why=error.args[0]))
        except BaseException:  # a second Ctrl-C: the journal must stay
            self.left.append(said("left.because", what=sentence, why=said("left.interrupted")))
            raise


def send(ml: MlCommons, changes: Mapping[str, Mapping[str, Json]]) -> Exchange:
    """Change settings, scope by scope. Raises SettingsRefused."""
    answer = ml.change_settings(**{scope: dict(keys) for scope, keys in changes.items() if keys})
    if not answer.ok:
        raise SettingsRefused(answer)
    return answer


def _moved(keys: Sequence[str]) -> list[str]:
    return [said("left.moved", setting=key) for key in keys]


def leave(ml: MlCommons, run: str, before: Before | None = None) -> list[str]:
    """Undo what checks of the run changed, take the run's patterns out of the trusted list, and put everything back
    where no other run is there.

    A sentence for what stays. Raises SettingsRefused, NoAnswer.
    """
    left, changes = undo_changes(ml, run), Changes()
    for _ in range(TRIES):
        changes = leaving(read_settings(ml), run, before)
        if not any(changes.values()):
            return left
        send(ml, changes)
    keys = ", ".join(key for scope in changes.values() for key in scope)
    return [*left, said("left.marked", settings=keys, run=run, tries=TRIES)]


def undo_changes(ml: MlCommons, run: str) -> list[str]:
    """Undo what checks of the run changed and did not undo, the last one first; a sentence for each key that stays.

    Raises SettingsRefused, NoAnswer.
    """
    left: list[str] = []
    for _ in range(TRIES):
        now = read_settings(ml)
        last = next(iter(changes_in(now, run)), None)
        if last is None:
            break
        back, moved = undoing(now, last)
        left += _moved(moved)
        send(ml, back)
    return left


def guests(ml: MlCommons) -> set[str]:
    """The runs whose patterns the cluster trusts, as far as its settings can be read."""
    try:
        return runs_in(read_settings(ml))
    except SettingsRefused:
        return set()
