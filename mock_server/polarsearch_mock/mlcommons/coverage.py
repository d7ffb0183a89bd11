"""The coverage table: every route with what stands behind it, made from the route table and the recorded scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .engines import ENGINES
from .rest import path_parts
from .routes import ROUTES, Route, Router

BEGIN, END = "<!-- coverage: begin -->", "<!-- coverage: end -->"
_HEAD = ("| route | engines | evidence |", "| --- | --- | --- |")


def recorded_routes(requests: Mapping[str, Iterable[tuple[str, str]]]) -> dict[Route, set[str]]:
    """Which routes were recorded, on which engines; `requests` has (method, path) pairs by the engine's number."""
    router, found = Router(), dict[Route, set[str]]()
    names = {row.number: row.name for row in ENGINES.values()}
    for number, pairs in requests.items():
        for method, path in set(pairs):
            route = router.find(path_parts(path)).get(method)
            if route is not None and route.handler:
                found.setdefault(route, set()).add(names.get(number, number))
    return found


def _row(route: Route, recorded: set[str]) -> str:
    call = f"`{route.methods.replace(' ', ', ')} {route.pattern}`"
    if not route.handler:
        return f"| {call} | | not emulated: answers 501 |"
    shown = [name for name in ENGINES if name in recorded]
    evidence = "recorded" if shown else "read"
    return f"| {call} | {', '.join(shown or ENGINES)} | {evidence} |"


def table(requests: Mapping[str, Iterable[tuple[str, str]]]) -> str:
    """The table in Markdown, between its markers.

    "recorded" is held against recordings of real engines, "read" follows the source of ML Commons or its reference.
    """
    recorded = recorded_routes(requests)
    rows = [_row(route, recorded.get(route, set())) for route in ROUTES]
    return "\n".join([BEGIN, *_HEAD, *rows, END])


def replaced(text: str, new_table: str) -> str:
    """A document with the table between the markers exchanged; the table at its end where it has none."""
    before, begin, rest = text.partition(BEGIN)
    if not begin:
        return f"{text.rstrip()}\n\n{new_table}\n"
    return before + new_table + rest.partition(END)[2]
