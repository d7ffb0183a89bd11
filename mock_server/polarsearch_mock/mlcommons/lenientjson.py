"""Which texts ML Commons takes for JSON (`StringUtils.isJson`): objects and lists that org.json and gson both read."""

from __future__ import annotations

import re
from functools import lru_cache

from .gsonreader import GsonError, read_lenient

_BARE_STOP = re.compile(r'[\x00-\x1f,:\]}/\\"\[{;=#]')
_HEX = re.compile(r"[+-]?[0-9a-fA-F]+")
_NEAR_ENOUGH = 64 * 1024
#: gson refuses what is nested deeper.
_MAX_DEPTH = 255


class _NotJson(ValueError):
    """org.json refuses the text."""


class _OrgJson:
    """A recogniser for what org.json's JSONObject and JSONArray (20231013) accept at the start of a text."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0

    def accepts(self) -> bool:
        try:
            first = self._clean()
            if first not in ("{", "["):
                return False
            self._nested_or_simple(first)
        except _NotJson:
            return False
        return True

    def _clean(self) -> str:
        """The next character above a space; empty at the end (a NUL counts as the end)."""
        while self._at < len(self._text):
            char = self._text[self._at]
            self._at += 1
            if char == "\0":
                return ""
            if char > " ":
                return char
        return ""

    def _nested_or_simple(self, opener: str) -> None:
        if opener not in ("{", "["):
            self._simple(opener)
            return
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _NotJson
        if opener == "{":
            self._object()
        else:
            self._array()
        self._depth -= 1

    def _object(self) -> None:
        seen: set[str] = set()
        while True:
            char = self._clean()
            if char == "}":
                return
            name = self._simple(char)
            if self._clean() != ":" or name in seen:
                raise _NotJson
            seen.add(name)
            self._nested_or_simple(self._clean())
            char = self._clean()
            if char == "}":
                return
            if char not in (",", ";"):
                raise _NotJson

    def _array(self) -> None:
        char = self._clean()
        if char == "]":
            return
        while True:
            if char == ",":
                self._at -= 1
            else:
                self._nested_or_simple(char)
            char = self._clean()
            if char == "]":
                return
            if char != ",":
                raise _NotJson
            char = self._clean()
            if char == "]":
                return
            if not char:
                raise _NotJson

    def _simple(self, char: str) -> str:
        if char in ('"', "'"):
            return self._quoted(char)
        start = self._at - bool(char)
        stop = _BARE_STOP.search(self._text, start)
        self._at = stop.start() if stop else len(self._text)
        word = self._text[start : self._at].strip()
        if not char or not word:
            raise _NotJson
        return word

    def _quoted(self, quote: str) -> str:
        stop = re.compile(rf"[{quote}\\\x00\n\r]")
        start = self._at
        while found := stop.search(self._text, self._at):
            self._at = found.end()
            if found[0] == quote:
                return self._text[start : found.start()]
            if found[0] != "\\":
                raise _NotJson
            self._escape()
        raise _NotJson

    def _escape(self) -> None:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        if char == "u":
            digits = self._text[self._at : self._at + 4]
            if len(digits) < 4 or not _HEX.fullmatch(digits):
                raise _NotJson
            self._at += 4
        elif not char or char not in "btnfr\"'\\/":
            raise _NotJson


def _decide(text: str) -> bool:
    if not text.strip() or not _OrgJson(text).accepts():
        return False
    try:
        read_lenient(text)
    except GsonError:
        return False
    return True


_remembered = lru_cache(maxsize=256)(_decide)


def is_json(text: str) -> bool:
    """Whether the engine takes a text for JSON: lenient inside, but scalars never count."""
    first = text.lstrip()[:1]
    if first not in ("{", "["):
        return False
    return _decide(text) if len(text) > _NEAR_ENOUGH else _remembered(text)
