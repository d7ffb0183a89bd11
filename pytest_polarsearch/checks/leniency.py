"""Fields that clients send and a service need not know: ignored, or refused in words, and never its failure."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from .context import Context
from .contract import check, said
from .dialect import any_of, ask_rerank, one_choice, ranked, whole_or_refused
from .measures import rows

#: What clients send beside what is documented: of all chats, and of Qwen's own models.
UNKNOWN: dict[str, Any] = {"user": "conformance", "enable_thinking": False, "no_such_field": 1}


@check("chat.unknown-fields", killed_by=["dashscope.unknown-fields-break"])
def unknown_fields(ctx: Context) -> None:
    answer = ctx.ask_service("chat", **UNKNOWN)
    whole_or_refused(ctx, answer, 1, partial(one_choice, answer), ", ".join(UNKNOWN))


@check("embeddings.null-encoding", killed_by=["dashscope.null-encoding-breaks", "dashscope.any-encoding-taken"])
def null_encoding(ctx: Context) -> None:
    asked = {"model": ctx.profile.get("embedding", "model"), "input": ["hello world"], "encoding_format": None}
    answer = ctx.ask_service("embedding", raw=json.dumps(asked).encode())
    whole_or_refused(ctx, answer, 1, partial(rows, answer), "encoding_format null")


@check("reranking.top-n-of-nothing", killed_by=["dashscope.top-n-zero-answers-nothing", "dashscope.dropped-document"])
def top_n_of_nothing(ctx: Context) -> None:
    for nothing in (0, None):
        answer = ask_rerank(ctx, top_n=nothing)
        whole_or_refused(ctx, answer, 3, partial(ranked, ctx, answer), f"top_n {json.dumps(nothing)}")


@check("predict.charset-in-content-type", killed_by=["dashscope.charset-refused"])
def charset_in_content_type(ctx: Context) -> None:
    name = any_of(ctx)
    action = ctx.body(name)["actions"][0]
    action["headers"]["Content-Type"] = "application/json; charset=utf-8"
    answer = ctx.ml.predict(ctx.scratch_model(name, actions=[action]).model_id, ctx.sample(name))
    ctx.equal(answer.status, 200, said("leniency.charset-status"))
