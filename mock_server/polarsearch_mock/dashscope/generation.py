"""Native generation, whole and streamed, of text models and of multimodal ones for text (dashscope.md §8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..messages import Reply
from . import chat, chat_rules, streaming, tokens
from .answers import Answer, Ask
from .call import Call
from .errors import Refusal


def check(call: Call) -> None:
    """Nothing of these routes is refused before the algorithm."""


def create(call: Call) -> Reply:
    """`POST /api/v1/services/aigc/text-generation/generation` and its multimodal twin."""
    options = call.parameters
    messages = _messages(call.input)
    chat_rules.check_options(call.model, options, stream=call.sse)
    thinks = chat_rules.thinks(call.model, options)
    incremental = options.get("incremental_output") is True
    if options.get("enable_thinking") is True and call.sse and thinks and not incremental:
        raise Refusal("incremental-output")
    prompt = chat_rules.check_messages(call.model, messages, options)
    one = chat.said(call, Ask(messages, options, thinks, call.state.meaning.measure))
    if one.tool_calls and not one.scripted:
        one = replace(one, finish=call.state.switches.native_tool_finish)
    if call.sse:
        return call.events(_frames(call, one, prompt, incremental=incremental))
    text, thoughts = chat.answer_tokens(one)
    return call.reply(_body(call, one, one.finish, prompt, text + thoughts))


def _messages(given: dict[str, Any]) -> list[Any]:
    messages, prompt = given.get("messages"), given.get("prompt")
    if messages is None and prompt is None:
        raise Refusal("prompt-or-messages")
    if messages is None:
        if not isinstance(prompt, str):
            raise Refusal("content-string")
        return [{"role": "user", "content": prompt}]
    if not isinstance(messages, list) or not messages:
        raise Refusal("messages-too-short")
    return messages


def _body(call: Call, one: Answer, finish: str, prompt: int, spent: int) -> dict[str, Any]:
    used: dict[str, Any] = {"total_tokens": prompt + spent, "output_tokens": spent, "input_tokens": prompt}
    wanted = call.parameters.get("result_format") or call.model.result_format
    if call.model.kind == "multimodal":
        parts = {**chat.message(one), "content": [{"text": one.content}] if one.content else []}
        output: dict[str, Any] = {"choices": [{"finish_reason": finish, "message": parts}]}
    elif wanted == "message" or one.tool_calls:
        output = {"choices": [{"finish_reason": finish, "message": chat.message(one)}]}
    else:
        output = {"finish_reason": finish, "text": one.content}
        used = {"prompt_tokens_details": {"cached_tokens": 0}, **used}
    return {"output": output, "usage": used, "request_id": call.request_id}


def _frames(call: Call, one: Answer, prompt: int, *, incremental: bool) -> Iterator[bytes]:
    """A frame a token, the finish still the word "null", then a last one; usage grows from frame to frame."""
    text = reasoning = ""
    spent = number = 0
    steps = [(piece, True) for piece in tokens.split(one.reasoning or "")]
    steps += [(piece, False) for piece in tokens.split(one.content)]
    for number, (piece, thought) in enumerate(steps, 1):
        if incremental:
            text = reasoning = ""
        text, reasoning = (text, reasoning + piece) if thought else (text + piece, reasoning)
        spent += tokens.count(piece)
        shown = replace(one, content=text, reasoning=None if one.reasoning is None else reasoning, tool_calls=())
        yield streaming.native(number, _body(call, shown, "null", prompt, spent))
    last = replace(one, content="", reasoning=None if one.reasoning is None else "") if incremental else one
    spent = max(spent, sum(chat.answer_tokens(one)))
    yield streaming.native(number + 1, _body(call, last, one.finish, prompt, spent))
