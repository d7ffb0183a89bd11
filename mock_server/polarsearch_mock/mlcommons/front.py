"""The emulator behind record, faults and control API: what both the serve process and `PolarSearchEmulator` serve."""

from __future__ import annotations

from collections.abc import Iterable

from ..front import Front
from .app import Emulator
from .security import AnyAccount


def emulator_front(engine: str, nodes: int, accounts: Iterable[AnyAccount]) -> Front:
    """The emulator of one cluster as it is served. ValueError for an engine or a number of nodes it does not know."""
    emulator = Emulator(engine=engine, nodes=nodes, accounts=accounts)
    return Front(emulator, emulator.route_name, scope="mlcommons", close=emulator.close)
