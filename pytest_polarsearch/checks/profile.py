"""What a model service offers beside what its vendor declares."""

from __future__ import annotations

from .context import Context
from .contract import check, said

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
