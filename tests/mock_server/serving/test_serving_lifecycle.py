"""Starting and stopping: nothing is left behind, and many servers live in one process."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import ssl
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from polarsearch_mock.certificates import Certificates
from polarsearch_mock.messages import Reply
from polarsearch_mock.serving import ThreadedServer, is_loopback


def fetch(url: str, context: ssl.SSLContext | None = None) -> bytes:
    """The body at a URL."""
    with urllib.request.urlopen(url, timeout=10, context=context) as answer:
        return answer.read()


def ok(_: object) -> Reply:
    """An application with one answer."""
    return Reply(200, b"ok")


def descriptors() -> int:
    """How many files and sockets this process holds."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def test_it_answers_between_start_and_stop_only(serve):
    """The address is known after `start()`, and refuses connections after `stop()`."""
    server = serve(ok)
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert fetch(server.url) == b"ok"
    port = server.port
    server.stop()
    assert not server.is_running()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_a_port_is_free_at_once_and_can_be_taken_again():
    """The same server starts on the same port again, open connections or not."""
    with ThreadedServer(ok) as first:
        port = first.port
    server = ThreadedServer(ok, port=port)
    for _ in range(3):
        server.start()
        idle = socket.create_connection(("127.0.0.1", port), timeout=10)
        assert fetch(server.url) == b"ok"
        server.stop()
        idle.close()


def test_starting_twice_and_stopping_twice(serve):
    """A second start is an error, a second stop is nothing."""
    server = serve(ok)
    with pytest.raises(RuntimeError, match="runs already"):
        server.start()
    server.stop()
    server.stop()


def test_a_taken_port_is_an_oserror(serve):
    """The caller learns it from `start()`, and the failed server can be started elsewhere later."""
    taken = serve(ok)
    second = ThreadedServer(ok, port=taken.port)
    with pytest.raises(OSError):
        second.start()
    assert not second.is_running()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors by way of /proc")
def test_nothing_is_left_behind():
    """Neither threads nor descriptors stay, even where requests and streams were under way."""

    async def never(_: object) -> Reply:
        await asyncio.sleep(600)
        return Reply(200)

    with ThreadedServer(ok) as warm:
        fetch(warm.url)
    threads, files = threading.active_count(), descriptors()
    for _ in range(5):
        server = ThreadedServer(never)
        server.start()
        clients = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(10)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        server.stop()
        for client in clients:
            client.close()
    assert threading.active_count() == threads
    assert descriptors() == files


def test_many_servers_run_in_one_process(serve):
    """Each answers with its own application."""
    servers = [serve(lambda _, n=number: Reply(200, str(n).encode())) for number in range(12)]
    assert [fetch(server.url) for server in servers] == [str(number).encode() for number in range(12)]


def test_many_idle_connections_hold_nobody_up(serve, connect):
    """500 clients that send nothing, or half a request, do not keep another from its answer."""
    server = serve(ok)
    for number in range(500):
        raw = connect(server)
        if number % 2:
            raw.send(b"POST / HTTP/1.1\r\nContent-Le")
    assert fetch(server.url) == b"ok"


def test_500_clients_at_once_are_all_answered(serve, connect):
    """Connections opened together and used together each get their own answer."""
    server = serve()
    clients = [connect(server) for _ in range(500)]
    for number, raw in enumerate(clients):
        raw.send(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n%04d" % number)
    assert [raw.answer()[2] for raw in clients] == [b"%04d" % number for number in range(500)]


def test_beyond_loopback_it_says_so(caplog):
    """Binding every interface is possible, and never silent."""
    with caplog.at_level(logging.WARNING), ThreadedServer(ok, "0.0.0.0") as server:
        assert fetch(server.url) == b"ok"
    assert "other machines can reach" in caplog.text


def test_on_loopback_nothing_is_said(caplog):
    """The default binds this machine only and has nothing to report."""
    with caplog.at_level(logging.WARNING), ThreadedServer(ok):
        assert caplog.text == ""


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)]
)
def test_which_addresses_are_loopback(host, local):
    """Only addresses that other machines cannot reach count as loopback."""
    assert is_loopback(host) is local


@pytest.fixture(scope="module")
def certificates():
    """One authority for all tests here."""
    with Certificates() as made:
        yield made


def test_https_is_trusted_with_the_ca_file(serve, certificates):
    """A client that is given the `ca` file reaches the server by name and by address, over http/1.1."""
    server = serve(ok, tls=certificates.server)
    context = ssl.create_default_context(cafile=certificates.ca)
    assert fetch(server.url, context) == b"ok"
    assert fetch(f"https://localhost:{server.port}", context) == b"ok"
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        assert secure.selected_alpn_protocol() == "http/1.1"


def test_plain_http_on_a_tls_port_is_closed_without_an_answer(serve, connect, certificates):
    """The connection ends with no byte of an answer, as the service's own port does."""
    raw = connect(serve(ok, tls=certificates.server)).send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    with suppress(ConnectionResetError):
        assert raw.rest() == b""


def test_certificate_files_are_removed(certificates):
    """Nothing of a run's authority stays on the disk."""
    with Certificates() as made:
        assert Path(made.ca).exists()
    assert not Path(made.ca).exists()
