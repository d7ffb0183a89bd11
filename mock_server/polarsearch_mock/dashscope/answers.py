"""What a chat model says: a function of the conversation alone, so that a test can tell what it has been given."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from . import meaning, tokens, tools
from .filling import fill

_SENTENCE = re.compile(r"[^。！？!?\n]+?(?:[。！？!?]+|\.(?=\s|$)|\n|$)")
_NEAR = 10**18 * 22 // 100  # a sentence less near than this does not answer


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice: its text, its thoughts (None for models that do not think), its tool calls."""

    content: str
    reasoning: str | None = None
    tool_calls: tuple[dict[str, Any], ...] = ()
    finish: str = "stop"
    scripted: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """A conversation with the options that shape its answer, the same for both families of routes."""

    messages: list[Any]
    options: dict[str, Any]
    thinks: bool
    measure: Callable[[str], meaning.Measure] = meaning.measure


def text_of(content: Any) -> str:
    """The text of a message's content, be it a string or parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))


def answer(ask: Ask, number: int = 0) -> Answer:
    """The answer to a conversation; `number` tells several choices apart."""
    question = _question(ask.messages)
    reasoning = f"The user asks: {question}" if ask.thinks else None
    calls = tools.fitting(ask.messages, ask.options, question, ask.measure)
    if calls:
        return Answer("", reasoning, calls, "tool_calls")
    content = _content(ask, question) + (f" ({number + 1})" if number else "")
    return _cut(Answer(content, reasoning), ask.options)


def from_script(script: Any, ask: Ask) -> Answer:
    """A scripted answer: text, a message with `content` and `tool_calls`, or a function of the messages."""
    value = script(ask.messages) if callable(script) else script
    if not isinstance(value, dict):
        return _cut(Answer(str(value), "" if ask.thinks else None, scripted=True), ask.options)
    calls = tuple(tools.completed(call, index) for index, call in enumerate(value.get("tool_calls") or ()))
    finish = value.get("finish_reason") or ("tool_calls" if calls else "stop")
    return Answer(value.get("content") or "", value.get("reasoning_content"), calls, finish, scripted=True)


def _question(messages: list[Any]) -> str:
    texts = [text_of(message.get("content")) for message in messages if message.get("role") == "user"]
    return texts[-1].strip() if texts else ""


def _content(ask: Ask, question: str) -> str:
    wanted = ask.options.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        return _schema_text(wanted, question, ask)
    said = _said(ask, question)
    if isinstance(wanted, dict) and wanted.get("type") == "json_object":
        return json.dumps({"answer": said}, ensure_ascii=False)
    return said


def _schema_text(wanted: dict[str, Any], question: str, ask: Ask) -> str:
    named = wanted.get("json_schema")
    schema = named.get("schema") if isinstance(named, dict) else None
    context = "\n".join(text_of(message.get("content")) for message in ask.messages)
    return json.dumps(fill(schema if isinstance(schema, dict) else {}, question, context), ensure_ascii=False)


def _said(ask: Ask, question: str) -> str:
    last = ask.messages[-1]
    if last.get("role") == "tool":
        return f"{_words(question)[1]}{text_of(last.get('content'))}"
    quoted = _best_sentence(ask, question)
    return quoted or f"{_words(question)[0]}{question}"


def _words(question: str) -> tuple[str, str]:
    if tokens.has_cjk(question):
        return "这是对以下问题的模拟回答：", "根据工具的结果："
    return "This is a mock answer to: ", "According to the tool: "


def _best_sentence(ask: Ask, question: str) -> str:
    """The sentence of the given context nearest to the question, word for word; nothing if none is near."""
    lines = [line for line in question.splitlines() if line.strip()]
    asked = next((line for line in reversed(lines) if line.rstrip().endswith(("?", "？"))), lines[-1] if lines else "")
    measured = ask.measure(re.sub(r"^\s*(?:question|问题|q)\s*[:：]", "", asked, flags=re.IGNORECASE))
    best, most = "", _NEAR
    for sentence in _context(ask.messages, asked):
        near = meaning.nearness(measured, ask.measure(sentence))
        if near > most:
            best, most = sentence, near
    return best


def _context(messages: list[Any], asked: str) -> Iterator[str]:
    for message in messages:
        if message.get("role") == "assistant":
            continue
        for found in _SENTENCE.findall(text_of(message.get("content"))[:200_000]):
            sentence = found.strip(" \n\t-*")
            if sentence and sentence not in asked and not sentence.endswith(("?", "？")):
                yield sentence


def _cut(given: Answer, options: dict[str, Any]) -> Answer:
    """Ends an answer before the first stop sequence and at `max_tokens`, which excludes the thoughts."""
    stops = options.get("stop")
    content = given.content
    for stop in [stops] if isinstance(stops, str) else stops or ():
        if isinstance(stop, str) and stop:
            content = content.partition(stop)[0]
    limit = options.get("max_completion_tokens") or options.get("max_tokens")
    pieces = tokens.split(content) if limit else []
    if limit and len(pieces) > limit:
        return replace(given, content="".join(pieces[:limit]), finish="length")
    return given if content == given.content else replace(given, content=content)
