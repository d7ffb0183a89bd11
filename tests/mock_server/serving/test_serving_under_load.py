"""Many clients at once: what was asked is in the log or counted as dropped, and nothing is left after `stop()`."""

from __future__ import annotations

import asyncio
import gc
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import warnings
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from polarsearch_mock import DashScopeMock, PolarSearchEmulator

CONNECTIONS = 500
#: 100,000 where `FULL_LOAD=1` asks for all of it; by default what a CI machine does in seconds.
REQUESTS = 100_000 if os.environ.get("FULL_LOAD") else 20_000
LOG = 5_000
ASKED = b"GET /compatible-mode/v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-a\r\n\r\n"


def descriptors() -> int:
    """How many files and sockets this process holds."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def post(path: str, body: bytes) -> bytes:
    """A request with a JSON body, as bytes."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def client(port: int, requests: int, asked: bytes = ASKED) -> int:
    """So many requests over one connection; how many whole answers came, all of success."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(requests):
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(size)
    writer.close()
    await writer.wait_closed()
    return requests


async def all_at_once(port: int, requests: int = REQUESTS, asked: bytes = ASKED) -> int:
    """Every connection open at the same time."""
    each = requests // CONNECTIONS
    return sum(await asyncio.gather(*[client(port, each, asked) for _ in range(CONNECTIONS)]))


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


#: Predicts through the emulator: each takes a request to either server, and a connection between them.
PREDICTS = REQUESTS // 10 if os.environ.get("FULL_LOAD") else CONNECTIONS
TEXT = json.dumps({"parameters": {"messages": [{"role": "user", "content": "under load"}]}}).encode()


def port_of(emulator: PolarSearchEmulator) -> int:
    """Where it listens."""
    return urlsplit(emulator.url).port


def ask(port: int, method: str, path: str, body: object) -> dict:
    """One request that must succeed; the answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
    assert answer.status == 200, said
    return json.loads(said)


def a_model(port: int, service: int) -> str:
    """A deployed chat model at the mock on the port `service`; gives its id."""
    ml, trusted = "/_plugins/_ml", "plugins.ml_commons.trusted_connector_endpoints_regex"
    private = "plugins.ml_commons.connector.private_ip_enabled"
    ask(port, "PUT", "/_cluster/settings", {"persistent": {trusted: ["^http://127.0.0.1:.*$"], private: True}})
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": f"http://127.0.0.1:{service}/compatible-mode/v1/chat/completions",
        "headers": {"Authorization": "Bearer ${credential.key}"},
        "request_body": '{"model": "qwen-plus", "messages": ${parameters.messages}}',
    }
    body = {"name": "c", "version": "1", "protocol": "http", "credential": {"key": "sk-a"}, "actions": [action]}
    connector = ask(port, "POST", f"{ml}/connectors/_create", body)["connector_id"]
    about = {"name": "m", "function_name": "remote", "connector_id": connector}
    model = ask(port, "POST", f"{ml}/models/_register", about)["model_id"]
    ask(port, "POST", f"{ml}/models/{model}/_deploy", {})
    return model


def test_the_emulator_loses_none_of_its_calls(record_property):
    """500 connections predict together: each predict reaches the mock once, and nothing of either server is left."""
    with PolarSearchEmulator() as warm, DashScopeMock() as service:
        model = a_model(port_of(warm), service.port)
        asyncio.run(client(port_of(warm), 1, post(f"/_plugins/_ml/models/{model}/_predict", TEXT)))
    threads, files = threading.active_count(), descriptors()
    emulator, mock = PolarSearchEmulator(), DashScopeMock(log_limit=CONNECTIONS // 2)
    emulator.start()
    mock.start()
    ports = port_of(emulator), mock.port
    asked = post(f"/_plugins/_ml/models/{a_model(*ports)}/_predict", TEXT)
    answered = asyncio.run(all_at_once(ports[0], PREDICTS, asked))
    assert answered == PREDICTS // CONNECTIONS * CONNECTIONS
    assert len(mock.calls("chat")) + mock.dropped == answered
    emulator.stop()
    mock.stop()
    for port in ports:
        with socket.create_server(("127.0.0.1", port)):
            pass  # free at once
    assert (threading.active_count(), descriptors()) == (threads, files)
    record_property("predicts under load", answered)
