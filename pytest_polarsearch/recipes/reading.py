"""Finds the JSON bodies in a file: the whole of it, behind `-d '…'` of a curl, or below a Dashboards request line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = Any

#: A request line of Dashboards, or the address in a curl, before a body.
REQUEST = re.compile(
    r"^(?P<method>GET|PUT|POST|DELETE)\s+(?P<path>/?[_\w][^\s]*)[ \t]*$|curl[^\n]*?(?P<url>/_[^\s\"']+)", re.M
)
#: A body in single quotes; where they are ended for a variable in double ones, the shell fills that in.
FILLED = r"""'"\$\{?\w+\}?"'"""
QUOTED = re.compile(rf"(?:-d|--data(?:-raw|-binary)?)\s+'(?P<body>(?:[^']|{FILLED})*)'")


@dataclass(frozen=True)
class Body:
    """One JSON body: where it begins in its file, the request's path, whether a shell has it in single quotes."""

    text: str = field(repr=False)
    start: int
    path: str
    quoted: bool
    json: Json = field(repr=False)

    def find(self, literal: str) -> int:
        """Offset in the file of a literal of this body; of the body where it stands escaped."""
        found = self.text.find(literal)
        return self.start + max(found, 0)


def bodies(text: str) -> Iterator[Body]:
    """Every body that is JSON, in the order of the file."""
    whole = _parsed(text)
    if isinstance(whole, dict):
        yield Body(text, 0, "", quoted=False, json=whole)
        return
    found = [*_quoted(text), *_below_request_lines(text)]
    yield from sorted(found, key=lambda body: body.start)


def _quoted(text: str) -> Iterator[Body]:
    for match in QUOTED.finditer(text):
        before = [one for one in REQUEST.finditer(text, 0, match.start()) if one["url"]]
        body = re.sub(FILLED, lambda filled: "x" * len(filled[0]), match["body"])
        parsed, path = _parsed(body), before[-1]["url"] if before else ""
        if isinstance(parsed, dict):
            yield Body(body, match.start("body"), path, quoted=True, json=parsed)


def _below_request_lines(text: str) -> Iterator[Body]:
    decoder = json.JSONDecoder()
    for match in REQUEST.finditer(text):
        rest = text[match.end() :]
        brace = len(rest) - len(rest.lstrip())
        if match["path"] and rest.lstrip().startswith("{"):
            try:
                parsed, end = decoder.raw_decode(rest, brace)
            except ValueError:
                continue
            yield Body(rest[brace:end], match.end() + brace, match["path"], quoted=False, json=parsed)


def _parsed(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
