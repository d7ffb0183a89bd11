"""Tool calls: which tool suits a question, its arguments out of the question's words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from . import meaning
from .filling import fill

_FITS = 10**18 * 12 // 100


def fitting(
    messages: list[Any], options: dict[str, Any], question: str, measure: Callable[[str], meaning.Measure]
) -> tuple[dict[str, Any], ...]:
    """The call the model makes: the tool it is told to call, or the one nearest to the question, or none."""
    choice = options.get("tool_choice", "auto")
    if choice == "none" or messages[-1].get("role") == "tool":
        return ()
    functions = [tool["function"] for tool in options.get("tools") or () if _usable(tool)]
    if isinstance(choice, dict):
        chosen = [one for one in functions if one["name"] == choice.get("function", {}).get("name")]
    else:
        asked = measure(question)
        near = {index: meaning.nearness(asked, measure(_about(one))) for index, one in enumerate(functions)}
        best = max(near, key=lambda index: (near[index], -index), default=-1)
        chosen = [functions[best]] if near and near[best] >= _FITS else []
    return tuple(_call(one, question, index) for index, one in enumerate(chosen[:1]))


def _usable(tool: Any) -> bool:
    function = tool.get("function") if isinstance(tool, dict) else None
    return isinstance(function, dict) and isinstance(function.get("name"), str)


def _about(function: dict[str, Any]) -> str:
    return f"{function['name'].replace('_', ' ')} {function.get('description') or ''}"


def _call(function: dict[str, Any], question: str, index: int) -> dict[str, Any]:
    schema = function.get("parameters")
    values = fill(schema if isinstance(schema, dict) else {}, question, question)
    arguments = json.dumps(values if isinstance(values, dict) else {}, ensure_ascii=False)
    return completed({"function": {"name": function["name"], "arguments": arguments}}, index)


def completed(call: dict[str, Any], index: int) -> dict[str, Any]:
    """A tool call with everything the wire has: id, type, index, and arguments as a string."""
    function = call.get("function") or {}
    given = function.get("arguments", "{}")
    arguments = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    name = str(function.get("name", ""))
    mixed = hashlib.blake2b(f"{name}\0{arguments}\0{index}".encode("utf-8", "replace"), digest_size=11).hexdigest()
    return {
        "id": call.get("id") or f"call_{mixed}",
        "type": "function",
        "index": index,
        "function": {"name": name, "arguments": arguments},
    }
