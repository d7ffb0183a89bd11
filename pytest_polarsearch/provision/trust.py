"""The two settings that a run needs while it is there: its services trusted, private addresses allowed.

Several runs may be guests of one cluster at once. So each run's patterns carry a mark with its id that changes nothing
of what they match, and that says how the settings stood before the first of them came. Whoever goes takes his own
patterns along; the last one puts everything back. The mark alone is enough for that: no journal is needed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .changes import Changes, changes_in
from .cluster_settings import PRIVATE_IP, SCOPES, TRUSTED, Snapshot, same

Json = Any

#: A group of a regular expression that is repeated no times at all: Java and Python match as if it were not there.
MARK = re.compile(
    r"\(\?:pytest-polarsearch-run-(?P<run>[0-9a-f]{8,32})-list-(?P<trusted>set|[0-9a-f]{12})"
    r"-private-(?P<private>allowed|unset|persistent-false|transient-false)\)\{0\}"
)
SET, ALLOWED, UNSET = "set", "allowed", "unset"


@dataclass(frozen=True)
class Before:
    """How the settings stood before the first run came: `trusted` is `set`, or where nobody had set the list a digest
    of the default; `private` is `allowed`, `unset`, `persistent-false` or `transient-false`."""

    trusted: str
    private: str

    @classmethod
    def of(cls, now: Snapshot) -> Before:
        """As the runs say that are there already, or else as it is now."""
        found = next((mark for scope in SCOPES for mark in _marks(_patterns(now, scope))), None)
        if found:
            return cls(found["trusted"], found["private"])
        unset = all(now.stored(scope, TRUSTED) is None for scope in SCOPES)
        allowed = same(now.effective(PRIVATE_IP), True)  # noqa: FBT003  the setting's own value
        return cls(_digest(now.effective(TRUSTED)) if unset else SET, ALLOWED if allowed else _private(now))

    @classmethod
    def read(cls, entry: Json) -> Before | None:
        """As a journal has it."""
        return cls(**entry) if isinstance(entry, dict) and entry.keys() == {"trusted", "private"} else None

    def plain(self) -> dict[str, str]:
        """For a journal."""
        return asdict(self)


def _private(now: Snapshot) -> str:
    scope = now.scope(PRIVATE_IP)
    return UNSET if now.stored(scope, PRIVATE_IP) is None else f"{scope}-false"


def _digest(patterns: Json) -> str:
    return hashlib.sha256(json.dumps(list(patterns or ())).encode()).hexdigest()[:12]


def runs_in(now: Snapshot) -> set[str]:
    """The runs whose patterns, or changes, the trusted lists tell of."""
    trusted = {mark["run"] for scope in SCOPES for mark in _marks(_patterns(now, scope))}
    return trusted | {change.run for change in changes_in(now)}


def without_others(patterns: Iterable[str], run: str) -> list[str]:
    """Those patterns that no other run has brought."""
    return [one for one in patterns if {mark["run"] for mark in _marks([one])} <= {run}]


def _patterns(now: Snapshot, scope: str) -> list[str]:
    found = now.stored(scope, TRUSTED)
    return [str(one) for one in found] if isinstance(found, list) else []


def _marks(patterns: Iterable[str]) -> list[re.Match[str]]:
    return [found for found in map(MARK.search, patterns) if found]


def entering(now: Snapshot, run: str, patterns: Sequence[str]) -> tuple[Changes, Before]:
    """What to change so that `patterns` are trusted and private addresses allowed, and how it stood before."""
    changes: Changes = {scope: {} for scope in SCOPES}
    changes[now.scope(TRUSTED)][TRUSTED] = [*(now.effective(TRUSTED) or ()), *added(now, run, patterns)]
    if not same(now.effective(PRIVATE_IP), True):  # noqa: FBT003  the setting's own value
        changes[now.scope(PRIVATE_IP)][PRIVATE_IP] = True
    return changes, Before.of(now)


def added(now: Snapshot, run: str, patterns: Sequence[str]) -> list[str]:
    """The patterns that are not trusted yet with the run's mark, or the mark alone: what the run adds to the list."""
    before, trusted = Before.of(now), now.effective(TRUSTED) or ()
    mark = f"(?:pytest-polarsearch-run-{run}-list-{before.trusted}-private-{before.private}){{0}}"
    return [_with(mark, one) for one in patterns if one not in trusted] or [f"^{mark}$"]


def _with(mark: str, pattern: str) -> str:
    return f"{pattern[:-1]}{mark}$" if pattern.endswith("$") else f"{pattern}{mark}"


def without(now: Snapshot, unwanted: Sequence[str]) -> Changes:
    """What to change so that these patterns stand in no list any more, and others do."""
    changes: Changes = {scope: {} for scope in SCOPES}
    for scope in SCOPES:
        found = _patterns(now, scope)
        rest = [one for one in found if one not in unwanted]
        if rest != found:
            changes[scope][TRUSTED] = rest
    return changes


def leaving(now: Snapshot, run: str, before: Before | None = None) -> Changes:
    """What to change so that nothing of the run stays; `before` where the mark may be lost."""
    changes: Changes = {scope: {} for scope in SCOPES}
    marks = [mark for scope in SCOPES for mark in _marks(_patterns(now, scope)) if mark["run"] == run]
    if marks:
        before = Before(marks[0]["trusted"], marks[0]["private"])
    if before is None:
        return changes
    alone = not runs_in(now) - {run}
    for scope in SCOPES:
        found = _patterns(now, scope)
        rest = [one for one in found if run not in {mark["run"] for mark in _marks([one])}]
        if rest != found:
            changes[scope][TRUSTED] = None if alone and _digest(rest) == before.trusted else rest
    if alone:
        _restore_private(now, before, changes)
    return changes


def _restore_private(now: Snapshot, before: Before, changes: Changes) -> None:
    scope = before.private.partition("-")[0] if before.private.endswith("-false") else "persistent"
    if before.private != ALLOWED and same(now.stored(scope, PRIVATE_IP), True):  # noqa: FBT003  the setting's own value
        changes[scope][PRIVATE_IP] = None if before.private == UNSET else False
