"""Cohere's second rerank: neither tokens nor model in the answer, errors with a message at the top
(docs.cohere.com "Rerank API (v2)")."""

from __future__ import annotations

from typing import Any

from .meaning import score
from .serving import Dialect, Refused

Json = Any
MODEL = "rerank-v3.5"
META = {"api_version": {"version": "2", "is_experimental": False}, "billed_units": {"search_units": 1}}


class Cohere(Dialect):
    """`api.cohere.com/v2/rerank` for one key."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.routes = {"/v2/rerank": self.rerank}

    def unread(self) -> Refused:
        """The vendor's envelope."""
        return Refused(400, {"message": "invalid request: cannot parse body as JSON"})

    def unkeyed(self) -> Refused:
        """The vendor's envelope."""
        return Refused(401, {"message": "invalid api token"})

    def missing(self) -> Refused:
        """The vendor's envelope."""
        return Refused(404, {"message": "page not found"})

    def rerank(self, asked: dict[str, Json]) -> Json:
        """`/v2/rerank`: indexes and scores, best first."""
        if "model" not in asked:
            raise Refused(400, {"message": "invalid request: model is required"})
        if asked["model"] != MODEL:
            raise Refused(404, {"message": f"model '{asked['model']}' not found"})
        if not asked["documents"]:
            raise Refused(400, {"message": "invalid request: list of documents must not be empty"})
        results = [
            {"index": i, "relevance_score": score(asked["query"], one)} for i, one in enumerate(asked["documents"])
        ]
        results.sort(key=lambda one: -one["relevance_score"])
        return {"id": "07734bd2", "results": results[: asked.get("top_n") or None], "meta": META}
