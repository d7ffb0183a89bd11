"""The neighbours of the model routes: the list of models and the tokenizer (dashscope.md §7.4, §8.4)."""

from __future__ import annotations

import zlib
from typing import Any

from ..messages import Reply
from . import tokens
from .answers import text_of
from .call import Call, render
from .errors import Refusal
from .models import MODELS

_SINCE = 1_700_000_000  # `created` of every model: a fixed day, so that two lists are equal
_VOCABULARY = 151_643  # Qwen's


def models() -> bytes:
    """`GET /compatible-mode/v1/models`: what the compatible routes serve."""
    rows = [
        {"id": model.name, "object": "model", "created": _SINCE, "owned_by": model.owner}
        for model in MODELS.values()
        if model.compat
    ]
    return render({"object": "list", "data": rows})


def check(call: Call) -> None:
    """Nothing of the tokenizer is refused before the algorithm."""


def tokenize(call: Call) -> Reply:
    """`POST /api/v1/tokenizer`: the tokens of a prompt or of messages, numbered by their spelling."""
    given = call.input
    prompt, messages = given.get("prompt"), given.get("messages")
    if isinstance(messages, list):
        prompt = "\n".join(text_of(one.get("content")) for one in messages if isinstance(one, dict))
    if not isinstance(prompt, str):
        raise Refusal("prompt-or-messages")
    if len(prompt) > call.model.tokens and tokens.count(prompt) > call.model.tokens:
        raise Refusal("chat-input-length", limit=call.model.tokens)
    found = tokens.split(prompt)
    ids = [zlib.crc32(token.encode("utf-8", "surrogatepass")) % _VOCABULARY for token in found]
    value: dict[str, Any] = {"output": {"token_ids": ids, "tokens": found}, "usage": {"input_tokens": len(found)}}
    return call.reply({**value, "request_id": call.request_id})
