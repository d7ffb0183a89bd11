"""Puts back settings that a fault kept a run from putting back: a cluster that is a user's is left as it was found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..exchange import Exchange
from ..provision.cluster_settings import SCOPES, TRUSTED
from ..run import Run

Json = Any


@contextmanager
def put_back(run: Run) -> Iterator[None]:
    """After the block the settings that the run has sent meanwhile stand as before it, whatever came of sending them.

    The trusted list is the guest's, who finds its part by the run's mark.
    """
    before, sent = run.guest.read(), set[tuple[str, str]]()
    stop = run.ml.client.listen(lambda exchange: sent.update(_changed_by(exchange)))
    try:
        yield
    finally:
        stop()
        if sent:
            with run.ml.client.isolation.changing():
                now = run.guest.read()
                wrong = {one: before.stored(*one) for one in sent if now.stored(*one) != before.stored(*one)}
                changes = {scope: {key: value for (at, key), value in wrong.items() if at == scope} for scope in SCOPES}
                if wrong:
                    run.ml.change_settings(**{scope: keys for scope, keys in changes.items() if keys})


def _changed_by(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Scope and key of each setting that a request was to change."""
    if exchange.method == "PUT" and exchange.path.startswith("/_cluster/settings"):
        asked = _object(exchange.request_body)
        yield from ((scope, key) for scope in SCOPES for key in asked.get(scope) or () if key != TRUSTED)


def _object(body: bytes | None) -> dict[str, Json]:
    try:
        found: Json = json.loads(body or b"{}")
    except ValueError:  # a check's own nonsense, which changes nothing
        return {}
    return found if isinstance(found, dict) else {}
