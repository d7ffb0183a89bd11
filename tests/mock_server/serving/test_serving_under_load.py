"""Many clients at once: what was asked is in the log or counted as dropped, and nothing is left after `stop()`."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
from polarsearch_mock import DashScopeMock

CONNECTIONS = 500
#: 100,000 where `FULL_LOAD=1` asks for all of it; by default what a CI machine does in seconds.
REQUESTS = 100_000 if os.environ.get("FULL_LOAD") else 20_000
LOG = 5_000
ASKED = b"GET /compatible-mode/v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-a\r\n\r\n"


def descriptors() -> int:
    """How many files and sockets this process holds."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


async def client(port: int, requests: int) -> int:
    """So many requests over one connection; how many whole answers came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(requests):
        writer.write(ASKED)
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(size)
    writer.close()
    await writer.wait_closed()
    return requests


async def all_at_once(port: int) -> int:
    """Every connection open at the same time."""
    each = REQUESTS // CONNECTIONS
    return sum(await asyncio.gather(*[client(port, each) for _ in range(CONNECTIONS)]))


def test_no_log_entry_is_lost_without_a_word(record_property):
    """500 connections together: kept and dropped entries are all that was asked; then no thread, descriptor, port."""
    with DashScopeMock() as warm:
        asyncio.run(client(warm.port, 1))
    threads, files = threading.active_count(), descriptors()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        mock = DashScopeMock(log_limit=LOG)
        mock.start()
        port = mock.port
        answered = asyncio.run(all_at_once(port))
        assert answered == REQUESTS // CONNECTIONS * CONNECTIONS
        assert (len(mock.calls()), mock.dropped) == (LOG, answered - LOG)
        mock.stop()
        with socket.create_server(("127.0.0.1", port)):
            pass  # free at once
        del mock
        assert descriptors() == files
    assert threading.active_count() == threads
    record_property("requests under load", answered)


ASKING = f"""
import socket, sys
asked = {ASKED!r}
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as one:
    while True:
        one.sendall(asked * 20)
        sys.stdout.write("x")
        sys.stdout.flush()
        one.recv(65536)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills processes as POSIX does")
def test_clients_that_are_killed_leave_nothing(record_property):
    """Processes killed in the middle of what they ask: the server goes on, its log adds up, nothing stays open."""
    with DashScopeMock() as warm:
        asyncio.run(client(warm.port, 1))
    threads, files = threading.active_count(), descriptors()
    with DashScopeMock(log_limit=LOG) as mock:
        asking = [
            subprocess.Popen([sys.executable, "-c", ASKING, str(mock.port)], stdout=subprocess.PIPE) for _ in range(3)
        ]
        for one in asking:
            one.stdout.read(3)
            one.kill()
            one.communicate()
        assert asyncio.run(client(mock.port, 50)) == 50
        kept, dropped = len(mock.calls()), mock.dropped
        assert kept + dropped >= 50 + 3 * 20
        assert kept == min(LOG, kept + dropped)
    assert (threading.active_count(), descriptors()) == (threads, files)
    record_property("clients killed under load", len(asking))
