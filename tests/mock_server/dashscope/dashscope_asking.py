"""Asks the DashScope mock without a socket: one call, its status and its JSON."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from polarsearch_mock.dashscope.service import DashScope
from polarsearch_mock.messages import Reply, Request

EMBED = "/compatible-mode/v1/embeddings"
CHAT = "/compatible-mode/v1/chat/completions"
FLAT = "/compatible-api/v1/reranks"
EMBED_NATIVE = "/api/v1/services/embeddings/text-embedding/text-embedding"
RERANK = "/api/v1/services/rerank/text-rerank/text-rerank"
GENERATE = "/api/v1/services/aigc/text-generation/generation"
MULTIMODAL = "/api/v1/services/aigc/multimodal-generation/generation"
TOKENIZER = "/api/v1/tokenizer"
KEY = (("authorization", "Bearer sk-test"),)
SSE = (*KEY, ("x-dashscope-sse", "enable"))


def post(service: DashScope, path: str, body: Any, headers: tuple[tuple[str, str], ...] = KEY) -> Reply:
    """The reply to one POST."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return service(Request("POST", path, "", headers, data))


def ask(service: DashScope, path: str, body: Any, headers: tuple[tuple[str, str], ...] = KEY) -> Any:
    """The JSON of a reply that must be a 200."""
    reply = post(service, path, body, headers)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def frames(reply: Reply) -> list[bytes]:
    """The chunks of a streamed reply."""

    async def collect() -> list[bytes]:
        assert reply.stream is not None
        return [chunk async for chunk in reply.stream]

    return asyncio.run(collect())


def user(text: str) -> list[dict[str, Any]]:
    """A conversation of one question."""
    return [{"role": "user", "content": text}]
