"""LocalAI's rerank: `top_n` ignored, unsorted, raw logits, no id, the error a text (core/schema/jina.go,
core/http/endpoints/jina/rerank.go; mudler/LocalAI#6700, #7189)."""

from __future__ import annotations

from typing import Any

from .meaning import logit
from .serving import Dialect, Refused

Json = Any
MODEL = "jina-reranker-v1-base-en"


class LocalAi(Dialect):
    """`local-ai` with one reranker."""

    def __init__(self) -> None:
        self.routes = {"/v1/rerank": self.rerank}

    def unread(self) -> Refused:
        """What the endpoint says itself."""
        return Refused(400, {"error": "Cannot parse JSON"})

    def rerank(self, asked: dict[str, Json]) -> Json:
        """`/v1/rerank`: in the order of the documents, all of them."""
        if asked.get("model") != MODEL:
            raise Refused(404, {"error": "model not found"})
        if not asked["documents"]:
            raise Refused(400, {"error": "no documents"})
        results = [
            {"index": i, "document": {"text": one}, "relevance_score": logit(asked["query"], one)}
            for i, one in enumerate(asked["documents"])
        ]
        return {"model": MODEL, "usage": {"total_tokens": 9, "prompt_tokens": 9}, "results": results}
