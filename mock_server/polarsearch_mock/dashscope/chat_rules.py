"""Which chat requests are refused, and in what order: one parameter at a time, then what must fit together."""

from __future__ import annotations

from typing import Any

from . import tokens
from .answers import text_of
from .errors import Refusal
from .models import Model
from .parameters import RULED, RULES

_ROLES = ("system", "user", "assistant", "tool", "developer", "function")


def thinks(model: Model, options: dict[str, Any]) -> bool:
    """Whether the answer carries thoughts."""
    return model.thinking == "always" or (model.thinking == "optional" and options.get("enable_thinking") is True)


def check_options(model: Model, options: dict[str, Any], *, stream: bool) -> None:
    """Refuses a parameter out of its range, in the table's order, then combinations."""
    for rule in () if RULED.isdisjoint(options) else RULES:
        value = options.get(rule.field)
        if value is not None and not rule.good(value):
            raise Refusal(rule.message, value=value)
    _check_limits(model, options)
    _check_tools(model, options)
    _check_thinking(model, options, stream=stream)


def _whole(value: Any, limit: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= limit


def _check_limits(model: Model, options: dict[str, Any]) -> None:
    for field in ("max_tokens", "max_completion_tokens"):
        if options.get(field) is not None and not _whole(options[field], model.answer_tokens):
            raise Refusal("max-tokens", limit=model.answer_tokens)
    if options.get("thinking_budget") is not None and not _whole(options["thinking_budget"], model.answer_tokens):
        raise Refusal("thinking-budget", limit=model.answer_tokens)
    if options.get("n") not in (None, 1) and not model.many:
        raise Refusal("n-unsupported")
    if options.get("enable_search") is True and not model.search:
        raise Refusal("enable-search")


def _check_tools(model: Model, options: dict[str, Any]) -> None:
    tools = options.get("tools")
    if not tools:
        return
    if options.get("n") not in (None, 1):
        raise Refusal("n-with-tools")
    for tool in tools if isinstance(tools, list) else [None]:
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise Refusal("field-required", field="tools.function.name")
        if function["name"] == "search":
            raise Refusal("tool-name")
    if isinstance(options.get("tool_choice"), dict) and thinks(model, options):
        raise Refusal("tool-choice-thinking")


def _check_thinking(model: Model, options: dict[str, Any], *, stream: bool) -> None:
    if model.stream_only and not stream:
        raise Refusal("stream-only")
    if options.get("enable_thinking") is True and model.thinking == "optional" and not stream:
        raise Refusal("thinking-needs-stream")
    wanted = options.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_object" and thinks(model, options):
        raise Refusal("json-thinking")


def check_messages(model: Model, messages: list[Any], options: dict[str, Any]) -> int:
    """Refuses a conversation that does not hold together; gives its tokens."""
    called: set[Any] = set()
    for message in messages:
        _check_message(message, called)
    if not any(message.get("role") == "user" for message in messages):
        raise Refusal("no-user-message")
    said = "\n".join(text_of(message.get("content")) for message in messages)
    wanted = options.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_object" and "json" not in said.lower():
        raise Refusal("json-word")
    used = tokens.count(said) + 4 * len(messages)
    if used > model.tokens or not (said.strip() or any(map(_shows, messages))):
        raise Refusal("chat-input-length", limit=model.tokens)
    return used


def _shows(message: dict[str, Any]) -> bool:
    """Whether a message has a part that is no text, such as an image."""
    content = message.get("content")
    return isinstance(content, list) and any(isinstance(part, dict) and "text" not in part for part in content)


def _check_message(message: Any, called: set[Any]) -> None:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        raise Refusal("role")
    calls = message.get("tool_calls")
    if message.get("content") is None and not calls:
        raise Refusal("content-required")
    if message.get("content") is not None and not isinstance(message["content"], (str, list)):
        raise Refusal("content-string")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
            raise Refusal("field-required", field="messages.tool_calls.function.arguments")
        called.add(str(call.get("id")))
    if message["role"] == "tool" and str(message.get("tool_call_id")) not in called:
        raise Refusal("tool-message")
