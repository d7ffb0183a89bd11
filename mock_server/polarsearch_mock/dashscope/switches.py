"""The open points of the service's description, each a switch with the default we chose (dashscope.md §15, §16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Switches:
    """How the mock behaves where sources disagree or say nothing. Give only what should differ from the default."""

    #: An embedding text over the limit: refused (six projects report it) or cut (the FAQ says so).
    long_text: Literal["refuse", "truncate"] = "refuse"
    #: An unknown path: zero bytes (observed) or the error page's `NotFound` as JSON.
    unknown_path: Literal["empty", "json"] = "empty"
    #: Routes that serve qwen3-rerank: the newest page says compat, the guide and captures also native.
    qwen3_rerank_routes: Literal["both", "compat", "native"] = "both"
    #: The native rerank route also takes query and documents beside `model`, without `input`.
    flat_native_rerank: bool = False
    #: `encoding_format` "base64": the server takes it, the documentation knows "float" only.
    base64: bool = True
    #: text-embedding-v3 has six sizes in cn-beijing and three elsewhere.
    region: Literal["cn-beijing", "ap-southeast-1"] = "cn-beijing"
    #: Most tokens of one rerank request, today's page 120 000, an older one 30 000.
    rerank_request_tokens: int = 120_000
    #: The native answer to an unknown model: 400 `Model not exist.` or 404 `ModelNotFound`.
    native_unknown_model: Literal["not-exist", "not-found"] = "not-exist"
    #: The native answer to a missing key: both sentences are documented or seen.
    native_missing_key: Literal["no-key", "invalid-key"] = "no-key"
    #: `return_documents` on the compatible rerank route: undocumented, honoured in captures.
    compat_return_documents: bool = True
    #: `top_n` 0 or null: every result, or a refusal.
    top_n_zero: Literal["all", "refuse"] = "all"
    #: `document` where it was not asked for: the key is missing (documentation) or null.
    absent_document: Literal["absent", "null"] = "absent"
    #: Pure `sparse` output: the `embedding` key is missing or null.
    sparse_only_embedding: Literal["absent", "null"] = "absent"
    #: Rerank scores of 19 or 20 characters, as the service gives them; ML Commons breaks on those.
    long_score_literals: bool = False
    #: Scores move by up to 0.02 from call to call, as the service's do.
    score_jitter: bool = False
    #: A tool call ends native answers with "tool_calls" (documentation) or "stop" (a recording of 2024).
    native_tool_finish: Literal["tool_calls", "stop"] = "tool_calls"
    #: Most bytes of a request body; more is `BadRequest.TooLarge`.
    body_limit: int = 6 * 1024 * 1024
    #: The status of `BadRequest.TooLarge` on the compatible routes (unknown: 413 or 400).
    compat_too_large_status: int = 413
