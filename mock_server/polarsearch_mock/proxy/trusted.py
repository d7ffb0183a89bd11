"""Which endpoint patterns a cluster trusts, learned from the settings that pass the proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..messages import Reply, Request

PATH = "/_cluster/settings"
KEY = "plugins.ml_commons.trusted_connector_endpoints_regex"
#: From the weakest to the strongest.
SCOPES = ("defaults", "persistent", "transient")

Json = Any


class Trusted:
    """The patterns in force, as far as answers and accepted changes have shown them."""

    def __init__(self) -> None:
        self._known: dict[str, Sequence[str] | None] = {}

    def patterns(self) -> Sequence[str]:
        """The patterns of the strongest scope that has any."""
        found = [self._known.get(scope) for scope in SCOPES]
        return next((one for one in reversed(found) if one is not None), ())

    def look(self, request: Request, reply: Reply) -> None:
        """Learn from one exchange."""
        if request.path != PATH or reply.status != 200 or request.method not in ("GET", "PUT"):
            return
        whole = request.method == "GET"
        document = _object(reply.body if whole else request.body)
        for scope in SCOPES:
            found = dict(_flat("", document.get(scope) or {}))
            if KEY in found:
                self._known[scope] = _list(found[KEY])
            elif whole and scope in document:
                self._known[scope] = None


def _object(body: bytes) -> Mapping[str, Json]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _flat(prefix: str, group: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(group, dict):
        for name, value in group.items():
            yield from _flat(f"{prefix}.{name}" if prefix else name, value)
    else:
        yield prefix, group


def _list(value: Json) -> Sequence[str] | None:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return [str(one) for one in value] if isinstance(value, list) else None
