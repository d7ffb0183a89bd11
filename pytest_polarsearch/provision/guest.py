"""Enters a cluster as a guest (settings changed as a run needs them) and leaves it as it was; one run at a time."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ..client import NoAnswer
from ..verbs import MlCommons
from .cluster_settings import SettingsRefused, read_settings
from .journal import Journal
from .trust import Before, Changes, entering, leaving, runs_in

#: Another run may write the same list between our reading and our writing: so often we look again.
TRIES = 5


def cluster_lock(url: str, *, exclusive: bool) -> AbstractContextManager[object]:
    """Over all processes of this machine: one that changes settings of that cluster, or any number that use it."""
    from filelock import ReadWriteLock

    whose = f"{getattr(os, 'getuid', int)()} {url}"  # a file of another account cannot be locked
    name = hashlib.sha256(whose.encode()).hexdigest()[:16]
    lock = ReadWriteLock(str(Path(tempfile.gettempdir()) / f"polarsearch-{name}.lock"))
    return lock.write_lock() if exclusive else lock.read_lock()


class Guest:
    """One run's stay on a cluster. What could not be put back is kept as sentences in `left`."""

    def __init__(self, ml: MlCommons, run: str, journal: Journal) -> None:
        self._ml, self._run, self._journal = ml, run, journal
        self.left: list[str] = []

    @contextmanager
    def staying(self, patterns: Sequence[str]) -> Iterator[None]:
        """Have those patterns trusted, and private addresses allowed, inside. Raises SettingsRefused."""
        before = None
        try:
            with cluster_lock(self._ml.client.url, exclusive=True):
                before = self._enter(patterns)
            yield
        finally:
            self._leave(before)

    def _enter(self, patterns: Sequence[str]) -> Before:
        changes, before = entering(read_settings(self._ml), self._run, patterns)
        self._journal.write("trust", before=before.plain(), changed=changes)
        answer = self._ml.change_settings(**{scope: keys for scope, keys in changes.items() if keys})
        if not answer.ok:
            raise SettingsRefused(answer)
        return before

    def _leave(self, before: Before | None) -> None:
        sentence = f"the settings could not be put back as run {self._run} found them"
        try:
            with cluster_lock(self._ml.client.url, exclusive=True):
                self.left += leave(self._ml, self._run, before)
            self._journal.write("left")
        except (SettingsRefused, NoAnswer) as error:
            self.left.append(f"{sentence}: {error}")
        except BaseException:  # a second Ctrl-C: the journal must stay
            self.left.append(f"{sentence}: interrupted")
            raise


def leave(ml: MlCommons, run: str, before: Before | None = None) -> list[str]:
    """Take the run's patterns out of the trusted list, and put everything back where no other run is there.

    A sentence for what stays. Raises SettingsRefused, NoAnswer.
    """
    changes: Changes = {}
    for _ in range(TRIES):
        changes = leaving(read_settings(ml), run, before)
        if not any(changes.values()):
            return []
        answer = ml.change_settings(**{scope: keys for scope, keys in changes.items() if keys})
        if not answer.ok:
            raise SettingsRefused(answer)
    keys = ", ".join(key for scope in changes.values() for key in scope)
    return [f"the settings {keys} still bear the mark of run {run} after {TRIES} changes; PUT /_cluster/settings"]


def guests(ml: MlCommons) -> set[str]:
    """The runs whose patterns the cluster trusts, as far as its settings can be read."""
    try:
        return runs_in(read_settings(ml))
    except SettingsRefused:
        return set()
