"""Chat on the compatible route, whole and streamed (dashscope.md §7)."""

from __future__ import annotations

from typing import Any

from ..messages import Reply
from . import chat_rules, streaming, tokens
from .answers import Answer, Ask, answer, from_script
from .call import Call
from .errors import Refusal


def check(call: Call) -> None:
    """The gateway's schema: what never reaches the model."""
    messages = call.body.get("messages")
    if messages is None:
        raise Refusal("field-required", field="messages")
    if not isinstance(messages, list) or not messages:
        raise Refusal("messages-too-short")
    seed = call.body.get("seed")
    if isinstance(seed, int) and seed < 0:
        raise Refusal("schema-minimum", value=seed, minimum=0, field="seed")


def create(call: Call) -> Reply:
    """`POST /compatible-mode/v1/chat/completions`."""
    body = call.body
    stream = body.get("stream") is True
    chat_rules.check_options(call.model, body, stream=stream)
    prompt = chat_rules.check_messages(call.model, body["messages"], body)
    ask = Ask(body["messages"], body, chat_rules.thinks(call.model, body), call.state.meaning.measure)
    found = [said(call, ask, number) for number in range(body.get("n") or 1)]
    used = usage(prompt, found, thinks=ask.thinks)
    head = {"model": call.model.name, "id": f"chatcmpl-{call.request_id}", "created": int(call.state.clock())}
    if stream:
        options = body.get("stream_options")
        shown = isinstance(options, dict) and options.get("include_usage") is True
        return call.events(streaming.compatible(head, found, used if shown else None))
    choices = [
        {"message": message(one), "finish_reason": one.finish, "index": index, "logprobs": None}
        for index, one in enumerate(found)
    ]
    return call.reply(
        {
            "model": head["model"],
            "id": head["id"],
            "object": "chat.completion",
            "created": head["created"],
            "system_fingerprint": None,
            "choices": choices,
            "usage": used,
        }
    )


def said(call: Call, ask: Ask, number: int = 0) -> Answer:
    """The next scripted answer, or the one the conversation calls for."""
    try:
        script = call.state.scripts.popleft()
    except IndexError:
        return answer(ask, number)
    return from_script(script, ask)


def message(one: Answer) -> dict[str, Any]:
    """An answer as an assistant's message; keys that do not apply are absent."""
    found: dict[str, Any] = {"role": "assistant", "content": one.content}
    if one.reasoning is not None:
        found["reasoning_content"] = one.reasoning
    if one.tool_calls:
        found["tool_calls"] = list(one.tool_calls)
    return found


def answer_tokens(one: Answer) -> tuple[int, int]:
    """The tokens of an answer's text and of its thoughts; a tool call counts by its JSON."""
    called = sum(tokens.count(c["function"]["name"] + c["function"]["arguments"]) for c in one.tool_calls)
    return max(1, tokens.count(one.content) + called), tokens.count(one.reasoning or "")


def usage(prompt: int, found: list[Answer], *, thinks: bool) -> dict[str, Any]:
    """Prompt and completion tokens, which include the thoughts, and their sum."""
    counted = [answer_tokens(one) for one in found]
    text, thoughts = sum(text for text, _ in counted), sum(thought for _, thought in counted)
    used: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": text + thoughts,
        "total_tokens": prompt + text + thoughts,
        "prompt_tokens_details": {"cached_tokens": 0},
    }
    if thinks:
        used["completion_tokens_details"] = {"reasoning_tokens": thoughts, "text_tokens": text}
    return used
