"""Points of the two plots, in the units of their drawings: requests over time, and latencies by operation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log10
from statistics import quantiles
from typing import Any

from .comparing import latencies
from .operations import operation
from .reading import Report

#: Marks up to which each says what it is.
TITLED = 600
#: Width of a drawing, height of a lane, most marks in one drawing.
WIDTH, LANE, MOST = 900, 18, 1500


@dataclass(frozen=True)
class Mark:
    """One request: where it begins, how wide it is, whether it was answered well, what it was."""

    x: float
    width: float
    ok: bool
    title: str


@dataclass(frozen=True)
class Lane:
    """One operation in the timeline."""

    name: str
    marks: Sequence[Mark]


def timeline(report: Report) -> dict[str, Any]:
    """Lanes by operation in the order of their first request, and the seconds that the drawing is wide."""
    requests = [(one, request) for one in report.judgements for request in one["requests"] or ()]
    if not requests:
        return {"lanes": [], "seconds": 0.0, "left_out": 0}
    begin = min(request["at"] for _, request in requests)
    seconds = max(request["at"] + request["seconds"] for _, request in requests) - begin or 1.0
    lanes: dict[str, list[Mark]] = {}
    for one, request in _thinned(sorted(requests, key=lambda pair: pair[1]["at"])):
        where = (request["at"] - begin) / seconds * WIDTH
        title = (
            f"{one.id}: {request['method']} {request['path']} → {request['status']}, {1000 * request['seconds']:.0f} ms"
        )
        wide = max(1.0, request["seconds"] / seconds * WIDTH)
        mark = Mark(round(where, 1), round(wide, 1), (request["status"] or 999) < 400, title)
        lanes.setdefault(operation(request["method"], request["path"]), []).append(mark)
    drawn = sum(map(len, lanes.values()))
    return {
        "lanes": [Lane(*pair) for pair in lanes.items()], "seconds": seconds, "left_out": len(requests) - drawn,
        "titled": drawn <= TITLED,
    }  # fmt: skip


def _thinned(requests: Sequence[Any]) -> Iterator[Any]:
    """At most MOST of them, evenly."""
    step = max(1, -(-len(requests) // MOST))
    yield from requests[::step]


@dataclass(frozen=True)
class Strip:
    """Latencies of one operation in milliseconds; `points` are their places on a logarithmic scale."""

    name: str
    count: int
    p50: float
    p95: float
    points: Sequence[float]
    at50: float
    at95: float


def strips(report: Report) -> list[Strip]:
    """One strip an operation, the most frequent first."""
    found = latencies(report)
    return [_strip(name, found[name]) for name in sorted(found, key=lambda one: -len(found[one]))]


def _strip(name: str, seconds: Sequence[float]) -> Strip:
    cuts = quantiles(seconds, n=20) if len(seconds) > 1 else [seconds[0]] * 19
    step = max(1, len(seconds) // 300)
    points = [place(one) for one in sorted(seconds)[::step]]
    p50, p95 = sorted(seconds)[len(seconds) // 2], max(cuts[18], 0.0)
    return Strip(name, len(seconds), 1000 * p50, 1000 * p95, points, place(p50), place(p95))


#: The scale: a tenth of a millisecond to a hundred seconds.
DECADES = (-4, 2)


def place(seconds: float) -> float:
    """Where a latency stands in a strip."""
    low, high = DECADES
    share = (log10(max(seconds, 10.0**low)) - low) / (high - low)
    return round(min(max(share, 0.0), 1.0) * WIDTH, 1)
