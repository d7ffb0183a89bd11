"""A tool as clients describe it, and what a call of it must look like. No check stands here."""

from __future__ import annotations

import json
from typing import Any

from .context import Context
from .contract import said

#: A tool as a client describes it.
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


#: A choice that leaves the model none, so that a call must come.
TOOL_CHOICE = {"type": "function", "function": {"name": "weather"}}
QUESTION = {"role": "user", "content": "What is the weather in Hangzhou?"}


def tool_calls(ctx: Context, message: Any) -> list[dict[str, Any]]:
    """The calls of a message that had to call the tool. Raises Failure where they are not whole."""
    calls = (message.get("tool_calls") if isinstance(message, dict) else None) or []
    names = [one.get("function", {}).get("name") for one in calls]
    ctx.equal(names, ["weather"], said("tools.named"))
    arguments = calls[0]["function"].get("arguments")
    whole = isinstance(arguments, str) and is_object(arguments)
    ctx.holds(whole, said("tools.arguments"), expected=said("expect.json-object"), actual=arguments)
    return list(calls)


def is_object(text: str) -> bool:
    """Whether a text is a JSON object."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
