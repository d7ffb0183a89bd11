"""Judges a file by all rules, and leaves out what its comments, or its reader, do not want to hear."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from . import predicts, templates, trust, values
from .comments import silences
from .connector import Connector, File
from .findings import Finding, Found, rules
from .reading import Body, NothingError, Recipes, Request, recipes

#: Rules of one body, of one connector, of one request, of the file.
BODIES: tuple[Callable[[Body, File], Found], ...] = (
    trust.judge_patterns, values.judge_values, values.judge_slots, predicts.routes, predicts.retired, predicts.stream,
)  # fmt: skip
CONNECTORS: tuple[Callable[[Connector, File], Found], ...] = templates.JUDGES
REQUESTS: tuple[Callable[[Request], Found], ...] = (values.judge_address, values.judge_account, values.judge_words)
FILES: tuple[Callable[[File], Found], ...] = (trust.covered, predicts.top_n)


def lint(source: str, *, engine: str | None = None, only: Collection[str] | None = None) -> list[Finding]:
    """All findings of a file, in its order; of some rules if they are given, for one engine or any.

    Raises ValueError where the file holds nothing to judge, or is none of the forms that are read.
    """
    secrets = list(values.secrets(source))
    try:
        file = File(recipes(source), engine)
    except NothingError:
        if not secrets:
            raise
        file = File(Recipes(), engine)
    silent = silences(source, file.found.units)
    wanted = frozenset(rules() if only is None else only)
    kept = {
        one for one in (*secrets, *_all(file)) if one.rule in wanted and not any(quiet.covers(one) for quiet in silent)
    }  # fmt: skip
    return sorted(kept, key=lambda one: (one.start, one.rule, one.end))


def _all(file: File) -> Iterator[Finding]:
    for body in file.found.bodies:
        for judge in BODIES:
            yield from judge(body, file)
    for connector in file.connectors:
        for rule in CONNECTORS:
            yield from rule(connector, file)
    for request in file.found.requests:
        for look in REQUESTS:
            yield from look(request)
    for whole in FILES:
        yield from whole(file)
    yield from (Finding("not-json", start, end, why) for start, end, why in file.found.broken)
