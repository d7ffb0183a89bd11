"""What a model service offers beside what its vendor declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .context import Context, Exchange
from .contract import check, said
from .tools import QUESTION, TOOL, TOOL_CHOICE

Json = Any

#: Routes of the vendors that are known -> the blueprint with which one is asked.
WELL_KNOWN = {
    "/compatible-mode/v1/embeddings": "embedding",
    "/compatible-mode/v1/chat/completions": "chat",
    "/api/v1/services/rerank/text-rerank/text-rerank": "rerank",
    "/compatible-api/v1/reranks": "rerank.flat",
    "/v1/embeddings": "embedding",
    "/v1/chat/completions": "chat",
    "/v1/rerank": "rerank.flat",
    "/v2/rerank": "rerank.flat",
    "/rerank": "rerank.flat",
}
#: Where an answer of each kind has what it is asked for.
CONTENT: dict[str, tuple[str | int, ...]] = {
    "embedding": ("data", 0, "embedding"),
    "chat": ("choices", 0, "message"),
    "rerank": ("output", "results", 0, "index"),
    "rerank.flat": ("results", 0, "index"),
}


@dataclass(frozen=True)
class Extra:
    """What a route may offer: how it is asked for, and where an answer shows it (`stream`: by its type)."""

    name: str
    asked: Mapping[str, Json]
    shown: tuple[str | int, ...]
    kind: type = object


#: Capability -> the extra.
EXTRAS: Mapping[str, Extra] = {
    "embedding.base64": Extra("embedding", {"encoding_format": "base64"}, ("data", 0, "embedding"), str),
    "rerank.return-documents": Extra("rerank.flat", {"return_documents": True}, ("results", 0, "document")),
    "chat.tools": Extra(
        "chat", {"messages": [QUESTION], "tools": [TOOL], "tool_choice": TOOL_CHOICE},
        ("choices", 0, "message", "tool_calls", 0), dict,
    ),
    "chat.stream": Extra("chat", {"stream": True}, ()),
}  # fmt: skip


def _note_extras(ctx: Context) -> None:
    """Say what declared routes offer beside what is declared of them."""
    for capability, extra in EXTRAS.items():
        if ctx.offers(capability) or extra.name not in ctx.profile.offered:
            continue
        answer = ctx.ask_service(extra.name, **extra.asked)
        if answer.ok and _shows(answer, extra):
            ctx.note(said("profile.extra", extra=capability, profile=ctx.profile.name))


def _shows(answer: Exchange, extra: Extra) -> bool:
    if not extra.shown:
        return answer.content_type == "text/event-stream"
    found = answer.get(*extra.shown)
    return found is not None and isinstance(found, extra.kind)


@check("profile.undeclared-routes", killed_by=["dashscope.any-path-taken", "dashscope.nonsense-taken"])
def undeclared_routes(ctx: Context) -> None:
    hollow = []
    for path, name in WELL_KNOWN.items():
        if path in ctx.profile.paths:
            continue
        answer = ctx.ask_service(name, path=path)
        if answer.ok and answer.get(*CONTENT[name]) is None:
            hollow.append(path)
        elif answer.ok:
            ctx.note(said("profile.undeclared", path=path, profile=ctx.profile.name))
    ctx.equal(hollow, [], said("profile.hollow"))
    _note_extras(ctx)
