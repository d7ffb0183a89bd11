"""Settings of a cluster that is not ours: as they stand, and what of a change is still there to be undone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..exchange import Exchange, NotJson
from ..verbs import MlCommons
from ..words import said

TRUSTED = "plugins.ml_commons.trusted_connector_endpoints_regex"
PRIVATE_IP = "plugins.ml_commons.connector.private_ip_enabled"
AUTO_DEPLOY = "plugins.ml_commons.model_auto_deploy.enable"

Json = Any
#: Settings by scope (`persistent`, `transient`), then by key; None clears one.
Scoped = Mapping[str, Mapping[str, Json]]
SCOPES = ("persistent", "transient")


class SettingsRefused(Exception):
    """The cluster does not let settings be read or changed; `exchange` shows it."""

    def __init__(self, exchange: Exchange) -> None:
        found = f"HTTP {exchange.status}: {exchange.short_reason(300)}"
        super().__init__(said("answered", method=exchange.method, path=exchange.path, found=found))
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

    def scope(self, key: str) -> str:
        """Where a change of the key has an effect: a transient value outranks a persistent one."""
        return "transient" if key in self.transient else "persistent"

    def stored(self, scope: str, key: str) -> Json:
        """The value that somebody has set in that scope, or None where nobody has."""
        return (self.persistent if scope == "persistent" else self.transient).get(key)


def read_settings(ml: MlCommons) -> Snapshot:
    """The settings now, defaults too. Raises SettingsRefused."""
    answer = ml.settings(defaults=True)
    try:
        parts = [answer.get(part) or {} for part in ("persistent", "transient", "defaults")]
    except NotJson:
        raise SettingsRefused(answer) from None
    if not answer.ok:
        raise SettingsRefused(answer)
    return Snapshot(*parts)


def ours(now: Snapshot, before: Scoped, changed: Scoped) -> tuple[dict[str, dict[str, Json]], list[str]]:
    """What to put back, since it still reads as it was changed to; and the keys that somebody else has changed."""
    mine: dict[str, dict[str, Json]] = {scope: {} for scope in SCOPES}
    moved: list[str] = []
    for scope, keys in before.items():
        for key, old in keys.items():
            value = now.stored(scope, key)
            if same(value, changed[scope].get(key)):
                mine[scope][key] = old
            elif not same(value, old):
                moved.append(key)
    return mine, moved


def same(one: Json, other: Json) -> bool:
    """Whether two values of a setting are the same to an engine, which gives booleans and numbers back as texts."""
    return bool(_text(one) == _text(other))


def _text(value: Json) -> Json:
    if isinstance(value, list):
        return [_text(item) for item in value]
    return str(value).lower() if isinstance(value, bool | int | float) else value
