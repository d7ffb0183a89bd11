"""Guardrails of the kind `local_regex`: patterns that a payload or an answer must not match as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import EngineError
from .trust import java_pattern

INPUT_TRIGGERED = "guardrails triggered for user input"
OUTPUT_TRIGGERED = "guardrails triggered for LLM output"


def triggered(guardrails: Mapping[str, Any] | None, side: str, text: str) -> bool:
    """Whether the rules of `side` ("input_guardrail", "output_guardrail") refuse a text; 501 for rules not emulated."""
    rules = (guardrails or {}).get(side)
    if not guardrails or not rules:
        return False
    if guardrails.get("type") != "local_regex" or rules.get("stop_words"):
        raise EngineError("not_emulated", "guardrails by a model or by stop words are not emulated", 501)
    return any(java_pattern(one).fullmatch(text) for one in rules.get("regex") or ())
