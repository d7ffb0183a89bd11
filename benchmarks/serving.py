"""How the DashScope mock serves, as ratios of one run: beside a C floor, and beside pytest-httpserver as it comes.

    python benchmarks/serving.py [--seconds 2] [--passes 3]

Needs Linux, wrk and cc. Figures of a shared machine drift by a factor of two; ratios within a pass drift less, so the
table gives the median of the passes and the smallest and largest ratio. Loopback only; about a minute.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
EMBEDDINGS = "/compatible-mode/v1/embeddings"
RERANK = "/api/v1/services/rerank/text-rerank/text-rerank"
CHAT = "/compatible-mode/v1/chat/completions"
DOCUMENTS = [
    "An index is created with PUT.",
    "The weather is fine.",
    "Shards spread an index.",
    "Delete it.",
    "A model.",
]
BODIES = {
    EMBEDDINGS: {"model": "text-embedding-v4", "input": ["hello world"]},
    RERANK: {"model": "qwen3-rerank", "input": {"query": "how to create an index", "documents": DOCUMENTS}},
    CHAT: {"model": "qwen-max", "messages": [{"role": "user", "content": "What is PolarSearch?"}]},
}
MOCK = """
import signal, sys
from polarsearch_mock import DashScopeMock
mock = DashScopeMock(port=int(sys.argv[1]))
for number in range(int(sys.argv[2])):
    mock.expect_request(f"/expected/{number}", json={"n": number}).respond_with_data("x")
mock.start()
signal.pause()
"""
PLAIN = """
import signal, sys
from pathlib import Path
from pytest_httpserver import HTTPServer
server = HTTPServer("127.0.0.1", int(sys.argv[1]), threaded=True)
head, _, body = Path(sys.argv[2]).read_bytes().partition(b"\\r\\n\\r\\n")
server.expect_request(sys.argv[3]).respond_with_data(body, content_type="application/json")
server.start()
signal.pause()
"""
NEW_TEXT = """
local n = 0
request = function()
  n = n + 1
  return wrk.format(nil, nil, nil, (wrk.body:gsub("hello world", "hello world " .. n)))
end
"""


@dataclass(frozen=True)
class Load:
    """One row of the table."""

    name: str
    path: str
    connections: int
    new_text: bool = False
    expectations: int = 0


LOADS = (
    Load("embeddings, seen before, 1 connection", EMBEDDINGS, 1),
    Load("embeddings, seen before, 16 connections", EMBEDDINGS, 16),
    Load("embeddings, a new text each, 16 connections", EMBEDDINGS, 16, new_text=True),
    Load("embeddings, 20 expectations registered, 16 connections", EMBEDDINGS, 16, expectations=20),
    Load("rerank, 5 documents, 16 connections", RERANK, 16),
    Load("chat, 16 connections", CHAT, 16),
)


@dataclass(frozen=True)
class Figure:
    """What wrk saw: requests a second, and latencies in microseconds."""

    rate: float
    p50: float
    p99: float


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int, cpu: int) -> Iterator[None]:
    """A server on one CPU, from when it listens."""
    process = subprocess.Popen(["taskset", "-c", str(cpu), *command], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def whole_answer(port: int, path: str) -> bytes:
    """One answer of the mock as bytes, for the servers that only repeat it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", path, json.dumps(BODIES[path]), {"Authorization": "Bearer sk-benchmark"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    head = "".join(f"{name}: {value}\r\n" for name, value in answer.getheaders())
    return f"HTTP/1.1 {answer.status} OK\r\n{head}\r\n".encode() + body


def measure(load: Load, port: int, seconds: int, cpu: int, folder: Path) -> Figure:
    """One run of wrk."""
    script = folder / "load.lua"
    body = json.dumps(BODIES[load.path]).replace("'", "\\'")
    text = f"wrk.method = 'POST'; wrk.body = '{body}'; wrk.headers['Authorization'] = 'Bearer sk-benchmark'\n"
    script.write_text(text + (NEW_TEXT if load.new_text else ""))
    wrk = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds}", "--latency", "-s", str(script)]
    url = f"http://127.0.0.1:{port}{load.path}"
    said = subprocess.run(["taskset", "-c", str(cpu), *wrk, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(f"{load.name}: not every answer was 200")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return Figure(rate, percentile(said, 50), percentile(said, 99))


def percentile(said: str, share: int) -> float:
    """Microseconds, of what wrk prints with a unit."""
    number, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", said).groups()
    return float(number) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def one_pass(load: Load, seconds: int, folder: Path, cpus: list[int]) -> tuple[Figure, Figure, Figure]:
    """The mock, the floor, and pytest-httpserver, one after the other under the same load."""
    server_cpu, load_cpu = cpus[0], cpus[-1]
    canned, port = folder / "answer", free_port()
    with running([sys.executable, "-c", MOCK, str(port), str(load.expectations)], port, server_cpu):
        canned.write_bytes(whole_answer(port, load.path))
        mock = measure(load, port, seconds, load_cpu, folder)
    port = free_port()
    with running([str(folder / "floor"), str(port), str(canned)], port, server_cpu):
        floor = measure(load, port, seconds, load_cpu, folder)
    port = free_port()
    with running([sys.executable, "-c", PLAIN, str(port), str(canned), load.path], port, server_cpu):
        plain = measure(load, port, seconds, load_cpu, folder)
    return mock, floor, plain


def spread(ratios: list[float]) -> str:
    """The median, and how far the passes lie apart."""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def row(load: Load, passes: list[tuple[Figure, Figure, Figure]]) -> str:
    """One line of the table."""
    median = statistics.median
    rate, p99 = median(mock.rate for mock, _, _ in passes), median(mock.p99 for mock, _, _ in passes)
    of_floor = spread([mock.rate / floor.rate for mock, floor, _ in passes])
    times_plain = spread([mock.rate / plain.rate for mock, _, plain in passes])
    times_p50 = spread([mock.p50 / floor.p50 for mock, floor, _ in passes])
    return f"| {load.name} | {rate:,.0f} | {of_floor} | {times_plain} | {times_p50} | {p99 / 1000:.1f} |"


def main() -> None:
    """Prints the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--passes", type=int, default=3)
    options = parser.parse_args()
    for tool in ("wrk", "cc", "taskset"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is needed (Debian: apt-get install wrk gcc libc6-dev util-linux)")
    cpus = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", folder / "floor", HERE / "floor.c"], check=True)
        lines = [
            f"`python benchmarks/serving.py --seconds {options.seconds} --passes {options.passes}`: {len(cpus)} CPUs, "
            f"Python {platform.python_version()}, load average {os.getloadavg()[0]:.1f} at the start.",
            "",
            "| load | req/s | of the floor | × pytest-httpserver | p50 × the floor's | p99 ms |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        for load in LOADS:
            passes = [one_pass(load, options.seconds, folder, cpus) for _ in range(options.passes)]
            lines.append(row(load, passes))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
