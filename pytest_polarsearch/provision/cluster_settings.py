"""Settings of a cluster that is not ours: read, changed with permission, restored by compare-and-set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..client import MlCommons, NoAnswer
from ..exchange import Exchange
from .journal import Journal

TRUSTED = "plugins.ml_commons.trusted_connector_endpoints_regex"
PRIVATE_IP = "plugins.ml_commons.connector.private_ip_enabled"
AUTO_DEPLOY = "plugins.ml_commons.model_auto_deploy.enable"

Json = Any


class SettingsRefused(Exception):
    """The cluster does not let settings be read or changed; `exchange` shows it."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(f"{exchange.method} {exchange.path} answered HTTP {exchange.status}: {exchange.reason[:300]}")
        self.exchange = exchange


def pattern_for(url: str) -> str:
    """A pattern that covers every path of `url` and nothing else, as Java must read it."""
    return f"^{re.escape(url)}/.*$"


def covers(patterns: Json, url: str) -> bool:
    """Whether one of the patterns covers a URL below `url`, as the engine asks: the whole of it."""
    return any(_matches(str(pattern), f"{url}/compatible-mode/v1/embeddings") for pattern in patterns or ())


def _matches(pattern: str, url: str) -> bool:
    try:
        return re.fullmatch(pattern, url) is not None
    except re.error:
        return False


@dataclass(frozen=True)
class Snapshot:
    """The settings as they were: what is set for good, what until the next full restart, what by default."""

    persistent: Mapping[str, Json]
    transient: Mapping[str, Json]
    defaults: Mapping[str, Json]

    def effective(self, key: str) -> Json:
        """The value in force, or None where the engine does not know the key."""
        return next((part[key] for part in (self.transient, self.persistent, self.defaults) if key in part), None)


class ClusterSettings:
    """Reads and changes persistent settings; every change is undone by compare-and-set."""

    def __init__(self, ml: MlCommons, journal: Journal) -> None:
        self._ml, self._journal = ml, journal
        self.left: list[str] = []

    def read(self) -> Snapshot:
        """The settings now. Raises SettingsRefused."""
        answer = self._ml.settings(defaults=True)
        if not answer.ok:
            raise SettingsRefused(answer)
        return Snapshot(*(answer.get(part) or {} for part in ("persistent", "transient", "defaults")))

    @contextmanager
    def changed(self, changes: Mapping[str, Json]) -> Iterator[Exchange]:
        """Have these persistent settings inside (None clears one). Raises SettingsRefused."""
        before = self.read().persistent
        kept = {key: before.get(key) for key in changes}
        self._journal.write("settings", before=kept, changed=dict(changes))
        try:
            answer = self._ml.change_settings(persistent=dict(changes))
            if not answer.ok:
                raise SettingsRefused(answer)
            yield answer
        finally:
            try:
                self._restore(kept, changes)
            except (SettingsRefused, NoAnswer) as error:
                self.left.append(f"the settings {', '.join(kept)} could not be restored to {kept}: {error}")

    def _restore(self, before: Mapping[str, Json], changes: Mapping[str, Json]) -> None:
        now = self.read().persistent
        mine = {key: value for key, value in before.items() if _same(now.get(key), changes[key])}
        moved = {key: value for key, value in before.items() if key not in mine and not _same(now.get(key), value)}
        self.left += [f"the setting {key} was changed by somebody else meanwhile and is left as it is" for key in moved]
        if mine:
            answer = self._ml.change_settings(persistent=mine)
            if not answer.ok:
                self.left.append(f"the settings {', '.join(mine)} could not be restored: HTTP {answer.status}")
        self._journal.write("restored", settings=sorted(mine))


def _same(one: Json, other: Json) -> bool:
    return bool(_text(one) == _text(other))


def _text(value: Json) -> Json:
    """Booleans and numbers come back from an engine as texts."""
    if isinstance(value, list):
        return [_text(item) for item in value]
    return str(value).lower() if isinstance(value, bool | int | float) else value
