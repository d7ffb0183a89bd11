"""What the proxy adds to a request: the same question put to the target directly and through it, in turns.

    python benchmarks/proxy.py [--rounds 500]

Target and proxy run in processes of their own, on loopback; a quarter of a minute. One fault is on in the last row, so
that every request and answer passes the faults.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from asking import Caller, Json, alternately, say, served, started

EMBEDDINGS, CHAT = "/compatible-mode/v1/embeddings", "/compatible-mode/v1/chat/completions"
ASKED = {"model": "text-embedding-v4", "input": ["hello world"]}
SPOKEN = {"model": "qwen-plus", "stream": True, "messages": [{"role": "user", "content": "hello world"}]}
COLUMNS = ("what", "through the proxy, ms", "directly, ms", "the proxy adds, ms", "to hold")
PROXY = [sys.executable, "-c", "from pytest_polarsearch.cli import main; raise SystemExit(main())", "proxy"]
TO_HOLD = "≤ 2 ms"


@contextmanager
def standing_before(url: str, *options: str) -> Iterator[str]:
    """The address of a proxy before a target."""
    with started([*PROXY, "--to", url, *options]) as ready:
        yield ready["proxy"]


def compared(what: str, rounds: int, ask: Callable[[Caller], Json], url: str, *options: str) -> tuple[str, ...]:
    """A row: the medians of one question, and their difference."""
    with standing_before(url, *options) as proxy:
        through, directly = Caller(proxy), Caller(url)
        alternately(50, lambda: ask(through), lambda: ask(directly))
        took, floor = alternately(rounds, lambda: ask(through), lambda: ask(directly))
    return (what, f"{took:.2f}", f"{floor:.2f}", f"{took - floor:.2f}", TO_HOLD)


def looking(caller: Caller) -> Json:
    """The cluster's first page."""
    return caller.ask("GET", "/")


def embedding(caller: Caller) -> Json:
    """A vector of one text."""
    return caller.ask("POST", EMBEDDINGS, ASKED)


def spoken(caller: Caller) -> Json:
    """A stream of chat to its end."""
    return caller.send("POST", CHAT, json.dumps(SPOKEN).encode())


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    rounds = parser.parse_args().rounds
    with served() as at:
        cluster, service = at["polarsearch"], at["dashscope"]
        fault = ("--fault", "dashscope.unsorted")
        rows = [
            compared("`GET /` of a cluster, p50 at one connection", rounds, looking, cluster),
            compared("an embedding, p50 at one connection", rounds, embedding, service),
            compared("a stream of chat to its end, p50 at one connection", rounds, spoken, service),
            compared("an embedding, a fault of another route on, p50", rounds, embedding, service, *fault),
        ]
    say(f"python benchmarks/proxy.py --rounds {rounds}", COLUMNS, rows)


if __name__ == "__main__":
    main()
