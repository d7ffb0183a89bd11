"""Java patterns: which texts are none and in what words Java says so, and the same pattern for Python's `re`."""

from __future__ import annotations

import re
from functools import lru_cache

from .errors import EngineError

#: Escapes that mean another thing, or nothing, in Python.
_ESCAPES = {
    "z": r"\Z",
    "Z": r"(?=\n?\Z)",
    "h": r"[ \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]",
    "R": r"(?:\r\n|[\n-\r\x85\u2028\u2029])",
    "e": r"\x1b",
    "G": "",
}
_CLASSES = {
    "Lower": "a-z", "Upper": "A-Z", "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9", "Space": r"\s",
    "Punct": r"!-/:-@\[-`{-~", "ASCII": r"\x00-\x7f", "XDigit": "0-9a-fA-F", "L": "^\\W\\d_", "N": r"\d", "Nd": r"\d",
}  # fmt: skip
_KNOWN_ESCAPES = set("0123456789abcdefhkntrsuvwxpzABDGHNPQRSVWXZE")
_QUANTIFIERS = "*+?"


def pattern_error(words: str, pattern: str, index: int) -> EngineError:
    """A PatternSyntaxException as `getMessage` shows it: the words, the pattern, a caret under the place."""
    near = f" near index {index}" if index >= 0 else ""
    caret = f"\n{' ' * index}^" if 0 <= index < len(pattern) else ""
    return EngineError("pattern_syntax_exception", f"{words}{near}\n{pattern}{caret}")


class _Translator:
    """Walks one pattern as Java's compiler does; `done` is the same for Python."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at, self.done = pattern, 0, list[str]()
        self._open = 0

    def run(self) -> str:
        atom = False
        while self.at < len(self.pattern):
            atom = self._part(self.pattern[self.at], atom=atom)
        if self._open:
            raise self._error("Unclosed group", len(self.pattern))
        return "".join(self.done)

    def _error(self, words: str, index: int) -> EngineError:
        return pattern_error(words, self.pattern, index)

    def _part(self, char: str, *, atom: bool) -> bool:
        """One part of the pattern; whether a quantifier may follow it."""
        if char in _QUANTIFIERS:
            return self._quantifier(char, atom=atom)
        if char == "{":
            return self._counted(atom=atom)
        parts = {"\\": self._escape, "[": self._class, "(": self._group, ")": self._close}
        if char in parts:
            return parts[char]()
        self.at += 1
        self.done.append(r"(?=\n?\Z)" if char == "$" else char)
        return char != "|"

    def _group(self) -> bool:
        self._open += 1
        self._take()
        found = re.compile(r"\?(?:[:=!>]|<[=!]|<[A-Za-z][A-Za-z0-9]*>|[idmsuxU-]+[:)])").match(self.pattern, self.at)
        if found:
            shown = found[0]
            self.done.append(shown.replace("?<", "?P<") if shown.endswith(">") and shown != "?>" else shown)
            self.at = found.end()
            self._open -= shown.endswith(")")
        elif self.pattern.startswith("?", self.at):
            raise self._error("Unknown inline modifier", self.at + 1)
        return False

    def _take(self) -> None:
        self.done.append(self.pattern[self.at])
        self.at += 1

    def _close(self) -> bool:
        if not self._open:
            raise self._error("Unmatched closing ')'", self.at - 1)
        self._take()
        self._open -= 1
        return True

    def _quantifier(self, char: str, *, atom: bool) -> bool:
        if not atom:
            raise self._error(f"Dangling meta character '{char}'", self.at)
        self.at += 1
        self.done.append(char)
        self._suffix()
        return False

    def _suffix(self) -> None:
        """A lazy or possessive mark; Python knows possessive ones from 3.11 on only, so they become greedy."""
        following = self.pattern[self.at : self.at + 1]
        if following in ("?", "+"):
            self.at += 1
            self.done.append("?" if following == "?" else "")

    def _counted(self, *, atom: bool) -> bool:
        found = re.compile(r"\{(\d+)(,(\d*))?").match(self.pattern, self.at)
        if not atom or not found:
            raise self._error("Illegal repetition", self.at + 1 if atom else -1)
        if not self.pattern.startswith("}", found.end()):
            raise self._error("Unclosed counted closure", found.end())
        if found[3] and int(found[3]) < int(found[1]):
            raise self._error("Illegal repetition range", found.end() - 1)
        self.done.append(found[0] + "}")
        self.at = found.end() + 1
        self._suffix()
        return False

    def _escape(self) -> bool:
        char = self.pattern[self.at + 1 : self.at + 2]
        if not char:
            raise self._error("Unescaped trailing backslash", len(self.pattern))
        if char == "Q":
            return self._quoted()
        if char in "pP":
            return self._property(char)
        if char.isascii() and char.isalnum() and char not in _KNOWN_ESCAPES:
            raise self._error("Illegal/unsupported escape sequence", self.at + 1)
        self.at += 2
        self.done.append(_ESCAPES.get(char, "\\" + char))
        return True

    def _quoted(self) -> bool:
        end = self.pattern.find("\\E", self.at)
        stop = end if end >= 0 else len(self.pattern)
        self.done.append(re.escape(self.pattern[self.at + 2 : stop]))
        self.at = stop + (2 if end >= 0 else 0)
        return True

    def _property(self, char: str) -> bool:
        found = re.compile(r"\{(?:Is)?(\w+)\}|([A-Z])").match(self.pattern, self.at + 2)
        name = (found[1] or found[2]) if found else ""
        if not found or name not in _CLASSES:
            place = found.end() - 1 if found else self.at + 1
            raise self._error(f"Unknown character property name {{{name}}}", place)
        self.at = found.end()
        inner = _CLASSES[name]
        turned = inner[1:] if inner.startswith("^") else f"^{inner}"
        self.done.append(f"[{inner if char == 'p' else turned}]")
        return True

    def _class(self) -> bool:
        start, self.at = self.at, self.at + 1
        taken = ["["]
        if self.pattern.startswith("^", self.at):
            taken.append("^")
            self.at += 1
        first = True
        while True:
            char = self.pattern[self.at : self.at + 1]
            if not char:
                raise self._error("Unclosed character class", len(self.pattern) - 1)
            self.at += 1
            if char == "]" and not first:
                break
            first = False
            taken.append(self._in_class(char))
        self._check_range("".join(taken), start)
        self.done.append("".join([*taken, "]"]))
        return True

    def _in_class(self, char: str) -> str:
        if char != "\\":
            return "\\" + char if char in "[]" else char
        following = self.pattern[self.at : self.at + 1]
        self.at += 1
        return "\\" + following

    def _check_range(self, taken: str, start: int) -> None:
        for found in re.finditer(r"(?<!\\)([A-Za-z0-9])-([A-Za-z0-9])", taken):
            if found[1] > found[2]:
                raise self._error("Illegal character range", start + found.end() - 1)


@lru_cache(maxsize=512)
def _compiled(text: str) -> re.Pattern[str] | EngineError:
    try:
        return re.compile(_Translator(text).run())
    except EngineError as error:
        return error
    except (re.error, OverflowError):
        return pattern_error("Unclosed group", text, len(text))


def java_pattern(text: str) -> re.Pattern[str]:
    """The pattern for Python (`fullmatch` is Java's `matches`). EngineError with Java's PatternSyntaxException."""
    found = _compiled(text)
    if isinstance(found, EngineError):
        raise EngineError(found.type, found.reason, found.status)
    return found
