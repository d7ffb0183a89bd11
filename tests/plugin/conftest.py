"""What the plugin's tests share: a clean environment, runs of pytest, servers in processes of their own."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpcore  # noqa: F401  httpx loads it late and keeps its errors: a run in this process must not load it anew
import httpx
import pytest
from polarsearch_mock import (  # noqa: F401  what a run in this process loads first is forgotten after it, in part
    DashScopeMock,
    PolarSearchEmulator,
)

OURS = ("POLARSEARCH", "USER_PASSWORD", "YOUR_API_KEY", "DASHSCOPE_API_KEY", "PYTEST_", "HTTP_PROXY", "HTTPS_PROXY")
COMMAND = [sys.executable, "-c", "from pytest_polarsearch.cli import main; raise SystemExit(main())"]
ACCOUNT, READER, PLAIN_KEY = "polarsearch_user:pass-word-1", "reader:pass-word-2", "sk-only-this-key"
ML = "/_plugins/_ml"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """No setting of this machine reaches the runs."""
    for name in list(os.environ):
        if name.upper().startswith(OURS):
            monkeypatch.delenv(name)


@dataclass(frozen=True)
class Served:
    """A `serve` process: its two addresses, the file to trust, and the account."""

    polarsearch: str
    dashscope: str
    ca: str = ""
    user: str = ""
    auth: tuple[str, str] | None = None

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Ask the emulator as its administrator."""
        verify = ssl.create_default_context(cafile=self.ca) if self.ca else False
        return httpx.request(
            method, self.polarsearch + path, json=body, auth=self.auth, verify=verify, trust_env=False, timeout=10
        )

    def resources(self) -> dict[str, list[str]]:
        """The names of all that is on the emulator."""
        kinds = ("models", "connectors", "model_groups")
        found = {
            kind: self.ask("POST", f"{ML}/{kind}/_search", {"query": {"match_all": {}}, "size": 500}) for kind in kinds
        }
        return {
            kind: sorted(hit["_source"]["name"] for hit in answer.json()["hits"]["hits"]) if answer.is_success else []
            for kind, answer in found.items()
        }

    def persistent(self) -> dict[str, object]:
        """The persistent settings."""
        return self.ask("GET", "/_cluster/settings?flat_settings=true").json()["persistent"]


@contextmanager
def serving(*options: str) -> Iterator[Served]:
    """`pytest-polarsearch serve` with these options, until the block ends."""
    process = subprocess.Popen([*COMMAND, "serve", *options], stdout=subprocess.PIPE, text=True)
    try:
        ready = json.loads(process.stdout.readline())
        account = options[options.index("--user") + 1].partition(":") if "--user" in options else None
        yield Served(**ready, auth=(account[0], account[2]) if account else None)
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Starts `serve` processes; they end with the test."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(serving(*options))


@pytest.fixture(scope="module")
def plain() -> Iterator[Served]:
    """A cluster and a service in a process of their own, without accounts."""
    with serving() as served:
        yield served


@pytest.fixture(scope="module")
def guarded() -> Iterator[Served]:
    """A cluster with https and accounts, and a service that takes one key."""
    with serving("--tls", "--user", ACCOUNT, "--reader", READER, "--api-key", PLAIN_KEY) as served:
        yield served


#: Only our plugin: what others that are installed here load on their own takes three times as long as the run.
ALONE = ("--disable-plugin-autoload", "-p", "polarsearch", "-p", "no:cacheprovider")


@pytest.fixture
def run(pytester) -> Callable[..., pytest.RunResult]:
    """Runs pytest with our plugin and no other in the test's empty folder."""

    def run(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_inprocess(*ALONE, *arguments)

    return run


def text_of(result: pytest.RunResult) -> str:
    """All that a run wrote."""
    return f"{result.stdout.str()}\n{result.stderr.str()}"
