"""Serves an imitation: routes to handlers, JSON in and out; a handler refuses by raising Refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from polarsearch_mock import Reply, Request, ThreadedServer

Json = Any
Handler = Callable[[dict[str, Json]], Json]
JSON = (("content-type", "application/json"),)


class Refused(Exception):
    """A refusal: its status, and the body and type of its answer."""

    def __init__(self, status: int, body: Json, content_type: str = "application/json") -> None:
        super().__init__(status)
        payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.reply = Reply(status, payload, (("content-type", content_type),))


class Dialect:
    """One server: `routes` by path, and `key` if one is needed."""

    routes: Mapping[str, Handler]
    key: str = ""

    def unread(self) -> Refused:
        """The refusal of a body that is no JSON."""
        raise NotImplementedError

    def missing(self) -> Refused:
        """The refusal of a path that is none."""
        return Refused(404, {"detail": "Not Found"})

    def unkeyed(self) -> Refused:
        """The refusal of a wrong key."""
        raise NotImplementedError

    def __call__(self, request: Request) -> Reply:
        try:
            found = self._answer(request)
        except Refused as refused:
            return refused.reply
        return found if isinstance(found, Reply) else Reply(200, json.dumps(found).encode(), JSON)

    def _answer(self, request: Request) -> Json:
        handler = self.routes.get(request.path)
        if handler is None:
            raise self.missing()
        if request.method != "POST":
            raise Refused(405, {"detail": "Method Not Allowed"})
        if self.key and request.header("authorization") != f"Bearer {self.key}":
            raise self.unkeyed()
        try:
            asked = json.loads(request.body)
        except ValueError:
            raise self.unread() from None
        return handler(asked)


@contextmanager
def served(dialect: Dialect) -> Iterator[str]:
    """The address under which an imitation listens."""
    server = ThreadedServer(dialect)
    server.start()
    try:
        yield server.url.removeprefix("http://")
    finally:
        server.stop()
