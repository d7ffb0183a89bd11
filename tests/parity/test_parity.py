from __future__ import annotations

import random
from collections.abc import Iterator

import httpx
import pytest
from polarsearch_mock.mlcommons.app import Emulator
from polarsearch_mock.serving import ThreadedServer

from .acting import difference
from .scenarios import DATA, names, scenario
from .service import Service

#: A call that the engine never answers is dropped after this many seconds here.
HANG_SECONDS = 0.05
ENGINES = sorted({engine for engine, _ in names()})


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """The model service of every scenario."""
    one = Service()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, httpx.Client]]:
    """A client of one emulator an engine, by the engine's number."""
    emulators = {engine: Emulator(engine, hang_seconds=HANG_SECONDS) for engine in ENGINES}
    servers = {engine: ThreadedServer(one, closing=one.close) for engine, one in emulators.items()}
    found = {}
    for engine, server in servers.items():
        server.start()
        headers = {"accept-encoding": "identity"}
        found[engine] = httpx.Client(base_url=server.url, headers=headers, timeout=30, trust_env=False)
    yield found
    for engine, server in servers.items():
        found[engine].close()
        server.stop()


@pytest.mark.parametrize(("engine", "name"), names())
def test_every_recorded_scenario_plays_as_it_was_recorded(
    engine: str, name: str, clients: dict[str, httpx.Client], service: Service
) -> None:
    """The emulator's answers and its requests to the service are those of the real engine."""
    assert difference(scenario(engine, name), clients[engine], service) is None


@pytest.mark.parametrize("engine", ENGINES)
def test_no_order_of_scenarios_matters(engine: str, clients: dict[str, httpx.Client], service: Service) -> None:
    """Scenarios are independent: a second run in another order on the same server plays the same."""
    quick = [name for own, name in names() if own == engine and not name.startswith(("remote-", "plain-", "slot-"))]
    random.Random(7).shuffle(quick)
    told = {name: difference(scenario(engine, name), clients[engine], service) for name in quick[:60]}
    assert {name: one for name, one in told.items() if one} == {}


def test_the_recordings_are_stored_compactly() -> None:
    """All engines' scenarios together stay under three megabytes."""
    assert DATA.stat().st_size < 3_000_000
