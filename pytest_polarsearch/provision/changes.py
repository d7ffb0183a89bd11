"""What a check changes in settings for a while: how to make it, how to undo it, and the mark that tells of it.

The mark stands in the trusted list, in the same request as the change: a pattern that matches nothing and holds how
the settings stood and how they were changed. Who finds it can undo the change: no journal is needed.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .cluster_settings import SCOPES, TRUSTED, Scoped, Snapshot, ours, same

Json = Any
Changes = dict[str, dict[str, Json]]

#: A group that is repeated no times at all, in letters that mean nothing to a regular expression.
MARK = re.compile(r"\^\(\?:pytest-polarsearch-run-(?P<run>[0-9a-f]{8,32})-change-(?P<what>[A-Za-z0-9_-]+)\)\{0\}\$")


@dataclass(frozen=True)
class Change:
    """Settings that a run has changed: how they stood, by scope and key (None: unset), and how they stand meanwhile."""

    run: str
    before: Scoped
    changed: Scoped

    @property
    def mark(self) -> str:
        """The pattern that tells of it."""
        told = json.dumps([self.before, self.changed], ensure_ascii=False, separators=(",", ":"))
        what = base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")
        return f"^(?:pytest-polarsearch-run-{self.run}-change-{what}){{0}}$"

    @property
    def wanted(self) -> Changes:
        """What to send: the change, and with it the mark in the trusted list."""
        marked = {scope: dict(keys) for scope, keys in self.changed.items()}
        for keys in marked.values():
            if isinstance(keys.get(TRUSTED), list):
                keys[TRUSTED] = [*keys[TRUSTED], self.mark]
        return marked


def changing(now: Snapshot, run: str, changes: Mapping[str, Json]) -> Change:
    """The change that gives settings these values (None clears one), each in the scope in force."""
    wanted = {TRUSTED: list(now.effective(TRUSTED) or ()), **changes}
    changed = {scope: {key: value for key, value in wanted.items() if now.scope(key) == scope} for scope in SCOPES}
    before = {scope: {key: now.stored(scope, key) for key in changed[scope]} for scope in SCOPES}
    return Change(run, before, changed)


def changes_in(now: Snapshot, run: str | None = None) -> list[Change]:
    """The changes of that run, or of any, that the trusted lists tell of; the last that was made comes first."""
    lists = (now.stored(scope, TRUSTED) for scope in SCOPES)
    found = [change for patterns in lists if isinstance(patterns, list) for change in _read(map(str, patterns))]
    return [change for change in reversed(found) if run in (None, change.run)]


def _read(patterns: Iterable[str]) -> Iterator[Change]:
    for found in filter(None, map(MARK.fullmatch, patterns)):
        what = found["what"]
        try:
            before, changed = json.loads(base64.urlsafe_b64decode(what + "=" * (-len(what) % 4)))
        except (ValueError, binascii.Error):
            continue  # somebody has edited it: it tells of nothing that could be undone
        yield Change(found["run"], before, changed)


def undoing(now: Snapshot, change: Change) -> tuple[Changes, list[str]]:
    """What to send so that the change is undone, and the keys that somebody else has changed meanwhile.

    A value goes back only where it still is as it was changed to. From the trusted list goes what the change put
    there, and what it took away comes back: what others added meanwhile stays.
    """
    mine, moved = ours(now, _others(change.before), _others(change.changed))
    for scope in SCOPES:
        if TRUSTED in change.before.get(scope, {}):
            _undo_list(now, change, scope, mine, moved)
    return mine, moved


def _undo_list(now: Snapshot, change: Change, scope: str, mine: Changes, moved: list[str]) -> None:
    found, before, changed = now.stored(scope, TRUSTED), change.before[scope][TRUSTED], change.changed[scope][TRUSTED]
    if isinstance(found, list) and change.mark in found:
        mine[scope][TRUSTED] = _put_back(found, change, scope)
    elif found is None and changed is None:  # cleared: there was no list to bear the mark
        mine[scope][TRUSTED] = before
    elif not same(found, before) and not same(before, changed):
        moved.append(TRUSTED)


def _others(scoped: Scoped) -> Changes:
    return {scope: {key: value for key, value in keys.items() if key != TRUSTED} for scope, keys in scoped.items()}


def _put_back(found: list[Json], change: Change, scope: str) -> Json:
    before, changed = change.before[scope][TRUSTED], change.changed[scope][TRUSTED]
    added = [one for one in found if one not in changed and one != change.mark]
    if before is None:
        return [*changed, *added] if added else None
    return [*(one for one in before if one in found or one not in changed), *added]
