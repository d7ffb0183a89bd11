"""Runs side by side: what newly fails, what is mended, what disappeared, latencies beyond their noise, the rest.

The first run is the one the others are compared with. Latencies are compared by operation: the medians differ when they
lie apart by more than both spreads (the distance of the quartiles) and by more than a fifth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median, quantiles
from typing import Any

from .operations import operation
from .reading import Judged, Report

Json = Any

#: Share of the older median by which another must differ at least to be named.
LEAST_SHIFT = 0.2
#: Fewest requests of an operation in each run that say something of its latency.
FEWEST = 5


@dataclass(frozen=True)
class Difference:
    """One thing that two runs do not share: its kind (a key of WORDS), what it is about, then and now."""

    kind: str
    about: str
    then: str
    now: str


#: Kinds that make `compare` exit 1: what was known to hold does so no longer, or nobody looked.
REGRESSIONS = ("newly-failing", "disappeared", "ends-cut")


def differences(old: Report, new: Report) -> list[Difference]:
    """Everything that differs, regressions first."""
    found = chain(_ends(old, new), _verdicts(old, new), _facts(old, new), _latencies(old, new))
    return sorted(found, key=lambda one: (ORDER.index(one.kind), one.about))


ORDER = (*REGRESSIONS, "mended", "appeared", "moved-verdict", "other-target", "slower", "faster")


def _ends(old: Report, new: Report) -> Iterator[Difference]:
    if new.cut and not old.cut:
        yield Difference("ends-cut", str(new.path), str(len(old.judgements)), str(len(new.judgements)))


def _verdicts(old: Report, new: Report) -> Iterator[Difference]:
    before, after = ({one.id: one for one in run.judgements} for run in (old, new))
    for requirement in before.keys() | after.keys():
        one, other = before.get(requirement), after.get(requirement)
        kind = _kind(one, other)
        if kind:
            then, now = (each.verdict.value if each else "" for each in (one, other))
            yield Difference(kind, requirement, then, now)


def _kind(one: Judged | None, other: Judged | None) -> str:
    """What became of a requirement; nothing where it is judged as before."""
    if one is None or other is None:
        return "appeared" if one is None else "disappeared"
    if one.verdict == other.verdict:
        return ""
    if _held(one) and _broken(other):
        return "newly-failing"
    if _broken(one) and _held(other):
        return "mended"
    return (
        "disappeared"
        if one.meaning.judged and not other.meaning.judged and not other.meaning.fails
        else "moved-verdict"
    )


def _held(one: Judged) -> bool:
    return one.meaning.judged and not _broken(one)


def _broken(one: Judged) -> bool:
    return one.meaning.fails or one.meaning.outcome == "warned"


def _facts(old: Report, new: Report) -> Iterator[Difference]:
    before, after = (dict(facts(run.header)) for run in (old, new))
    for name in before.keys() | after.keys():
        if before.get(name) != after.get(name):
            yield Difference("other-target", name, str(before.get(name, "")), str(after.get(name, "")))


#: What of a header two runs of one target share.
FACTS = ("engine", "lacking", "versions", "insecure", "requirements")


def facts(header: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """What a run was made with, by name: engine, what the target lacks, versions, settings."""
    for name in FACTS:
        value = header.get(name)
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", one) for key, one in value.items())
        else:
            yield name, value
    yield from ((f"settings.{key}", one["value"]) for key, one in header["settings"].items() if key not in PLACES)


#: Settings that say where a run writes or what it talks to, not how it judges.
PLACES = ("", "host", "endpoint", "advertise", "ca", "journal", "report", "record", "lang")


def latencies(report: Report) -> dict[str, list[float]]:
    """Operation -> seconds of each answered request, in the order of the run."""
    found: dict[str, list[float]] = {}
    for one in report.judgements:
        for request in one["requests"] or ():
            if request["status"] is not None:
                found.setdefault(operation(request["method"], request["path"]), []).append(request["seconds"])
    return found


def _latencies(old: Report, new: Report) -> Iterator[Difference]:
    before, after = latencies(old), latencies(new)
    for name in before.keys() & after.keys():
        kind = shift(before[name], after[name])
        if kind:
            yield Difference(kind, name, told(before[name]), told(after[name]))


def shift(before: Sequence[float], after: Sequence[float]) -> str:
    """`slower` or `faster` where the medians lie apart beyond the noise; nothing where they do not, or too few are
    known."""
    if min(len(before), len(after)) < FEWEST:
        return ""
    then, now = median(before), median(after)
    noise = _spread(before) + _spread(after)
    if abs(now - then) <= max(noise, LEAST_SHIFT * then):
        return ""
    return "slower" if now > then else "faster"


def told(seconds: Sequence[float]) -> str:
    """The median of latencies and their noise, in words."""
    return f"{1000 * median(seconds):.1f} ms ± {1000 * _spread(seconds):.1f}"


def _spread(seconds: Sequence[float]) -> float:
    if len(seconds) < 2:
        return 0.0
    low, _, high = quantiles(seconds, n=4)
    return high - low
