"""What a chat service itself answers, whole and streamed, asked as the guide's connector asks it."""

from __future__ import annotations

import json
from typing import Any

from .context import Context, Exchange
from .contract import check, said
from .tools import QUESTION, TOOL, TOOL_CHOICE, is_object, tool_calls


@check("chat.finish-reason", killed_by=["dashscope.finish-reason-lost"])
def finish_reason(ctx: Context) -> None:
    reason = ctx.ok(ctx.ask_service("chat")).get("choices", 0, "finish_reason")
    ctx.one_of(reason, ("stop", "length"), "choices[0].finish_reason")


@check("chat.role-is-assistant", killed_by=["dashscope.role-lost"])
def role_is_assistant(ctx: Context) -> None:
    role = ctx.ok(ctx.ask_service("chat")).get("choices", 0, "message", "role")
    ctx.equal(role, "assistant", "choices[0].message.role")


@check("chat.usage-adds-up", killed_by=["dashscope.missing-usage"])
def usage_adds_up(ctx: Context) -> None:
    usage = ctx.ok(ctx.ask_service("chat")).get("usage") or {}
    parts = [usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens")]
    ctx.holds(usage.get("total_tokens"), "usage.total_tokens", expected=said("expect.above-zero"), actual=usage)
    ctx.equal(sum(parts), usage.get("total_tokens"), said("chat.tokens"))


@check("chat.no-messages-refused", killed_by=["dashscope.empty-conversation-taken"])
def no_messages_refused(ctx: Context) -> None:
    ctx.refused(ctx.ask_service("chat", messages=[]), 400, 422)


@check("chat.heat-out-of-range-refused", killed_by=["dashscope.any-heat-taken"])
def heat_out_of_range_refused(ctx: Context) -> None:
    ctx.refused(ctx.ask_service("chat", temperature=7), 400, 422)


@check("chat.stream-false-taken", killed_by=["dashscope.stream-false-refused"])
def stream_false_taken(ctx: Context) -> None:
    content = ctx.ok(ctx.ask_service("chat", stream=False)).get("choices", 0, "message", "content")
    ctx.holds(content, said("chat.stream-false-content"), expected=said("expect.text"), actual=content)


def _events(ctx: Context, exchange: Exchange) -> list[str]:
    """The data of each event of a streamed answer."""
    ctx.equal(exchange.status, 200, said("chat.stream-status"))
    ctx.equal(exchange.content_type, "text/event-stream", said("chat.stream-type"))
    return [line.removeprefix("data:").strip() for line in exchange.text.splitlines() if line.startswith("data:")]


def _chunks(ctx: Context, **asked: Any) -> list[dict[str, Any]]:
    events = _events(ctx, ctx.ask_service("chat", stream=True, **asked))
    return [json.loads(one) for one in events if one != "[DONE]"]


#: What spoils every stream.
CUT = ("dashscope.sse-cut", "dashscope.sse-error", "dashscope.wrong-content-type")


@check("chat.stream-is-one-answer", killed_by=["dashscope.stream-ids-differ", *CUT])
def stream_is_one_answer(ctx: Context) -> None:
    chunks = _chunks(ctx)
    ids = {one.get("id") for one in chunks}
    ctx.holds(
        len(ids) == 1 and None not in ids, said("chat.chunk-ids"), expected=said("expect.one-the-same"), actual=ids
    )
    deltas = [choice.get("delta") or {} for one in chunks for choice in one.get("choices") or ()]
    ctx.equal(deltas[0].get("role") if deltas else None, "assistant", said("chat.first-role"))


@check("chat.stream-ends-with-done", killed_by=["dashscope.missing-done", *CUT])
def stream_ends_with_done(ctx: Context) -> None:
    events = _events(ctx, ctx.ask_service("chat", stream=True))
    ctx.equal(events[-1:], ["[DONE]"], said("chat.last-event"))


@check("chat.stream-finishes", killed_by=CUT)
def stream_finishes(ctx: Context) -> None:
    reasons = [choice.get("finish_reason") for one in _chunks(ctx) for choice in one.get("choices") or ()]
    ctx.one_of(reasons[-1] if reasons else None, ("stop", "length"), said("chat.last-finish-reason"))


@check("chat.stream-says-the-same", killed_by=["dashscope.stream-of-nothing", *CUT])
def stream_says_the_same(ctx: Context) -> None:
    choices = [choice for one in _chunks(ctx) for choice in one.get("choices") or ()]
    text = "".join(choice.get("delta", {}).get("content") or "" for choice in choices)
    whole = choices and choices[-1].get("finish_reason")
    ctx.holds(text and whole, said("chat.all-chunks"), expected=said("expect.whole-text"), actual=text)


@check("chat.tools-taken", killed_by=["dashscope.tools-refused"])
def tools_taken(ctx: Context) -> None:
    message = ctx.ok(ctx.ask_service("chat", messages=[QUESTION], tools=[TOOL])).get("choices", 0, "message")
    ctx.holds(isinstance(message, dict), "choices[0].message", expected=said("expect.object"), actual=message)
    arguments = [one.get("function", {}).get("arguments") for one in message.get("tool_calls") or ()]
    strange = [one for one in arguments if not isinstance(one, str) or not is_object(one)]
    ctx.equal(strange, [], said("chat.tool-arguments"))
    ctx.note(said("chat.tool-calls", count=len(arguments)))


@check("chat.tools", killed_by=["dashscope.tools-refused", "dashscope.tool-choice-ignored", "dashscope.role-lost"])
def tools_round_trip(ctx: Context) -> None:
    asked: dict[str, Any] = {"tools": [TOOL], "tool_choice": TOOL_CHOICE}
    message = ctx.ok(ctx.ask_service("chat", messages=[QUESTION], **asked)).get("choices", 0, "message")
    result = {"role": "tool", "tool_call_id": tool_calls(ctx, message)[0].get("id"), "content": "sunny, 21 degrees"}
    answer = ctx.ok(ctx.ask_service("chat", messages=[QUESTION, message, result], tools=[TOOL]))
    content = answer.get("choices", 0, "message", "content")
    ctx.holds(content, said("chat.after-result"), expected=said("expect.text"), actual=content)


@check("chat.tools-streamed", killed_by=["dashscope.tools-refused", "dashscope.tool-choice-ignored", *CUT])
def tools_streamed(ctx: Context) -> None:
    asked = {"messages": [QUESTION], "tools": [TOOL], "tool_choice": TOOL_CHOICE}
    choices = [choice for one in _chunks(ctx, **asked) for choice in one.get("choices") or ()]
    pieces = [call.get("function", {}) for choice in choices for call in choice["delta"].get("tool_calls") or ()]
    joined = {key: "".join(one.get(key) or "" for one in pieces) for key in ("name", "arguments")}
    tool_calls(ctx, {"tool_calls": [{"function": joined}]})


@check("chat.json-mode", killed_by=["dashscope.json-mode-ignored"])
def json_mode(ctx: Context) -> None:
    question = [{"role": "user", "content": "Describe Hangzhou in JSON: name, country."}]
    answer = ctx.ok(ctx.ask_service("chat", messages=question, response_format={"type": "json_object"}))
    content = answer.get("choices", 0, "message", "content")
    whole = isinstance(content, str) and is_object(content)
    ctx.holds(whole, said("chat.json-content"), expected=said("expect.json-object"), actual=content)
