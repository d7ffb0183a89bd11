"""Text Embeddings Inference: a bare list with `score` for rerank, errors at the top with a number for code, no id, the
request's model ignored, JSON mistakes in plain text (router/src/http/{types,server}.rs; PR#301, PR#797)."""

from __future__ import annotations

from typing import Any

from .meaning import as_text, packed, score, vector
from .serving import Dialect, Refused

Json = Any
SERVED, MOST = "text-embeddings-inference", 32


def _of_openai(status: int, message: str, kind: str) -> Refused:
    return Refused(status, {"message": message, "code": status, "type": kind})


class Tei(Dialect):
    """`text-embeddings-router` with an embedding and a rerank model on one port."""

    def __init__(self) -> None:
        self.routes = {"/v1/embeddings": self.embed, "/rerank": self.rerank}

    def unread(self) -> Refused:
        """axum's own refusal: plain text."""
        return Refused(400, "Failed to parse the request body as JSON: EOF while parsing", "text/plain; charset=utf-8")

    def missing(self) -> Refused:
        """axum's: nothing."""
        return Refused(404, "", "text/plain")

    def embed(self, asked: dict[str, Json]) -> Json:
        """`/v1/embeddings`: whatever model was named, the served one answers."""
        form = asked.get("encoding_format", "float")
        if form not in ("float", "base64"):
            raise Refused(422, f"unknown variant `{form}`, expected `float` or `base64`", "text/plain; charset=utf-8")
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        if not texts or not all(texts):
            raise _of_openai(400, "`input` cannot be empty", "empty")
        if len(texts) > MOST:
            raise _of_openai(422, f"batch size {len(texts)} > maximum allowed batch size {MOST}", "validation")
        wrap = packed if form == "base64" else list
        rows = [
            {"object": "embedding", "embedding": wrap(vector(as_text(one))), "index": i} for i, one in enumerate(texts)
        ]
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        return {"object": "list", "data": rows, "model": SERVED, "usage": usage}

    def rerank(self, asked: dict[str, Json]) -> Json:
        """`/rerank`: `texts` in, a bare list out."""
        if not asked["texts"]:
            raise Refused(400, {"error": "`texts` cannot be empty", "error_type": "empty"})
        ranks = [{"index": i, "score": score(asked["query"], one)} for i, one in enumerate(asked["texts"])]
        return sorted(ranks, key=lambda one: -one["score"])
