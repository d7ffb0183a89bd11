"""Finds the recipes in a file: the whole of it, what curls send, Dashboards requests, fenced blocks of JSON."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .curl import Command
from .jsontree import JsonError, Node, read, read_all, read_at, skip, written
from .shell import commands
from .text import FILLED, Builder, Edit, Text, plain

Json = Any

#: A request line of Dashboards or of an editor's HTTP client, with its headers.
_REQUEST = re.compile(
    r"^[ \t]*(?P<method>GET|PUT|POST|DELETE|HEAD|PATCH)[ \t]+(?P<path>(?:https?://|/|_)\S*)[ \t]*\r?$"
    r"(?:\n[ \t]*[A-Za-z-]+:[ \t][^\n]*$)*",
    re.MULTILINE,
)
_FENCE = re.compile(
    r"^(?P<indent>[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)*)(?P<fence>`{3,}|~{3,})(?P<language>[^`\n]*)$", re.M
)
#: An object at the beginning of a line.
_OPENING = re.compile(r"^[ \t]*\{", re.MULTILINE)
#: Paths whose bodies have to be JSON.
_JUDGED = re.compile(r"/?_plugins/_ml/|/?_cluster/settings")


#: What documentation puts where it leaves something out.
_LEFT_OUT = re.compile(r"…|\.\.\.")
#: Fields by which a body is known that no request is said of.
FIELDS = (
    "actions", "connector", "credential", "parameters", "persistent", "transient", "text_docs", "connector_id",
    "function_name", "client_config",
)  # fmt: skip


def ours(node: Node) -> bool:
    """Whether a value is a body that is sent to ML Commons, or to the cluster's settings."""
    return any(key.value in FIELDS for key, _ in node.members)


class NothingError(ValueError):
    """A file without anything to judge."""


@dataclass(frozen=True)
class Request:
    """What is asked: the method if it is said, the path from `/_` on, the address as it is written."""

    method: str = ""
    path: str = ""
    address: Text | None = None
    user: Text | None = None
    #: the words of a curl, without what it sends
    words: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Body:
    """One JSON body: its characters with their places, its values, and the request that sends it."""

    text: Text = field(repr=False)
    root: Node = field(repr=False)
    request: Request = Request()

    def span(self, node: Node, start: int = 0, end: int | None = None) -> tuple[int, int]:
        """Offsets in the file of a value, or of some characters of a text."""
        if end is None:
            return self.text.span(node.start, node.end)
        return self.text.span(*written(self.text.chars, node, start, end))

    def edit(self, node: Node, start: int, end: int, new: str) -> Edit | None:
        """What replaces characters of a text by others; None where it cannot be written there."""
        quoted = new if node.quotes == 3 else json.dumps(new, ensure_ascii=False)[1:-1]
        return self.text.edit(*written(self.text.chars, node, start, end), quoted)


@dataclass(frozen=True)
class Unit:
    """A stretch of the file that stands for itself, as a command; what a comment before it is about."""

    start: int
    end: int


@dataclass
class Recipes:
    """All that a file has to judge."""

    bodies: list[Body] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    #: bodies that are no JSON: where in the file, and why
    broken: list[tuple[int, int, str]] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)


def recipes(source: str) -> Recipes:
    """Everything there is to judge. Raises NothingError where there is nothing, ValueError where JSON is broken."""
    whole, found = plain(source), Recipes()
    first = skip(source, 0)
    if source[first : first + 1] in ("{", "["):
        try:
            _whole(whole, found)
        except JsonError as error:
            if not source[:first].strip() and source.rstrip()[-1:] in ("}", "]"):
                line, column = place(source, error.at)
                raise ValueError(f"line {line}, column {column}: no JSON: {error}") from None
        else:
            return found
    for part, language in _parts(whole, found.units):
        _part(part, language, found)
    if not (found.bodies or found.requests or found.broken):
        raise NothingError("it holds no JSON body, no curl that sends one, and no Dashboards request")
    found.bodies.sort(key=lambda body: body.span(body.root))
    return found


def place(source: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1."""
    starts = _lines(source)
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


@lru_cache(maxsize=4)
def _lines(source: str) -> Sequence[int]:
    """Where each line begins."""
    return [0, *(found.end() for found in re.finditer("\n", source))]


def _whole(whole: Text, found: Recipes) -> None:
    root = read(whole.chars)
    found.units.append(Unit(0, len(whole.chars)))
    roots = root.items if root.kind == "list" else (root,)
    found.bodies += [Body(whole, one) for one in roots if ours(one)]
    if not found.bodies:
        raise NothingError(f"its JSON is no recipe: it has none of {', '.join(FIELDS)}")


def _part(part: Text, language: str, found: Recipes) -> None:
    """What one part of the file has: a fenced block, or all that is outside of them."""
    if language and part.chars.lstrip()[:1] == "{":
        try:
            roots = list(read_all(part.chars))
        except JsonError as error:
            if language.startswith("json") and not _LEFT_OUT.search(part.chars):
                found.broken.append((*part.span(error.at, error.at + 1), str(error)))
        else:
            found.bodies += [Body(part, root) for root in roots if ours(root)]
            return
    _dashboards(part, found)
    for command in commands(part):
        _command(part, command, found)
    if not language:
        _alone(part, found)


def _alone(part: Text, found: Recipes) -> None:
    """Bodies between paragraphs, of which no request is said."""
    taken, behind = sorted((unit.start, unit.end) for unit in found.units), 0
    for match in _OPENING.finditer(part.chars):
        at = match.end() - 1
        where = part.span(at, at + 1)[0]
        inside = bisect_right(taken, where, key=lambda one: one[0])
        if at < behind or (inside and where < taken[inside - 1][1]):
            continue
        try:
            root = read_at(part.chars, at)
        except JsonError as error:
            behind = error.at  # no body, but a block of a shell's or of somebody's words
            continue
        behind = root.end
        if ours(root):
            found.bodies.append(Body(part, root))
            found.units.append(Unit(where, part.span(root.end - 1, root.end)[1]))


def _dashboards(part: Text, found: Recipes) -> None:
    for match in _REQUEST.finditer(part.chars):
        path = match["path"]
        request = Request(match["method"], _path(path), part[slice(*match.span("path"))])
        found.requests.append(request)
        end, brace = match.end(), skip(part.chars, match.end())
        if part.chars.startswith("{", brace):
            try:
                root = read_at(part.chars, brace, triple=True)
            except JsonError as error:
                if not _LEFT_OUT.search(part.chars, error.at, error.at + 80):
                    found.broken.append((*part.span(error.at, error.at + 1), str(error)))
            else:
                found.bodies.append(Body(part, root, request))
                end = root.end
        found.units.append(Unit(part.span(match.start(), end)[0], part.span(end - 1, end)[1]))


def _command(part: Text, command: Command, found: Recipes) -> None:
    url = command.url.chars if command.url else ""
    request = Request(command.method, _path(url), command.url, command.user, tuple(command.words))
    if command.curl:
        found.requests.append(request)
    found.units.append(Unit(part.span(command.start, command.end)[0], part.span(command.end - 1, command.end)[1]))
    for data in command.data:
        try:
            root = read(data.chars)
        except JsonError as error:
            whole = data.chars.strip() and FILLED not in data.chars and not _LEFT_OUT.search(data.chars)
            if whole and _JUDGED.match(request.path):
                found.broken.append((*data.span(error.at, error.at + 1), str(error)))
            continue
        if root.kind == "object" and (request.path or ours(root)):
            found.bodies.append(Body(data, root, request))


def _path(address: str) -> str:
    """The path of an address, from where the API begins."""
    at = address.find("/_")
    return address[at:] if at >= 0 else address if address.startswith("_") else ""


def _parts(whole: Text, units: list[Unit]) -> Iterator[tuple[Text, str]]:
    """Fenced blocks, their indentation taken off, each with its language (`text` if it names none); then the rest."""
    outside, at, source = Builder(whole), 0, whole.chars
    while opening := _FENCE.search(source, at):
        closing = re.compile(rf"^[ \t]*{re.escape(opening['fence'])}[`~]*[ \t]*\r?$", re.M).search(
            source, opening.end()
        )
        end = closing.start() if closing else len(source)
        first = min(opening.end() + 1, end)
        outside.take(at, opening.start())
        units.append(Unit(opening.start(), end))
        yield _dedented(whole, first, end, len(opening["indent"])), opening["language"].strip() or "text"
        at = closing.end() if closing else len(source)
    if not at:
        yield whole, ""
        return
    outside.take(at, len(source))
    yield outside.done(), ""


def _dedented(whole: Text, start: int, end: int, depth: int) -> Text:
    """The lines of a block without the blanks before its fence."""
    if not depth:
        return whole[start:end]
    into = Builder(whole)
    for line in re.compile(r"[^\n]*\n|[^\n]+").finditer(whole.chars, start, end):
        blanks = re.compile(rf"[ \t]{{0,{depth}}}").match(line[0])
        into.take(line.start() + (blanks.end() if blanks else 0), line.end())
    return into.done()
