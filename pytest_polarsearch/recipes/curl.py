"""The words of a curl: what it sends, where, and as whom."""

from __future__ import annotations

from dataclasses import dataclass, field

from .text import Text

#: Short options of curl that take a value.
_TAKING = set("AbcCdDeEFhHKmoPQrtTuUwxXyYz")
_DATA = ("--data", "--data-raw", "--data-binary", "--data-ascii", "--json")
_LONG = {"--request", "--header", "--user", "--url", "--output", "--max-time", "--cacert", "--cert", "--key", "--proxy",
         "--connect-timeout", "--retry", "--retry-delay", "--write-out", "--user-agent", "--aws-sigv4",
         "--data-urlencode", "--form", "--resolve", "--retry-max-time"}  # fmt: skip


@dataclass
class Command:
    """A curl: what it sends, where, how; or a body that stands alone, if `curl` is not set."""

    start: int
    end: int
    curl: bool = True
    method: str = ""
    url: Text | None = None
    user: Text | None = None
    data: list[Text] = field(default_factory=list)
    #: every word but what it sends
    words: list[Text] = field(default_factory=list)


def curl(words: list[Text], start: int, end: int) -> Command:
    """What the words behind `curl` say; a heredoc is a word that begins with `<<`."""
    command = Command(start, end)
    rest = iter(words)
    for word in rest:
        name, value = _option(word)
        if name and value is None and _takes(name):
            value = next(rest, None)
        if value is not None:
            _store(command, name, value)
            if not any(value is sent for sent in command.data):
                command.words.append(value)
    return command


def _option(word: Text) -> tuple[str, Text | None]:
    """The option that a word is, and the value in the same word; no option, and the word, where it is none."""
    chars = word.chars
    if chars.startswith("<<"):
        return "heredoc", word[2:]
    if chars.startswith("--"):
        equal = chars.find("=")
        return (chars[:equal], word[equal + 1 :]) if equal > 0 else (chars, None)
    if not chars.startswith("-") or chars == "-":
        return "", word
    at = next((at for at, char in enumerate(chars[1:], 1) if char in _TAKING), None)
    if at is None:
        return chars, None
    return f"-{chars[at]}", word[at + 1 :] if at + 1 < len(chars) else None


def _takes(name: str) -> bool:
    return name in _LONG or name in _DATA or (len(name) == 2 and name[1] in _TAKING)


def _store(command: Command, name: str, value: Text) -> None:
    if name in ("-d", "heredoc", *_DATA):
        if not value.chars.startswith("@"):
            command.data.append(value)
    elif name in ("-X", "--request"):
        command.method = value.chars
    elif name in ("-u", "--user"):
        command.user = value
    elif name in ("", "--url") and command.url is None:
        command.url = value
