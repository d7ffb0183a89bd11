"""The emulator behind record, faults and control API: what both the serve process and `PolarSearchEmulator` serve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..front import Front
from .app import Emulator
from .execution import Outgoing
from .fault_places import OTHER_IDS, OTHER_IDS_SIZE
from .faults import faults_for
from .security import AnyAccount
from .state import new_id

#: How many requests left for each host and port.
Sent = Counter[tuple[str, int]]


def emulator_front(
    engine: str, nodes: int, accounts: Iterable[AnyAccount], second: float = 1.0, sent: Sent | None = None
) -> Front:
    """The emulator of one cluster as it is served; `second` is how long a second of a connector's time-outs takes, and
    what leaves for model services is counted in `sent`. ValueError for an engine or a number of nodes it does not know.
    """
    emulator = Emulator(engine=engine, nodes=nodes, accounts=accounts)
    emulator.deployments.second = second
    faults = faults_for(lambda: emulator.settings.texts("trusted_connector_endpoints_regex"))
    front = Front(emulator, emulator.route_name, faults, scope="mlcommons", close=emulator.close)
    _reach_inside(emulator, front, Counter() if sent is None else sent)
    return front


def _reach_inside(emulator: Emulator, front: Front, sent: Sent) -> None:
    """Faults that act on what the emulator sends, and on a rule of its own."""

    def before_sending(outgoing: Outgoing) -> Outgoing:
        changed: Outgoing = front.faults.at_once("outgoing", outgoing)
        sent[changed.place] += 1
        return changed

    emulator.deployments.before_sending = before_sending
    emulator.store.connectors.new_id = lambda: new_id(OTHER_IDS_SIZE if front.faults.breaks(OTHER_IDS) else 20)
