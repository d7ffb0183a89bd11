"""Tool calls and JSON that fits a schema: which tool suits a question, its arguments out of the question's words."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from . import meaning, tokens

_FITS = 10**18 * 12 // 100
_DEPTH = 8
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_QUOTED = re.compile(r"[\"“「'](.+?)[\"”」']")
_PLACE = re.compile(r"\b(?:in|for|at|of|to|about)\s+((?:[A-Z]\w*)(?:\s+[A-Z]\w*)*)")
_NAME = re.compile(r"(?<=\s)([A-Z]\w*(?:\s+[A-Z]\w*)*)")


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


def fill(schema: dict[str, Any], question: str, context: str, name: str = "", depth: int = 0) -> Any:
    """A value that fits a JSON schema, taken from the question's own words where the schema leaves a choice."""
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        said = context.lower()
        return next((value for value in schema["enum"] if str(value).lower() in said), schema["enum"][0])
    kind = schema.get("type", "object" if isinstance(schema.get("properties"), dict) else "string")
    kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind
    if kind == "object":
        return _object(schema, question, context, depth)
    if kind == "array":
        items = schema.get("items")
        return [fill(items, question, context, name, depth + 1)] if isinstance(items, dict) and depth < _DEPTH else []
    return _scalar(kind, schema, question, context, name)


def _object(schema: dict[str, Any], question: str, context: str, depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or depth >= _DEPTH:
        return {}
    required = schema.get("required")
    wanted = required if isinstance(required, list) and required else list(properties)
    rules = {name: rule for name, rule in properties.items() if name in wanted and isinstance(rule, dict)}
    return {name: fill(rule, question, context, name, depth + 1) for name, rule in rules.items()}


def _scalar(kind: Any, schema: dict[str, Any], question: str, context: str, name: str) -> Any:
    if kind in ("integer", "number"):
        found = _NUMBER.search(context)
        number = float(found.group()) if found else float(schema.get("minimum") or 0)
        return int(number) if kind == "integer" and abs(number) < 1e300 else number
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    return _words(question, str(schema.get("description") or name))


def _words(question: str, about: str) -> str:
    """What a question says about a thing: what it quotes, names after a preposition, or its first Chinese words."""
    for pattern in (_QUOTED, _PLACE, _NAME):
        found = pattern.search(question)
        if found:
            return found.group(1)
    chinese = [piece for piece in tokens.pieces(question) if tokens.is_cjk(piece)]
    if chinese:
        return re.split(r"今天|明天|现在|的|是|怎么|有|会|天气|如何|多少", chinese[0])[0] or chinese[0]
    return question or about
