"""vLLM: OpenAI's routes, a Jina-like rerank that always answers the documents, `error.code` a number
(vllm/entrypoints/pooling/scoring/protocol.py, vllm-project/vllm PR#12376, PR#22099, PR#5935)."""

from __future__ import annotations

import json
from typing import Any

from polarsearch_mock import Reply

from .meaning import as_text, packed, score, vector
from .serving import Dialect, Refused

Json = Any
EMBEDDER, RERANKER, TALKER = "Qwen/Qwen3-Embedding-0.6B", "BAAI/bge-reranker-v2-m3", "Qwen/Qwen2.5-0.5B-Instruct"
TEXT = "PolarSearch is a search engine."


def refused(status: int, message: str, kind: str = "BadRequestError") -> Refused:
    """The nested error of newer versions."""
    return Refused(status, {"error": {"message": message, "type": kind, "param": None, "code": status}})


def bad_request(message: str) -> Refused:
    """A refusal with 400."""
    return refused(400, message)


class Vllm(Dialect):
    """`vllm serve`, one port for three models."""

    def __init__(self) -> None:
        self.routes = {
            "/v1/embeddings": self.embed,
            "/rerank": self.rerank,
            "/v1/rerank": self.rerank,
            "/v2/rerank": self.rerank,
            "/v1/chat/completions": self.chat,
        }

    def unread(self) -> Refused:
        """FastAPI's validation in vLLM's envelope."""
        return bad_request("[{'type': 'json_invalid', 'msg': 'JSON decode error'}]")

    def _model(self, asked: dict[str, Json], known: str) -> str:
        model = asked.get("model", "")
        if "model" not in asked:
            raise bad_request("[{'type': 'missing', 'loc': ('body', 'model'), 'msg': 'Field required'}]")
        if model != known:
            raise refused(404, f"The model `{model}` does not exist.", "NotFoundError")
        return known

    def embed(self, asked: dict[str, Json]) -> Json:
        """`/v1/embeddings`: base64 too, no sizes."""
        model = self._model(asked, EMBEDDER)
        if asked.get("dimensions"):
            raise bad_request(f'Model "{model}" does not support matryoshka representation, changing output dimensions')
        if asked.get("encoding_format", "float") not in ("float", "base64"):
            raise bad_request("encoding_format: Input should be 'float' or 'base64'")
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        if not texts or not all(texts):
            raise bad_request("The prompt cannot be empty")
        wrap = packed if asked.get("encoding_format") == "base64" else list
        rows = [
            {"object": "embedding", "index": i, "embedding": wrap(vector(as_text(one)))} for i, one in enumerate(texts)
        ]
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts), "completion_tokens": 0}
        return {"id": "embd-1", "object": "list", "created": 1, "model": model, "data": rows, "usage": usage}

    def rerank(self, asked: dict[str, Json]) -> Json:
        """`/v1/rerank`: the document always comes back, `top_n` 0 means all."""
        model, query, documents = self._model(asked, RERANKER), asked["query"], asked["documents"]
        if not documents:
            raise bad_request("documents: List should have at least 1 item")
        results = [
            {"index": i, "document": {"text": one, "multi_modal": None}, "relevance_score": score(query, one)}
            for i, one in enumerate(documents)
        ]
        results.sort(key=lambda one: -one["relevance_score"])
        usage = {"prompt_tokens": 9, "total_tokens": 9}
        return {"id": "rerank-1", "model": model, "usage": usage, "results": results[: asked.get("top_n") or None]}

    def chat(self, asked: dict[str, Json]) -> Json:
        """`/v1/chat/completions`, whole and streamed."""
        model = self._model(asked, TALKER)
        if not asked.get("messages"):
            raise bad_request("messages: List should have at least 1 item")
        if not 0 <= asked.get("temperature", 1) <= 2:
            raise bad_request("temperature must be in [0, 2]")
        head = {"id": "chatcmpl-1", "created": 1, "model": model}
        called = asked.get("tool_choice") if isinstance(asked.get("tool_choice"), dict) else None
        if asked.get("stream"):
            return _streamed(head, _call_pieces(called) if called else TEXT_PIECES)
        said = {"content": None, "tool_calls": [_call(called)]} if called else {"content": TEXT}
        choice = {"index": 0, "message": {"role": "assistant", **said}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        return {**head, "object": "chat.completion", "choices": [choice], "usage": usage}


TEXT_PIECES: tuple[Json, ...] = ({"content": TEXT[:9]}, {"content": TEXT[9:]})


def _call(choice: dict[str, Json], arguments: str = '{"city": "Hangzhou"}') -> Json:
    function = {"name": choice["function"]["name"], "arguments": arguments}
    return {"id": "chatcmpl-tool-1", "type": "function", "function": function}


def _call_pieces(choice: dict[str, Json]) -> tuple[Json, ...]:
    """The name once, the arguments in two pieces, as guided decoding gives them."""
    rest = {"index": 0, "function": {"arguments": '"Hangzhou"}'}}
    return ({"tool_calls": [{"index": 0, **_call(choice, '{"city": ')}]}, {"tool_calls": [rest]})


def _streamed(head: dict[str, Json], pieces: tuple[Json, ...]) -> Reply:
    deltas = ({"role": "assistant", "content": ""}, *pieces, {})
    chunks = [
        {**head, "object": "chat.completion.chunk",
         "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}]}
        for delta in deltas
    ]  # fmt: skip
    text = "".join(f"data: {one}\n\n" for one in (*map(json.dumps, chunks), "[DONE]"))
    return Reply(200, text.encode(), (("content-type", "text/event-stream; charset=utf-8"),))
