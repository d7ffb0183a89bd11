"""Compares two recordings request by request: statuses, shapes of errors, vectors of one text, order of documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..checks.contract import Failure
from ..checks.measures import cosine, rows, vectors
from ..exchange import Exchange, NotJson
from ..provision.naming import unmarked
from .reading import Recording
from .tape import Tape, exchange_of
from .tolerances import Tolerances

Json = Any
Key = tuple[str, str, str]

#: Fields of answers whose values are another in every run.
IDS = re.compile(r'"(?:connector_id|model_id|task_id|model_group_id|_id)"\s*:\s*"([^"]+)"')


@dataclass(frozen=True)
class Difference:
    """One thing that is otherwise: `kind` is a word of the report, `request` where it was seen."""

    kind: str
    id: str
    request: str
    first: str
    second: str


@dataclass(frozen=True)
class Comparison:
    """What two recordings have in common (checks, pairs of requests), and what is otherwise."""

    checks: int
    pairs: int
    differences: Sequence[Difference]


def compare(first: Recording, second: Recording, tolerances: Tolerances) -> Comparison:
    """Everything that both hold, compared."""
    ids = [one for one in first.cases if one in second.cases and not tolerances.ignores(one)]
    sides = Side(first), Side(second)
    pairs, found = 0, []
    for one in ids:
        found += list(_verdicts(one, first, second))
        for ours, theirs in _paired(sides[0].requests(one), sides[1].requests(one)):
            pairs += 1
            found += list(_answers(one, ours, theirs, tolerances))
    return Comparison(len(ids), pairs, found)


def _verdicts(one: str, first: Recording, second: Recording) -> Iterator[Difference]:
    verdicts = [str((side.cases[one].judged or {}).get("verdict", "none")) for side in (first, second)]
    if verdicts[0] != verdicts[1]:
        yield Difference("verdict", one, "", *verdicts)


class Side:
    """One recording, with what is another in every run taken out of its requests."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        tapes = [*(case.tape for case in recording.cases.values()), *recording.models.values()]
        self._ids = {found for tape in tapes for one in _exchanges(tape) for found in IDS.findall(one.text)}

    def requests(self, case_id: str) -> dict[Key, list[Exchange]]:
        """The exchanges of one check by what was asked, in order."""
        case, found = self._recording.cases[case_id], {}  # type: ignore[var-annotated]
        target = self._recording.targets.get(case.worker, {})
        for one in _exchanges(case.tape):
            found.setdefault(self._key(one, target), []).append(one)
        return found

    def asked(self, case_id: str) -> set[Key]:
        """What was asked in one check, or while its worker made the models that checks share."""
        case = self._recording.cases[case_id]
        shared = [tape for (worker, _), tape in self._recording.models.items() if worker == case.worker]
        target = self._recording.targets.get(case.worker, {})
        return {self._key(one, target) for tape in (case.tape, *shared) for one in _exchanges(tape)}

    def _key(self, one: Exchange, target: Mapping[str, Json]) -> Key:
        body = (one.request_body or b"").decode("utf-8", "replace")
        return one.method, self._neutral(one.path, target), self._neutral(body, target)

    def _neutral(self, text: str, target: Mapping[str, Json]) -> str:
        for name in ("service", "observed"):
            if target.get(name):
                text = text.replace(f"{target[name]['scheme']}://{target[name]['netloc']}", "SERVICE")
                text = text.replace(target[name]["netloc"], "SERVICE").replace(json.dumps(target[name]["key"]), '"KEY"')
        return re.sub(r"[A-Za-z0-9_:-]{16,}", lambda found: "ID" if found[0] in self._ids else found[0],
                      unmarked(text))  # fmt: skip


def _exchanges(tape: Tape) -> list[Exchange]:
    return [exchange_of(tape.events[place]) for place in tape.places("exchange")]


def _paired(
    ours: Mapping[Key, Sequence[Exchange]], theirs: Mapping[Key, Sequence[Exchange]]
) -> Iterator[tuple[Exchange, Exchange]]:
    """The same request's exchanges on both sides; how often a state was looked at differs from run to run."""
    for key, mine in ours.items():
        yield from zip(mine, theirs.get(key, ()), strict=False)


def _answers(one: str, ours: Exchange, theirs: Exchange, tolerances: Tolerances) -> Iterator[Difference]:
    request = f"{ours.method} {ours.path}"
    if ours.status != theirs.status:
        yield Difference("status", one, request, str(ours.status), str(theirs.status))
    elif ours.ok:
        yield from (Difference(kind, one, request, *both) for kind, *both in _contents(ours, theirs, tolerances))
    else:
        yield from (Difference(kind, one, request, *both) for kind, *both in _errors(ours, theirs))


def _errors(ours: Exchange, theirs: Exchange) -> Iterator[tuple[str, str, str]]:
    if ours.error_type != theirs.error_type:
        yield "error-type", ours.error_type or "none", theirs.error_type or "none"
    shapes = [_shape(side) for side in (ours, theirs)]
    if shapes[0] != shapes[1]:
        yield "error-shape", *shapes  # type: ignore[misc]


def _shape(one: Exchange) -> str:
    """The paths of an error's fields; of what is no JSON the media type."""
    try:
        return " ".join(sorted(set(_paths(one.json)))) or "{}"
    except NotJson:
        return one.content_type or "no content type"


def _paths(value: Json, at: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, f"{at}.{key}" if at else str(key))
    elif isinstance(value, list):
        for inner in value[:1]:
            yield from _paths(inner, f"{at}[]")
    else:
        yield f"{at}:{'null' if value is None else type(value).__name__}"


def _contents(ours: Exchange, theirs: Exchange, tolerances: Tolerances) -> Iterator[tuple[str, str, str]]:
    mine, other = _vectors(ours), _vectors(theirs)
    sizes = [[len(vector) for vector in side] for side in (mine, other)]
    if sizes[0] != sizes[1]:
        yield "dimension", str(sizes[0]), str(sizes[1])
    else:
        likeness = min((cosine(a, b) for a, b in zip(mine, other, strict=True) if len(a) > 1), default=1.0)
        if likeness < tolerances.cosine:
            yield "cosine", f"{likeness:.4f}", f"{tolerances.cosine:g}"
    scores = [_scores(side) for side in (ours, theirs)]
    if scores[0].keys() == scores[1].keys() and len(scores[0]) > 1:
        together = correlation([(scores[0][place], scores[1][place]) for place in sorted(scores[0])])
        if together < tolerances.rank:
            yield "rank", f"{together:.2f}", f"{tolerances.rank:g}"


def _vectors(one: Exchange) -> list[Sequence[float]]:
    """The vectors of an answer of the cluster or of a service; none where it is about something else."""
    try:
        return vectors(one) or list(rows(one))
    except (Failure, NotJson, AttributeError, TypeError):
        return []


def _scores(one: Exchange) -> dict[int, float]:
    """Document -> score, wherever they stand in the answer."""
    try:
        found = list(_scored(one.json))
    except NotJson:
        return {}
    return dict(found or enumerate(vector[0] for vector in _vectors(one) if len(vector) == 1))


def _scored(value: Json) -> Iterator[tuple[int, float]]:
    if isinstance(value, dict):
        index, score = value.get("index"), value.get("relevance_score")
        if isinstance(index, int) and isinstance(score, int | float):
            yield index, float(score)
        for inner in value.values():
            yield from _scored(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scored(inner)


def correlation(pairs: Sequence[tuple[float, float]]) -> float:
    """Spearman's rank correlation: 1 for the same order, -1 for the reverse; ties share a rank."""
    ranks = [_ranks([pair[side] for pair in pairs]) for side in (0, 1)]
    middle = (len(pairs) - 1) / 2
    away = [[rank - middle for rank in side] for side in ranks]
    spread = [sum(x * x for x in side) for side in away]
    if not all(spread):
        return 1.0 if ranks[0] == ranks[1] else 0.0
    return float(sum(a * b for a, b in zip(*away, strict=True)) / (spread[0] * spread[1]) ** 0.5)


def _ranks(values: Iterable[float]) -> list[float]:
    values = list(values)
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) - 1) / 2 for value in values
    ]
