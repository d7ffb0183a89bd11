"""Reads shell text as far as recipes need it: words, heredocs, and bodies in quotes; runs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .curl import Command, curl
from .text import FILLED, Builder, Text

#: Where something to read begins: a curl as a command, a heredoc, a body in quotes.
_STARTS = re.compile(
    r"(?P<curl>(?:^[ \t]*(?:[$#>%][ \t]+)?|[|&;(`][ \t]*|\b(?:if|then|do|else|while|until|!|sudo|time)[ \t]+|=\"?\$\()"
    r"(?:\w{1,80}=\S{0,200}[ \t]+){0,5}(?:\S{1,200}/)?curl(?:\.exe)?(?=[ \t]+[-\"'$\\\w<]))"
    r"|(?P<heredoc><<-?[ \t]*(?:'\w+'|\"\w+\"|\\?[A-Za-z_]\w*)[^\n]{0,4000}\n)"
    r"|(?P<body>(?:(?<==)|(?<=<<<)|(?<=<<< )|(?<=echo )|(?<=%s' ))\$?['\"]\s*\{)",
    re.MULTILINE,
)
_HEREDOC = re.compile(r"<<(?P<dash>-?)[ \t]*(?P<quote>['\"\\]?)(?P<word>[A-Za-z_]\w*)['\"]?")
_CAT = re.compile(r"\$\([ \t]*cat[ \t]+(?=<<)")
_BLANK = re.compile(r"(?:[ \t]+|\\[ \t]*\r?\n)+")
_REDIRECTION = re.compile(r"\d?(?:>>?|<)(?:&(?P<to>[\d-])|[ \t]*)")
_BARE = re.compile(r"[^ \t\r\n'\"\\$`;|&<>()]+")
_UNFILLED = re.compile(r"\(|<[^\W\d][\w .-]{0,60}>")
_INSIDE = re.compile(r'[^"\\$`]+')
#: A variable that the shell fills in; not `${parameters.x}`, which is no name of the shell's.
_VARIABLE = re.compile(r"\$(?:[A-Za-z_]\w*|\d|[@#?*!$-]|\{[#!]?\w+(?:[:#%/^,@-][^}\n]*)?\})")
#: Quotes without an end in one text over which it is no recipe: each is looked for up to the end of the text.
MOST_ENDLESS = 50


class _Unclosed(ValueError):
    """A quote, or a heredoc, has no end."""


def commands(source: Text) -> Iterator[Command]:
    """What the text has of them, in its order. `start` and `end` count characters of the source."""
    at = endless = 0
    while found := _STARTS.search(source.chars, at):
        try:
            command = _read(source, found)
        except _Unclosed:
            endless += 1
            if endless > MOST_ENDLESS:
                raise ValueError(f"more than {MOST_ENDLESS} quotes or heredocs in it have no end") from None
            at = max(found.end() - 1, at + 1)
            continue
        yield command
        at = max(command.end, found.start() + 1)


def _read(source: Text, found: re.Match[str]) -> Command:
    scanner = _Scanner(source)
    if found["curl"] is not None:
        return curl(scanner.command(found.end("curl")), found.end("curl") - 4, scanner.at)
    if found["heredoc"] is not None:
        return _heredoc(scanner, found.start("heredoc"))
    word = scanner.word(found.start("body"))
    return Command(found.start("body"), scanner.at, curl=False, data=[word])


def _heredoc(scanner: _Scanner, start: int) -> Command:
    """A heredoc of another command; a curl behind it, on its line, says where it is sent."""
    line = scanner.line_behind(start)
    command = Command(start, start, curl=False)
    piped = re.search(r"\|[ \t]*curl\b", line.chars)
    if piped:
        command = curl(_Scanner(line).command(piped.end()), start, start)
        command.data.clear()
    command.data.append(scanner.heredoc(start))
    command.end = scanner.at
    return command


class _Scanner:
    """Reads words; `at` is behind what was read. Raises _Unclosed."""

    def __init__(self, source: Text) -> None:
        self._source, self._chars, self.at = source, source.chars, 0

    def command(self, start: int) -> list[Text]:
        """The words of one command; heredocs last, each with `<<` before it."""
        words, heredocs, self.at = list[Text](), list[int](), start
        while True:
            blank = _BLANK.match(self._chars, self.at)
            self.at = blank.end() if blank else self.at
            char = self._chars[self.at : self.at + 1]
            if found := _HEREDOC.match(self._chars, self.at):
                heredocs.append(self.at)
                self.at = found.end()
            elif self._chars.startswith("<<<", self.at):
                blank = _BLANK.match(self._chars, self.at + 3)
                words.append(self._as_heredoc(self.at, self.word(blank.end() if blank else self.at + 3)))
            elif found := _REDIRECTION.match(self._chars, self.at):
                self.at = found.end()
                if not found["to"]:
                    self.word(self.at)
            elif not char or char in "\r\n;|&)`" or (char == "#" and blank):
                break
            else:
                words.append(self.word(self.at))
        return [*words, *(self._as_heredoc(start, self.heredoc(start)) for start in heredocs)]

    def _as_heredoc(self, start: int, text: Text) -> Text:
        """A text with the `<<` before it by which `curl` knows that it is sent."""
        into = Builder(self._source)
        into.take(start, start + 2)
        into.add(text)
        return into.done()

    def word(self, start: int) -> Text:
        """One word, its quotes taken off, its variables filled in."""
        self.at, into = start, Builder(self._source)
        while self.at < len(self._chars):
            char = self._chars[self.at]
            if found := _BARE.match(self._chars, self.at):
                self._take(into, found.end(), "bare")
            elif char == "'":
                self._single(into)
            elif char == '"':
                self._double(into)
            elif char == "\\":
                self._escaped(into)
            elif char == "$":
                self._dollar(into, "bare")
            elif found := _UNFILLED.match(self._chars, self.at):
                self._take(into, found.end(), "bare")
            else:
                break
        return into.done()

    def _take(self, into: Builder, end: int, way: str) -> None:
        into.take(self.at, end, way)
        self.at = end

    def _end(self, char: str, start: int) -> int:
        end = self._chars.find(char, start)
        if end < 0:
            raise _Unclosed
        return end

    def _single(self, into: Builder) -> None:
        end = self._end("'", self.at + 1)
        into.take(self.at + 1, end, "single")
        self.at = end + 1

    def _escaped(self, into: Builder) -> None:
        if not self._chars.startswith(("\\\n", "\\\r\n"), self.at):
            end = min(self.at + 2, len(self._chars))
            into.take(self.at + 1, end, "escaped")
            self.at = end
        else:
            self.at = self._chars.index("\n", self.at) + 1

    def _double(self, into: Builder) -> None:
        self.at += 1
        while not self._chars.startswith('"', self.at):
            self._expanded(into, '"\\$`', "double")
        self.at += 1

    def _expanded(self, into: Builder, escapable: str, way: str) -> None:
        """One part of what stands in double quotes, or in a heredoc."""
        char = self._chars[self.at : self.at + 1]
        if not char:
            raise _Unclosed
        if char == "\\":
            self._backslash(into, escapable, way)
        elif char == "$":
            self._dollar(into, way)
        elif char == "`":
            end = self._end("`", self.at + 1) + 1
            self._fill(into, end)
        elif found := _INSIDE.match(self._chars, self.at):
            self._take(into, found.end(), way)
        else:
            self._take(into, self.at + 1, way)

    def _backslash(self, into: Builder, escapable: str, way: str) -> None:
        following = self._chars[self.at + 1 : self.at + 2]
        if following == "\n":
            self.at += 2
        elif following and following in escapable:
            into.put(following, self.at, self.at + 2, way)
            self.at += 2
        else:
            self._take(into, self.at + 1, way)

    def _fill(self, into: Builder, end: int) -> None:
        into.put(FILLED, self.at, end, "filled")
        self.at = end

    def _dollar(self, into: Builder, way: str) -> None:
        if way == "bare" and self._chars.startswith("$'", self.at):
            found = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL).match(self._chars, self.at)
            if not found:
                raise _Unclosed
            into.take(found.start(1), found.end(1), "ansi")
            self.at = found.end()
        elif found := _CAT.match(self._chars, self.at):
            self._printed(into, found.end())
        elif self._chars.startswith("$(", self.at):
            self._fill(into, self._end(")", self.at) + 1)
        elif found := _VARIABLE.match(self._chars, self.at):
            self._fill(into, found.end())
        else:
            self._take(into, self.at + 1, way)

    def _printed(self, into: Builder, heredoc: int) -> None:
        """`$(cat <<WORD …)`: what the heredoc says."""
        self._into_heredoc(into, heredoc)
        self.at = self._end(")", self.at) + 1

    def line_behind(self, start: int) -> Text:
        """What follows on the line of a heredoc's beginning."""
        return self._source[start : self._end("\n", start)]

    def heredoc(self, start: int) -> Text:
        """The text of the heredoc that begins there."""
        into = Builder(self._source)
        self._into_heredoc(into, start)
        return into.done()

    def lines(self, into: Builder) -> None:
        """All of the source, as a heredoc's lines are read."""
        while self.at < len(self._chars):
            self._expanded(into, "\\$`", "heredoc")

    def _into_heredoc(self, into: Builder, start: int) -> None:
        found = _HEREDOC.match(self._chars, start)
        if not found:
            raise _Unclosed
        first = self._end("\n", max(self.at, start)) + 1
        ending = re.compile(rf"^[ \t]*{found['word']}[ \t]*\r?$", re.MULTILINE).search(self._chars, first)
        if not ending:
            raise _Unclosed
        if found["quote"]:
            into.take(first, ending.start(), "literal heredoc")
        else:
            into.add(_expanded(self._source[first : ending.start()]))
        self.at = ending.end()


def _expanded(lines: Text) -> Text:
    """The lines of a heredoc in which the shell fills in variables."""
    into = Builder(lines)
    _Scanner(lines).lines(into)
    return into.done()
