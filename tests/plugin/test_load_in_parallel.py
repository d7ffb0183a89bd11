"""Tests that load the servers in several workers at once, one of which is killed under load."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from .conftest import text_of

WORKERS, CONNECTIONS = 4, 125
#: Requests of a worker: 100,000 in all where `FULL_LOAD=1` asks for them.
EACH = 25_000 if os.environ.get("FULL_LOAD") else 2_000

LOADING = f"""
import asyncio, os, pathlib, signal, threading
import pytest

ASKED = b"GET /compatible-mode/v1/models HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Bearer sk-a\\r\\n\\r\\n"


async def ask(port, requests):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(requests):
        writer.write(ASKED)
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\\r\\n")[0]))
    writer.close()
    await writer.wait_closed()


async def load(port):
    await asyncio.gather(*[ask(port, {EACH // CONNECTIONS}) for _ in range({CONNECTIONS})])


@pytest.mark.parametrize("number", range({WORKERS}))
def test_load(number, polarsearch_dashscope):
    ports = pathlib.Path(os.environ["PORTS"])
    (ports / str(number)).write_text(str(polarsearch_dashscope.port))
    if number == {WORKERS - 1}:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start()
        while True:
            asyncio.run(load(polarsearch_dashscope.port))
    asyncio.run(ask(polarsearch_dashscope.port, 1))
    threads = threading.active_count()
    asyncio.run(load(polarsearch_dashscope.port))
    kept = len(polarsearch_dashscope.calls())
    assert kept + polarsearch_dashscope.dropped == 1 + {EACH // CONNECTIONS * CONNECTIONS}
    assert threading.active_count() == threads
    (ports / f"{{number}}.asked").write_text("{EACH // CONNECTIONS * CONNECTIONS}")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills a worker as POSIX does")
def test_workers_under_load_lose_no_log_entry_and_leave_nothing(pytester, run, monkeypatch, record_property):
    """500 connections over four workers: the log of each adds up, the death of one harms no other, ports are free."""
    monkeypatch.setenv("PORTS", str(pytester.path))
    pytester.makepyfile(test_it=LOADING)
    result = run("-p", "xdist", "-n", str(WORKERS), "-W", "error::ResourceWarning", "test_it.py")
    told = text_of(result)
    assert result.parseoutcomes() == {"passed": WORKERS - 1, "failed": 1}, told
    assert "crashed while running" in told
    assert "ResourceWarning" not in told
    for number in range(WORKERS):
        with socket.create_server(("127.0.0.1", int((pytester.path / str(number)).read_text()))):
            pass  # free at once
    asked = sum(int(one.read_text()) for one in pytester.path.glob("*.asked"))
    assert asked == (WORKERS - 1) * (EACH // CONNECTIONS * CONNECTIONS)
    record_property("requests of parallel tests under load", asked)
    record_property("workers killed under load", 1)
