"""How the emulator answers: predict through to the mock, beside the mock asked directly, as ratios of one run.

    python benchmarks/emulator.py [--requests 300]

Loopback only; about twenty seconds. On a busy machine look at the ratios.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
from polarsearch_mock import DashScopeMock, PolarSearchEmulator

from pytest_polarsearch.blueprints import EMBEDDING, Endpoint
from pytest_polarsearch.client import Client, MlCommons
from pytest_polarsearch.provision.cluster_settings import PRIVATE_IP, TRUSTED
from pytest_polarsearch.secret import Secret

KEY = Secret("sk-benchmark")
BODY = {"model": "text-embedding-v4", "input": ["hello world"]}
TOGETHER, SLOW, MANY = 16, 0.05, 1000


def p50(act: Callable[[], object], requests: int) -> float:
    """The median of so many calls, in milliseconds."""
    taken = []
    for _ in range(requests):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def model(ml: MlCommons, mock: DashScopeMock) -> str:
    """A deployed embedding model at the mock."""
    body = EMBEDDING.connector(Endpoint("http", mock.endpoint, KEY))
    connector_id = ml.create_connector(body).get("connector_id")
    registered = ml.register({"name": "m", "function_name": "remote", "connector_id": connector_id})
    model_id = str(registered.get("model_id"))
    ml.deploy(model_id)
    return model_id


def together(url: str, model_id: str, mock: DashScopeMock) -> float:
    """Milliseconds until 16 predicts of a service that takes 50 ms are all answered."""
    clients = [Client(url) for _ in range(TOGETHER)]
    asks = [lambda c=client: MlCommons(c).predict(model_id, {"input": ["hello world"]}) for client in clients]
    with ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(lambda ask: ask(), asks))  # connections are open now
        with mock.fault("latency", seconds=SLOW):
            started = time.perf_counter()
            list(pool.map(lambda ask: ask(), asks))
            taken = (time.perf_counter() - started) * 1000
    for client in clients:
        client.close()
    return taken


def first_answer() -> float:
    """Milliseconds from `start()` of an emulator to its first answer; the second of two, so nothing is loaded."""
    for _ in range(2):
        started = time.perf_counter()
        with PolarSearchEmulator() as emulator:
            httpx.get(emulator.url, trust_env=False)
            taken = (time.perf_counter() - started) * 1000
    return taken


def rows(requests: int) -> list[tuple[str, str, str]]:
    """What was measured, the figure, and what it is to be."""
    with DashScopeMock(api_keys=(KEY.reveal(),)) as mock, PolarSearchEmulator() as emulator:
        client = Client(emulator.url)
        ml = MlCommons(client)
        ml.change_settings(persistent={PRIVATE_IP: True, TRUSTED: [r"^http://127\.0\.0\.1:[0-9]+/.*$"]})
        model_id = model(ml, mock)
        direct = Client(f"http://{mock.endpoint}")
        bearer = {"authorization": f"Bearer {KEY.reveal()}"}
        floor = p50(lambda: direct.request("POST", EMBEDDING.path, BODY, headers=bearer), requests)
        through = p50(lambda: ml.predict(model_id, {"input": ["hello world"]}), requests)
        parallel = together(emulator.url, model_id, mock)
        for _ in range(MANY):
            model(ml, mock)
        crowded = p50(lambda: ml.predict(model_id, {"input": ["hello world"]}), requests)
        client.close()
        direct.close()
    return [
        ("the mock asked directly, p50", f"{floor:.2f} ms", "(the floor)"),
        ("predict through to the mock, p50", f"{through:.2f} ms, {through / floor:.1f} x the floor", "<= 3 ms"),
        (f"{TOGETHER} predicts at once, service takes 50 ms", f"{parallel:.0f} ms", "< 150 ms"),
        (f"p50 with {MANY:,} connectors and models more", f"{crowded:.2f} ms, {crowded / through:.2f} x", "< 1.20 x"),
        ("start to first answer", f"{first_answer():.1f} ms", "<= 10 ms"),
    ]


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=300)
    requests = parser.parse_args().requests
    sys.stdout.write("| what | measured | to hold |\n| --- | --- | --- |\n")
    for row in rows(requests):
        sys.stdout.write("| " + " | ".join(row) + " |\n")


if __name__ == "__main__":
    main()
