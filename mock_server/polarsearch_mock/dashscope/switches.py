"""The open points of the service's description, each a switch with the default we chose (dashscope.md §15, §16)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal


def _open(*, default: object, about: str) -> Any:
    """A switch: its default, and the point it decides."""
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True, slots=True)
class Switches:
    """How the mock behaves where sources disagree or say nothing. Give only what should differ from the default.

    What each switch decides is in its `about`; `switch_table_markdown` lists them all.
    """

    long_text: Literal["refuse", "truncate"] = _open(
        default="refuse",
        about="an embedding text over the limit: refused (six projects report it) or cut (the FAQ says so)",
    )
    unknown_path: Literal["empty", "json"] = _open(
        default="empty", about="an unknown path: a 404 of zero bytes (observed) or the error page's `NotFound` as JSON"
    )
    qwen3_rerank_routes: Literal["both", "compat", "native"] = _open(
        default="both",
        about="routes that serve qwen3-rerank: the newest page says compatible only, guide and captures also native",
    )
    flat_native_rerank: bool = _open(
        default=False, about="the native rerank route also takes query and documents beside `model`, without `input`"
    )
    base64: bool = _open(
        default=True, about='`encoding_format` "base64": the server takes it, the documentation knows "float" only'
    )
    region: Literal["cn-beijing", "ap-southeast-1"] = _open(
        default="cn-beijing",
        about="text-embedding-v3 has six sizes in cn-beijing, three elsewhere; help links lead to the own site",
    )
    rerank_request_tokens: int = _open(
        default=120_000, about="most tokens of one rerank request: 120,000 on today's page, 30,000 on an older one"
    )
    native_unknown_model: Literal["not-exist", "not-found"] = _open(
        default="not-exist",
        about="the native answer to an unknown model: 400 `Model not exist.` or 404 `ModelNotFound`",
    )
    native_missing_key: Literal["no-key", "invalid-key"] = _open(
        default="no-key", about="the native answer to a missing key: both sentences are documented or seen"
    )
    compat_return_documents: bool = _open(
        default=True, about="`return_documents` on the compatible rerank route: undocumented, honoured in captures"
    )
    top_n_zero: Literal["all", "refuse"] = _open(default="all", about="`top_n` 0: every result, or a refusal")
    absent_document: Literal["absent", "null"] = _open(
        default="absent", about="`document` where it was not asked for: no such key (documentation) or null"
    )
    sparse_only_embedding: Literal["absent", "null"] = _open(
        default="absent", about="pure `sparse` output: no `embedding` key, or null"
    )
    dimension_path: bool = _open(
        default=False,
        about="the refusal of a size ends with `: parameters.dimension`, as other refusals name their field",
    )
    renormalise: bool = _open(
        default=True, about="a vector of a smaller size has length 1 again, or is the bare beginning"
    )
    retry_after: int | None = _open(
        default=None,
        about="seconds in a `retry-after` header of every 429: none was ever seen, clients would honour it",
    )
    long_score_literals: bool = _open(
        default=False,
        about="rerank scores have up to 20 characters, as the service's; ML Commons breaks on more than 18",
    )
    score_jitter: bool = _open(
        default=False, about="rerank scores move by up to 0.02 from call to call, as the service's do"
    )
    native_tool_finish: Literal["tool_calls", "stop"] = _open(
        default="tool_calls",
        about='a tool call ends native answers with "tool_calls" (documentation) or "stop" (seen in 2024)',
    )
    body_limit: int = _open(
        default=6 * 1024 * 1024, about="most bytes of a request body; more is `BadRequest.TooLarge`"
    )
    compat_too_large_status: int = _open(
        default=413, about="the status of `BadRequest.TooLarge` on the compatible routes: 413 or 400"
    )


def switch_table_markdown() -> str:
    """The table of every switch, for the documentation: name, default, the point it decides."""
    rows = [f"| `{one.name}` | `{one.default!r}` | {one.metadata['about']} |" for one in fields(Switches)]
    return "\n".join(["| switch | default | what it decides |", "| --- | --- | --- |", *rows]) + "\n"
