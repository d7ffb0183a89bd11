"""Ids of another form: a connector's id as the client knows it in place of the cluster's own, both ways, for good."""

from __future__ import annotations

import json
from collections.abc import Callable

from ..messages import Reply, Request
from ..mlcommons.fault_places import CREATE, OTHER_IDS_SIZE
from ..mlcommons.state import new_id


class Aliases:
    """Gives new connectors another id where `wanted` says so; what was given stays, so that all can be removed."""

    def __init__(self, wanted: Callable[[], bool]) -> None:
        self._wanted = wanted
        #: alias -> the cluster's id
        self._known: dict[bytes, bytes] = {}

    def inward(self, request: Request) -> Request:
        """The request with the cluster's ids."""
        if not self._known:
            return request
        path = self._replaced(request.path.encode("latin-1"), outward=False).decode("latin-1")
        return request._replace(path=path, body=self._replaced(request.body, outward=False))

    def outward(self, request: Request, reply: Reply) -> Reply:
        """The answer with the client's ids."""
        if reply.status == 200 and request.path == CREATE and request.method == "POST" and self._wanted():
            self._note(reply.body)
        if not self._known or reply.stream is not None:
            return reply
        return Reply(reply.status, self._replaced(reply.body, outward=True), reply.headers, abort=reply.abort)

    def _note(self, body: bytes) -> None:
        try:
            found = json.loads(body).get("connector_id")
        except (ValueError, AttributeError):
            return
        if isinstance(found, str) and found:
            self._known[new_id(OTHER_IDS_SIZE).encode()] = found.encode()

    def _replaced(self, text: bytes, *, outward: bool) -> bytes:
        for alias, own in self._known.items():
            text = text.replace(own, alias) if outward else text.replace(alias, own)
        return text
