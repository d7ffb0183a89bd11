"""Rules of what stands in the place of values: nothing yet, a shell's variable, a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .connector import File
from .facts import NOBODYS, SECRETS
from .findings import Finding, Found
from .jsontree import Node
from .reading import Body, Request
from .text import EXPANDED, LEFT_ALONE, Edit

#: `<your_endpoint>`; no group of a pattern, no tag that is closed again, no letter alone.
UNFILLED = re.compile(r"(?<!\(\?)(?<!\\k)<(?P<name>[^\W\d][\w .-]{1,60})>")
_VARIABLE = re.compile(r"(?<![\\$])\$(?:\{(?!(?:parameters?|credentials?)\.)[A-Za-z_]\w*\}|[A-Z][A-Z0-9_]{2,}\b)")
_SLOT = re.compile(r"\$\{(?:parameters|credential)\.[\w.-]+[^}\n]{0,80}\}")
_CLOSED = re.compile(r"</([\w.-]+)")
#: Words of HTML, where a text speaks of them.
_TAGS = frozenset(
    ("br", "hr", "img", "div", "span", "em", "strong", "li", "ul", "ol", "td", "tr", "th", "table", "html", "body",
     "head", "pre", "code")
)  # fmt: skip
#: Where people's own words stand.
_WORDS = ("text_docs", "parameters", "query_text", "input", "texts", "documents", "messages")


def judge_values(body: Body, _file: File) -> Found:
    """Everything in a body that still has to be replaced."""
    for node, free in _places(body.root, connector=body.root.get("actions") is not None):
        if node.kind == "blank":
            yield from _blank(body, node)
        elif node.kind == "text":
            yield from _unfilled(body, node, free=free)
            yield from _variables(body, node, free=free)


def _places(node: Node, *, connector: bool) -> Iterator[tuple[Node, bool]]:
    """Every value, and whether it is people's own words (which may be anything)."""
    rest = [(node, False)]
    while rest:
        one, free = rest.pop()
        yield one, free
        rest += [(item, free) for item in reversed(one.items)]
        below = ((value, free or (not connector and key.value in _WORDS)) for key, value in one.members)
        rest += reversed(list(below))


def _blank(body: Body, node: Node) -> Found:
    value = str(node.value)
    if value.startswith(("<", "$")):
        yield Finding("unfilled", *body.span(node), value)


def placeholders(text: str) -> Iterator[re.Match[str]]:
    """Those of a text that are none of HTML, and no pair of tags."""
    closed = set(_CLOSED.findall(text)) if "</" in text else set()
    for found in UNFILLED.finditer(text):
        name = found["name"].split()[0]
        if name.lower() not in _TAGS and name not in closed:
            yield found


def _unfilled(body: Body, node: Node, *, free: bool) -> Found:
    for found in placeholders(node.text):
        if not free or found[0] == node.text:
            yield Finding("unfilled", *body.span(node, *found.span()), found[0])


def _variables(body: Body, node: Node, *, free: bool) -> Found:
    for found in _VARIABLE.finditer(node.text):
        if free and found[0] != node.text:
            continue
        start, end = body.span(node, *found.span())
        way = body.text.ways[node.start]
        if way not in LEFT_ALONE:
            yield Finding("unfilled", start, end, found[0])
            continue
        edits = (_filled_in(start, end, found[0]),) if way == "single" else ()
        yield Finding("key-in-single-quotes", start, end, found[0], edits)


def _filled_in(start: int, end: int, variable: str) -> Edit:
    """A variable between double quotes, in the middle of single ones."""
    return Edit(start, end, f"'\"${{{variable.strip('${}')}}}\"'")


def judge_slots(body: Body, _file: File) -> Found:
    """Slots that a shell takes for variables of its own."""
    for found in _SLOT.finditer(body.text.chars, body.root.start, body.root.end):
        at = found.start()
        if body.text.ways[at] in EXPANDED and body.text.ends[at] - body.text.starts[at] == 1:
            start, end = body.text.span(*found.span())
            yield Finding("slot-eaten-by-shell", start, end, found[0], (Edit(start, start, "\\"),))


def judge_address(request: Request) -> Found:
    """Values to be filled in, in what is asked."""
    if request.address:
        open_ends = [*placeholders(request.address.chars)]
        if not request.words:
            open_ends += _VARIABLE.finditer(request.address.chars)
        for found in open_ends:
            yield Finding("unfilled", *request.address.span(*found.span()), found[0])


def judge_words(request: Request) -> Found:
    """Variables in the single quotes of an address, a header, an account."""
    for word in request.words:
        for found in _VARIABLE.finditer(word.chars):
            if word.ways[found.start()] == "single":
                start, end = word.span(*found.span())
                yield Finding("key-in-single-quotes", start, end, found[0], (_filled_in(start, end, found[0]),))


def judge_account(request: Request) -> Found:
    """A password on the command line."""
    user = request.user
    if user and user.chars.count(":") == 1 and user.chars.isprintable() and user.chars.isascii():
        password = user.chars.partition(":")[2]
        if password and not NOBODYS.search(password) and not re.search(r"[$<]|password", password):
            at = user.chars.index(":") + 1
            yield Finding("secret", *user.span(at, len(user.chars)))


def secrets(source: str) -> Found:
    """Keys and passwords anywhere in the file, each once."""
    behind = 0
    spans = sorted(found.span() for secret in SECRETS for found in secret.finditer(source))
    for start, end in spans:
        if start >= behind and real(source[start:end]):
            behind = end
            yield Finding("secret", start, end)


def real(word: str) -> bool:
    """Whether it looks like somebody's: of many characters, not the same few over and over."""
    return not NOBODYS.search(word) and len(set(word)) > 6 and any(char.isdigit() for char in word)
