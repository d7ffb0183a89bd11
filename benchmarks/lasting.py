"""What many and long connections cost the DashScope mock: streams on their schedule, idle connections, a long run.

    python benchmarks/lasting.py [--rounds 500]

Servers run in processes of their own, each on one event loop, so on one core at most; loopback, half a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from asking import Caller, Json, alternately, say, served

CHAT = "/compatible-mode/v1/chat/completions"
EMBEDDINGS = "/compatible-mode/v1/embeddings"
STREAMS, CHUNKS, PACE = 200, 100, 0.02
IDLE = 64
REQUESTS, BATCH = 50_000, 100
ASKED = {"model": "text-embedding-v4", "input": ["hello world"], "dimensions": 64}
SPOKEN = {"model": "qwen-max", "stream": True, "messages": [{"role": "user", "content": "word " * (CHUNKS - 9)}]}
COLUMNS = ("what", "measured", "floor", "× the floor", "to hold")


def raw(url: str, path: str, body: Json) -> bytes:
    """A whole request as bytes."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {urlsplit(url).netloc}\r\nauthorization: Bearer sk-benchmark\r\n"
        f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def one_stream(url: str) -> tuple[float, int]:
    """Seconds from the request to the last chunk, and how many chunks there were."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    begun = time.perf_counter()
    writer.write(raw(url, CHAT, SPOKEN))
    said = await reader.readuntil(b"data: [DONE]\n\n")
    took = time.perf_counter() - begun
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return took, said.count(b"data: ")


async def streams(url: str, count: int) -> list[tuple[float, int]]:
    """So many at once."""
    return await asyncio.gather(*(one_stream(url) for _ in range(count)))


def on_schedule() -> tuple[str, ...]:
    """The slowest of many streams beside the schedule that the fault sets."""
    with served("--only", "dashscope", "--fault", f"latency-per-token:seconds={PACE}") as at:
        found = asyncio.run(streams(at["dashscope"], STREAMS))
    slowest, chunks = max(took for took, _ in found), found[0][1]
    what = f"{STREAMS} chat streams at once of {chunks} chunks, {PACE * 1000:.0f} ms a chunk: the slowest"
    return row(what, slowest * 1000, chunks * PACE * 1000, "≤ 1.1 × the floor, its schedule")


@contextmanager
def idle(url: str) -> Iterator[None]:
    """Connections that are open and say nothing."""
    place = urlsplit(url)
    with ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(socket.create_connection((place.hostname, place.port)))
        yield


def worn(url: str) -> None:
    """Ask so often that log and memory are full, many requests in flight on one connection."""
    place, batch = urlsplit(url), raw(url, EMBEDDINGS, ASKED) * BATCH
    with socket.create_connection((place.hostname, place.port)) as connection:
        for _ in range(REQUESTS // BATCH):
            connection.sendall(batch)
            said = bytearray()
            while said.count(b"HTTP/1.1 200 ") < BATCH or not said.endswith(b'"}'):
                said += connection.recv(2**18)


def beside_fresh(what: str, rounds: int, *, lasting: bool) -> tuple[str, ...]:
    """The median of one connection to a server with a burden, beside a server without."""
    with served("--only", "dashscope") as burdened, served("--only", "dashscope") as fresh, ExitStack() as stack:
        if lasting:
            worn(burdened["dashscope"])
        else:
            stack.enter_context(idle(burdened["dashscope"]))
        asks = [Caller(one["dashscope"]) for one in (burdened, fresh)]
        works = [lambda asking=asking: asking.ask("POST", EMBEDDINGS, ASKED) for asking in asks]  # type: ignore[misc]
        alternately(100, *works)
        took, floor = alternately(rounds, *works)
    return row(what, took, floor, "≤ 1.1 × the floor, a fresh server")


def row(what: str, took: float, floor: float, held: str) -> tuple[str, ...]:
    """One line of the table, in milliseconds."""
    return what, f"{took:.2f} ms", f"{floor:.2f} ms", f"{took / floor:.2f}", held


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=500)
    rounds = parser.parse_args().rounds
    rows = [
        on_schedule(),
        beside_fresh(f"an embedding, p50, {IDLE} idle connections open", rounds, lasting=False),
        beside_fresh(f"an embedding, p50, after {REQUESTS:,} requests", rounds, lasting=True),
    ]
    say(f"python benchmarks/lasting.py --rounds {rounds}", COLUMNS, rows)


if __name__ == "__main__":
    main()
