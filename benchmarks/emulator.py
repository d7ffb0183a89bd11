"""How quickly the emulator answers, each figure beside a floor of the same run.

    python benchmarks/emulator.py [--rounds 300]

Servers run in processes of their own, on loopback; half a minute. The floor of a predict is the same question put to
the mock directly, that of a start a server of the same kind that always says the same.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from asking import Caller, Json, alternately, elapsed, say, served
from polarsearch_mock import PolarSearchEmulator, Reply, ThreadedServer

ML = "/_plugins/_ml"
EMBEDDINGS = "/compatible-mode/v1/embeddings"
INPUT = {"input": ["hello world"]}
ASKED = {"model": "text-embedding-v4", **INPUT}
LANES = 16
CROWD = 1000
SETTINGS = {
    "plugins.ml_commons.trusted_connector_endpoints_regex": ["^http://127\\.0\\.0\\.1:.*$"],
    "plugins.ml_commons.connector.private_ip_enabled": True,
}
COLUMNS = ("what", "measured", "floor", "× the floor", "to hold")


def connector(service: str) -> Json:
    """The guide's embedding connector."""
    return {
        "name": "embedding", "description": "benchmark", "version": 1, "protocol": "http",
        "parameters": {"model": "text-embedding-v4"}, "credential": {"api_key": "sk-benchmark"},
        "actions": [{
            "action_type": "predict", "method": "POST", "url": service + EMBEDDINGS,
            "headers": {"Authorization": "Bearer ${credential.api_key}"},
            "request_body": '{ "model": "${parameters.model}", "input": ${parameters.input} }',
            "post_process_function": "connector.post_process.openai.embedding",
        }],
    }  # fmt: skip


def deployed(cluster: Caller, service: str, number: int = 0) -> str:
    """The path under which a new model predicts."""
    made = cluster.ask("POST", f"{ML}/connectors/_create", connector(service))
    body = {"name": f"model {number}", "function_name": "remote", "connector_id": made["connector_id"]}
    model = cluster.ask("POST", f"{ML}/models/_register?deploy=true", body)["model_id"]
    deadline = time.monotonic() + 10
    while cluster.ask("GET", f"{ML}/models/{model}").get("model_state") != "DEPLOYED":
        if time.monotonic() > deadline:
            raise SystemExit(f"model {model} is not deployed after 10 s")
    return f"{ML}/models/{model}/_predict"


def ready(url: str) -> Caller:
    """A connection to a cluster that trusts this machine."""
    cluster = Caller(url)
    cluster.ask("PUT", "/_cluster/settings", {"persistent": SETTINGS})
    return cluster


def predicting(cluster: Caller, path: str) -> Callable[[], Json]:
    """The predict of the guide."""
    return lambda: cluster.ask("POST", path, {"parameters": INPUT})


def embedding(service: Caller) -> Callable[[], Json]:
    """The same question, put to the service directly."""
    return lambda: service.ask("POST", EMBEDDINGS, ASKED)


def through_to_the_mock(rounds: int) -> tuple[str, ...]:
    """One connection: predict, and the mock asked directly."""
    with served() as at:
        cluster, service = ready(at["polarsearch"]), Caller(at["dashscope"])
        predict = predicting(cluster, deployed(cluster, at["dashscope"]))
        directly = embedding(service)
        alternately(50, predict, directly)
        took, floor = alternately(rounds, predict, directly)
    return row("predict through to the mock, p50 at one connection", took, floor, "≤ 3 ms")


def at_once(works: list[Callable[[], Json]], rounds: int) -> float:
    """Milliseconds until all have ended, begun together; the median of the rounds."""
    with ThreadPoolExecutor(len(works)) as pool:
        return alternately(rounds, lambda: list(pool.map(lambda work: work(), works)))[0]


def slow_service() -> tuple[str, ...]:
    """Sixteen at once, of a service that takes 50 ms."""
    with (
        served("--only", "polarsearch") as at,
        served("--only", "dashscope", "--fault", "latency:seconds=0.05") as slow,
    ):
        path = deployed(ready(at["polarsearch"]), slow["dashscope"])
        predicts = [predicting(Caller(at["polarsearch"]), path) for _ in range(LANES)]
        directly = [embedding(Caller(slow["dashscope"])) for _ in range(LANES)]
        at_once(predicts, 3)
        took, floor = at_once(predicts, 20), at_once(directly, 20)
    return row(f"{LANES} predicts at once of a service that takes 50 ms", took, floor, "< 150 ms")


def crowded(rounds: int) -> tuple[str, ...]:
    """A cluster that holds a thousand connectors and models, beside one that holds one of each."""
    with served() as full, served("--only", "polarsearch") as empty:
        crowd, alone = ready(full["polarsearch"]), ready(empty["polarsearch"])
        alone.ask("PUT", "/_cluster/settings", {"persistent": SETTINGS})
        works = [predicting(one, deployed(one, full["dashscope"])) for one in (crowd, alone)]
        for number in range(1, CROWD):
            deployed(crowd, full["dashscope"], number)
        alternately(50, *works)
        took, floor = alternately(rounds, *works)
    return row(f"predict, p50, {CROWD:,} connectors and models present, against one", took, floor, "≤ 1.2 × the floor")


def first_answer(server: ThreadedServer | PolarSearchEmulator) -> float:
    """Milliseconds from the start of a server to the end of its first answer."""

    def begin() -> None:
        server.start()
        with contextlib.closing(Caller(server.url)) as caller:
            caller.send("GET", "/")

    try:
        return elapsed(begin)
    finally:
        server.stop()


def starting() -> tuple[str, ...]:
    """In this process, libraries loaded."""
    first_answer(PolarSearchEmulator())
    pairs = [
        (first_answer(PolarSearchEmulator()), first_answer(ThreadedServer(lambda _: Reply(200, b"{}"))))
        for _ in range(30)
    ]
    took, floor = (sorted(column)[len(pairs) // 2] for column in zip(*pairs, strict=True))
    return row("start in process to first answer", took, floor, "≤ 10 ms")


def row(what: str, took: float, floor: float, held: str) -> tuple[str, ...]:
    """One line of the table, in milliseconds."""
    return what, f"{took:.2f} ms", f"{floor:.2f} ms", f"{took / floor:.2f}", held


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    rows = [through_to_the_mock(rounds), slow_service(), crowded(rounds), starting()]
    say(f"python benchmarks/emulator.py --rounds {rounds}", COLUMNS, rows)


if __name__ == "__main__":
    main()
