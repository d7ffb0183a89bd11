"""Which path is answered by whom: one row a route; any other path does not exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from ..messages import Reply
from . import catalogue, chat, embeddings, generation, native_embeddings, rerank
from .call import Call
from .models import Kind

Envelope = Literal["native", "compat"]


class Route(NamedTuple):
    """One route: the gateway's `check` before quotas, the `handler` after them, and the model kinds it takes."""

    name: str
    methods: tuple[str, ...]
    handler: Callable[[Call], Reply] | None
    envelope: Envelope
    kinds: tuple[Kind, ...] = ()
    check: Callable[[Call], None] | None = None
    streams: bool = False  # answers and refusals are events where a native request asks for them


def _post(
    name: str,
    envelope: Envelope,
    kinds: tuple[Kind, ...],
    check: Callable[[Call], None],
    handler: Callable[[Call], Reply],
    *,
    streams: bool = False,
) -> Route:
    return Route(name, ("POST",), handler, envelope, kinds, check, streams)


_SERVICES = "/api/v1/services"

ROUTES: dict[str, Route] = {
    "/compatible-mode/v1/embeddings": _post("embedding", "compat", ("embedding",), embeddings.check, embeddings.create),
    "/compatible-mode/v1/chat/completions": _post("chat", "compat", ("chat", "multimodal"), chat.check, chat.create),
    "/compatible-api/v1/reranks": _post("rerank.flat", "compat", ("rerank",), rerank.check, rerank.create_flat),
    f"{_SERVICES}/embeddings/text-embedding/text-embedding": _post(
        "embedding.native",
        "native",
        ("embedding", "embedding-async"),
        native_embeddings.check,
        native_embeddings.create,
    ),
    f"{_SERVICES}/rerank/text-rerank/text-rerank": _post("rerank", "native", ("rerank",), rerank.check, rerank.create),
    f"{_SERVICES}/aigc/text-generation/generation": _post(
        "generation", "native", ("chat",), generation.check, generation.create, streams=True
    ),
    f"{_SERVICES}/aigc/multimodal-generation/generation": _post(
        "generation.multimodal", "native", ("multimodal",), generation.check, generation.create, streams=True
    ),
    "/api/v1/tokenizer": _post("tokenizer", "native", ("chat", "multimodal"), catalogue.check, catalogue.tokenize),
    "/compatible-mode/v1/models": Route("models", ("GET",), None, "compat"),
}

#: Polling an embedding task; its path ends with the task's id.
TASKS = Route("tasks", ("GET",), None, "native")


def route_of(path: str) -> Route | None:
    """The route of a path, or None where the service knows none."""
    found = ROUTES.get(path)
    if found is None and path.startswith("/api/v1/tasks/") and "/" not in path[14:] and path[14:]:
        return TASKS
    return found
