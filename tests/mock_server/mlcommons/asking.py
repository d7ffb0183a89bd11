"""Asking an emulator without a socket in between, and a model service on loopback for it to call."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

from polarsearch_mock.messages import Reply, Request
from polarsearch_mock.mlcommons.app import Emulator

ML = "/_plugins/_ml"
OPEN = {
    "persistent": {
        "plugins.ml_commons.connector.private_ip_enabled": True,
        "plugins.ml_commons.trusted_connector_endpoints_regex": [r"^http://127\.0\.0\.1:[0-9]+/.*$"],
    }
}


class Answer(NamedTuple):
    """One answer."""

    status: int
    body: Any
    headers: dict[str, str]


def echo(_: Request) -> Reply:
    """A model service that says yes to everything."""
    return Reply(200, b'{"ok": true}', (("content-type", "application/json"),))


class Asking:
    """One emulator and the loop it runs in."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._loop = asyncio.new_event_loop()

    def raw(self, request: Request) -> Reply:
        """The reply to a whole request."""
        return self._loop.run_until_complete(asyncio.wait_for(self.emulator(request), 20))

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One call with a JSON body; the path may carry a query."""
        path, _, query = path.partition("?")
        sent = {"content-type": "application/json"} if body is not None else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = self.raw(Request(method, path, query, tuple(sent.items()), content))
        try:
            parsed = json.loads(reply.body)
        except ValueError:
            parsed = reply.body.decode()
        return Answer(reply.status, parsed, {name.lower(): value for name, value in reply.headers})

    def connector(self, endpoint: str, **changes: Any) -> str:
        """Creates a connector to `endpoint`; its id."""
        action = {"action_type": "predict", "method": "POST", "url": f"http://{endpoint}/echo", "request_body": "{}"}
        body = {"name": "echo", "version": "1", "protocol": "http", "credential": {"k": "v"}, "actions": [action]}
        answer = self("POST", f"{ML}/connectors/_create", {**body, **changes})
        assert answer.status == 200, answer
        return answer.body["connector_id"]

    def model(self, connector: str, **changes: Any) -> str:
        """Registers a model over a connector; its id."""
        body = {"name": "a model", "function_name": "remote", "connector_id": connector, **changes}
        answer = self("POST", f"{ML}/models/_register", body)
        assert answer.status == 200, answer
        return answer.body["model_id"]

    def close(self) -> None:
        """Ends the emulator and the loop."""
        self._loop.run_until_complete(self.emulator.close())
        self._loop.close()
