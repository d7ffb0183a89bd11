"""Where runs are killed: a cluster in this process that counts requests and sends a signal at the one that is meant."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polarsearch_mock import Emulator, Reply, Request, ThreadedServer

from pytest_polarsearch.blueprints import CHAT, Endpoint
from pytest_polarsearch.client import Client
from pytest_polarsearch.provision.cluster_settings import PRIVATE_IP, TRUSTED
from pytest_polarsearch.provision.lifecycle import Provisioner
from pytest_polarsearch.provision.naming import new_run_id
from pytest_polarsearch.verbs import MlCommons

STRANGER = Endpoint("http", "127.0.0.1:9")
ROOT = Path(__file__).parents[2]
#: How the cluster's settings stand before a run comes.
BEFORE: dict[str, dict[str, Any]] = {
    "nothing set": {},
    "others trusted": {"persistent": {TRUSTED: ["^http://127.0.0.1:9/.*$"], PRIVATE_IP: "true"}},
    "transient": {
        "persistent": {TRUSTED: ["^http://kept.example/.*$"]},
        "transient": {TRUSTED: ["^http://127.0.0.1:9/.*$"], PRIVATE_IP: "false"},
    },
}


@dataclass(frozen=True)
class Blow:
    """A signal at the n-th request: before the cluster has read it, or when it has done it and not yet answered."""

    at: int
    signal: int = signal.SIGKILL
    done: bool = False


class Unmarked:
    """Names without a mark: a stranger's."""

    run = "stranger"

    def marked(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return dict(body)


class NoNotes:
    """A stranger keeps no journal."""

    def write(self, event: str, **what: Any) -> None:
        pass


class Stage:
    """One cluster with a stranger's resources on it, and the process that forks the runs."""

    def __init__(self, zygote: subprocess.Popen[str], engine: str, before: Mapping[str, Any]) -> None:
        self._zygote, self._before = zygote, before
        self.emulator = Emulator(engine)
        self._server = ThreadedServer(self._answer, closing=self.emulator.close)
        self._blows: tuple[Blow, ...] = ()
        self._known, self._pid, self.requests = threading.Event(), 0, 0

    @contextmanager
    def open(self) -> Iterator[Stage]:
        """The cluster answers inside."""
        with self._server:
            client = Client(self._server.url, timeout=10)
            self.ml = MlCommons(client)
            try:
                self._settle_stranger()
                yield self
            finally:
                client.close()

    def _settle_stranger(self) -> None:
        self.ml.change_settings(persistent={TRUSTED: ["^http://127.0.0.1:9/.*$"], PRIVATE_IP: True})
        Provisioner(self.ml, Unmarked(), NoNotes(), 10).model(CHAT, STRANGER)
        self.ml.create_connector(CHAT.connector(STRANGER, name="x (pytest-polarsearch run of a colleague)"))
        self.ml.change_settings(persistent={TRUSTED: None, PRIVATE_IP: None})
        for scope, values in self._before.items():
            self.ml.change_settings(**{scope: values})

    def inventory(self) -> dict[str, Any]:
        """All that is on the cluster: documents of every kind, tasks too, and the settings."""
        indices = self.emulator.store.indices.items()
        documents = {name: {one.id: one.source for one in index.documents.values()} for name, index in indices}
        return copy.deepcopy({**documents, **self.emulator.settings.stored})

    async def _answer(self, request: Request) -> Reply:
        self.requests += 1
        number = self.requests
        for blow in self._blows:
            if blow.at == number and not blow.done:
                self._strike(blow)
                if blow.signal != signal.SIGINT:
                    return Reply(503)
        reply = await self.emulator(request)
        for blow in self._blows:
            if blow.at == number and blow.done:
                self._strike(blow)
        return reply

    def _strike(self, blow: Blow) -> None:
        self._known.wait(10)
        try:
            os.kill(self._pid, blow.signal)
        except ProcessLookupError:
            return  # it has ended by itself

    def run(self, journal: Path, *blows: Blow, role: str = "single", leave_at: int = 0) -> str:
        """One run under these blows, up to its end; gives its id. `requests` is how many it made."""
        self._known.clear()
        self.requests, self._blows = 0, blows
        run = new_run_id()
        order = {"role": role, "host": self._server.url, "run": run, "journal": str(journal)}
        self._zygote.stdin.write(json.dumps({**order, "leave_at": leave_at}) + "\n")
        self._zygote.stdin.flush()
        self._pid = json.loads(self._zygote.stdout.readline())["pid"]
        self._known.set()
        self.status = json.loads(self._zygote.stdout.readline())["status"]
        self._blows = ()
        return run


@contextmanager
def forking() -> Iterator[subprocess.Popen[str]]:
    """The process that forks runs; it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.zygote"], cwd=ROOT, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, env={**os.environ, "NO_PROXY": "*"},
    )  # fmt: skip
    with process:
        yield process
        process.stdin.close()
