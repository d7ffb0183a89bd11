"""What the benchmarks share: a client that costs little, servers in a process of their own, medians, the machine."""

from __future__ import annotations

import http.client
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import urlsplit

Json = Any
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer sk-benchmark"}


class Caller:
    """One kept connection to one server. Raises SystemExit where an answer is not as it must be."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self._connection.request(method, path, body, HEADERS)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def ask(self, method: str, path: str, body: Json = None) -> Json:
        """The JSON of an answer that must be a success."""
        status, said = self.send(method, path, None if body is None else json.dumps(body).encode())
        if status >= 300:
            raise SystemExit(f"{method} {path} answered {status}: {said[:300]!r}")
        return json.loads(said)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


@contextmanager
def started(command: list[str]) -> Iterator[dict[str, Any]]:
    """A process that prints one JSON line when it answers, and that line; it ends with the block."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads(process.stdout.readline() if process.stdout else "")
    finally:
        process.terminate()
        process.communicate(timeout=20)


def served(*options: str) -> AbstractContextManager[dict[str, str]]:
    """The servers in a process of their own, and their addresses."""
    return started([sys.executable, "-m", "polarsearch_mock", *options])


def elapsed(work: Callable[[], object]) -> float:
    """Milliseconds that it takes."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def alternately(count: int, *works: Callable[[], object]) -> list[float]:
    """The median milliseconds of each, taken in turns so that all see the same machine."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(count):
        for kept, work in zip(times, works, strict=True):
            kept.append(elapsed(work))
    return [statistics.median(kept) for kept in times]


def say(command: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Prints the table as Markdown, with the command and the machine."""
    machine = f"{os.cpu_count()} CPUs, Python {platform.python_version()}, load average {os.getloadavg()[0]:.1f}"
    lines = [columns, ("---",) * len(columns), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    sys.stdout.write(f"`{command}`: {machine} at the end.\n\n{table}\n")
