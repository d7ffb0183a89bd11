"""Event streams byte for byte: the compatible frames and the native ones (dashscope.md §7.3, §8.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import tokens
from .answers import Answer
from .call import render

DONE = b"data: [DONE]\n\n"


def compatible(head: dict[str, Any], found: list[Answer], used: dict[str, Any] | None) -> Iterator[bytes]:
    """The chunks of a chat stream: role, deltas, finish, usage where asked for, `[DONE]`."""
    for index, one in enumerate(found):
        for delta, finish in _deltas(one):
            choice = {"delta": delta, "index": index, "logprobs": None, "finish_reason": finish}
            yield _chunk(head, [choice], None)
    if used is not None:
        yield _chunk(head, [], used)
    yield DONE


def _chunk(head: dict[str, Any], choices: list[Any], used: dict[str, Any] | None) -> bytes:
    value = {
        "choices": choices,
        "object": "chat.completion.chunk",
        "usage": used,
        "created": head["created"],
        "system_fingerprint": None,
        "model": head["model"],
        "id": head["id"],
    }
    return b"data: " + render(value) + b"\n\n"


def _deltas(one: Answer) -> Iterator[tuple[dict[str, Any], str | None]]:
    thinks = one.reasoning is not None
    first: dict[str, Any] = {"content": None if thinks else "", "role": "assistant"}
    yield {**first, "reasoning_content": ""} if thinks else first, None
    for piece in tokens.split(one.reasoning or ""):
        yield {"content": None, "reasoning_content": piece}, None
    for piece in tokens.split(one.content):
        yield {"content": piece, "reasoning_content": None} if thinks else {"content": piece}, None
    for call in one.tool_calls:
        yield from ((delta, None) for delta in _tool_deltas(call))
    yield {"content": "", "reasoning_content": None} if thinks else {"content": ""}, one.finish


def _tool_deltas(call: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The first carries id and name, the later ones an empty id and pieces of the arguments."""
    name = {"name": call["function"]["name"], "arguments": ""}
    yield {"content": None, "tool_calls": [{**call, "function": name}]}
    for piece in tokens.split(call["function"]["arguments"]):
        part = {"id": "", "type": "function", "index": call["index"], "function": {"arguments": piece}}
        yield {"content": None, "tool_calls": [part]}


def native(number: int, value: dict[str, Any]) -> bytes:
    """One native event, without a space after its colons."""
    return b"id:%d\nevent:result\n:HTTP_STATUS/200\ndata:%b\n\n" % (number, render(value))
