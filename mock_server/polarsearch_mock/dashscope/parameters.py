"""What chat and generation take: each rule of a parameter beside the words that refuse it (dashscope.md §8.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

#: The refusals of the chat algorithm by name; `{hole}` is filled from the model's row or the request.
MESSAGES: dict[str, str] = {
    "chat-input-length": "Range of input length should be [1, {limit}]",
    "max-tokens": "Range of max_tokens should be [1, {limit}]",
    "temperature-range": "Temperature should be in [0.0, 2.0)",
    "top-p-range": "Range of top_p should be (0.0, 1.0]",
    "temperature-type": "'temperature' must be Float",
    "top-p-type": "'top_p' must be Float",
    "top-k": "Parameter top_k be greater than or equal to 0",
    "n-range": "Range of n should be [1, 4]",
    "n-unsupported": "Range of n should be [1, 1]",
    "n-with-tools": "Range of n should be [1, 1] when tools are given",
    "seed-range": "Range of seed should be [0, 9223372036854775807]",
    "incremental-output": 'The incremental_output parameter must be "true" when enable_thinking is true',
    "thinking-budget": "The thinking_budget parameter must be a positive integer and not greater than {limit}",
    "enable-search": "This model does not support enable_search.",
    "stop-type": 'The "stop" parameter must be of type "str", "list[str]", "list[int]", or "list[list[int]]", and all '
    "elements within the list must be of the same type.",
    "response-format": "Unknown format of response_format, response_format should be a dict, includes 'type' and an "
    "optional key 'json_schema'. The response_format type from user is {value}.",
    "no-user-message": "The input messages do not contain elements with the role of user.",
    "field-required": "Field required: {field}",
    "presence-penalty": "Presence_penalty should be in [-2.0, 2.0]",
    "frequency-penalty": "Frequency_penalty should be in [-2.0, 2.0]",
    "repetition-penalty": "Repetition_penalty should be greater than 0.0",
    "json-word": "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
    "'json_object'.",
    "json-thinking": "Json mode response is not supported when enable_thinking is true",
    "thinking-needs-stream": "parameter.enable_thinking must be set to false for non-streaming calls",
    "stream-only": "This model only support stream mode, please enable the stream parameter to access the model.",
    "tool-choice": 'tool_choice is one of the strings that should be ["none", "auto"]',
    "tool-choice-thinking": "The tool_choice parameter does not support being set to required or object in thinking "
    "mode",
    "tool-name": "Tool names are not allowed to be [search]",
    "tool-message": 'messages with role "tool" must be a response to a preceeding message with "tool_calls".',
    "prompt-or-messages": 'Either "prompt" or "messages" must exist and cannot both be none',
    "content-string": "input content must be a string.",
    "content-required": "The content field is a required field.",
    "role": "Role must be user or assistant and Content length must be greater than 0",
    "top-logprobs": "Range of top_logprobs should be [0, 5]",
}


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _one_type(value: Any) -> bool:
    if isinstance(value, str):
        return True
    if not isinstance(value, list):
        return False
    kinds = {"str" if isinstance(item, str) else "int" if _integer(item) else "list" for item in value}
    lists = [item for item in value if isinstance(item, list)]
    return len(kinds) <= 1 and (kinds != {"list"} or len(lists) == len(value)) and all(map(_all_int, lists))


def _all_int(value: list[Any]) -> bool:
    return all(map(_integer, value))


def _format(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") in ("text", "json_object", "json_schema")


def _choice(value: Any) -> bool:
    return value in ("none", "auto") or (isinstance(value, dict) and isinstance(value.get("function"), dict))


class Rule(NamedTuple):
    """One parameter that stands alone: what holds for a good value and the name of the message that refuses others."""

    field: str
    good: Callable[[Any], bool]
    message: str


#: In the order they are checked; an absent or null parameter is never checked.
RULES: tuple[Rule, ...] = (
    Rule("temperature", _number, "temperature-type"),
    Rule("temperature", lambda value: 0 <= value < 2, "temperature-range"),
    Rule("top_p", _number, "top-p-type"),
    Rule("top_p", lambda value: 0 < value <= 1, "top-p-range"),
    Rule("top_k", lambda value: _integer(value) and value >= 0, "top-k"),
    Rule("n", lambda value: _integer(value) and 1 <= value <= 4, "n-range"),
    Rule("seed", lambda value: _integer(value) and 0 <= value < 2**63, "seed-range"),
    Rule("stop", _one_type, "stop-type"),
    Rule("presence_penalty", lambda value: _number(value) and -2 <= value <= 2, "presence-penalty"),
    Rule("frequency_penalty", lambda value: _number(value) and -2 <= value <= 2, "frequency-penalty"),
    Rule("repetition_penalty", lambda value: _number(value) and value > 0, "repetition-penalty"),
    Rule("response_format", _format, "response-format"),
    Rule("tool_choice", _choice, "tool-choice"),
    Rule("top_logprobs", lambda value: _integer(value) and 0 <= value <= 5, "top-logprobs"),
)

#: The parameters that have a rule.
RULED: frozenset[str] = frozenset(rule.field for rule in RULES)
