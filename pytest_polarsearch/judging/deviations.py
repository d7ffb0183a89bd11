"""The ledger of deviations: what a target's owner declares not to hold, read strictly, set against what was judged."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from ..requirements.registry import Requirement
from ..settings import closest
from .verdicts import Judgement, Verdict

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Json = Any

VERSION = 1
HEAD = f"""# What this target is known to do otherwise. Say in each reason why, and link to who works on it.
version = {VERSION}
"""
HEADER = re.compile(r"^\s*\[\[\s*deviation\s*\]\]")
#: How long an entry of a first ledger is good for.
FIRST_TERM = timedelta(days=90)
#: What did not hold. Errors of set-up and of ours are never excused, nor what was not judged.
BROKEN = (Verdict.FAIL, Verdict.WARN, Verdict.NOT_OBSERVED)


class LedgerError(ValueError):
    """The file is no ledger; the message names file, line and the closest word that is possible."""


@dataclass(frozen=True)
class Kind:
    """What an entry promises: verdicts that it excuses, verdicts that disprove it, whether it must end one day."""

    excuses: tuple[Verdict, ...]
    disproved_by: Mapping[Verdict, Verdict]
    expires: bool = False


PASSED = {Verdict.PASS: Verdict.UNEXPECTED_PASS}
KINDS: Mapping[str, Kind] = {
    "known-failing": Kind(BROKEN, PASSED, expires=True),
    "known-flaky": Kind(BROKEN, {}, expires=True),
    "not-implemented": Kind(BROKEN, PASSED),
    "expected-skip": Kind((), {Verdict.PASS: Verdict.STALE, Verdict.WARN: Verdict.STALE}),
}
#: Field of an entry -> (its type, what it takes). A time of day is a `date` to Python too, and is refused.
FIELDS: Mapping[str, tuple[type, str]] = {
    "id": (str, "the id of a requirement in quotes"),
    "kind": (str, f"one of {', '.join(KINDS)}"),
    "reason": (str, "a sentence in quotes"),
    "link": (str, "an address in quotes"),
    "expiry": (date, "a date without quotes, such as 2027-03-31"),
    "engine": (str, 'a line of engines in quotes, such as "3.3"'),
}
REQUIRED = ("id", "kind", "reason")


@dataclass(frozen=True)
class Deviation:
    """One entry. `where` is file and line; without `engine` it is for all engines."""

    id: str
    kind: str
    reason: str
    where: str
    link: str = ""
    expiry: date | None = None
    engine: str = ""

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.expiry is not None and self.expiry < today

    def overlaps(self, other: Deviation) -> bool:
        """Whether both speak of the same requirement on some engine."""
        return self.id == other.id and (not self.engine or not other.engine or self.engine == other.engine)

    def __str__(self) -> str:
        until = f", until {self.expiry}" if self.expiry else ""
        return f"{self.kind}: {self.reason}{f' ({self.link})' if self.link else ''} [{self.where}{until}]"


@dataclass(frozen=True)
class Ledger:
    """All entries of a file, and the day of the run."""

    entries: tuple[Deviation, ...] = ()
    today: date = date.max

    def settle(self, judged: Judgement, line: str) -> Judgement:
        """The judgement as the first entry for it and this line of engines makes it."""
        entry = next((one for one in self.entries if one.id == judged.id and one.engine in ("", line)), None)
        if entry is None:
            return judged
        kind = KINDS[entry.kind]
        if judged.verdict in kind.disproved_by:
            return _settled(judged, kind.disproved_by[judged.verdict], entry)
        if judged.verdict not in kind.excuses:
            return judged
        return _settled(judged, Verdict.EXPIRED if entry.expired(self.today) else Verdict.DEVIATION, entry)

    def problems(self, known: Collection[str]) -> Iterator[tuple[str, str, Deviation]]:
        """What is wrong whatever ran: a word for the sentence, what completes it, and the entry."""
        for number, entry in enumerate(self.entries):
            if entry.id not in known:
                yield "unknown", closest(entry.id, known), entry
            if entry.expired(self.today):
                yield "expired", str(entry.expiry), entry
            first = next((one for one in self.entries[:number] if one.overlaps(entry)), None)
            if first is not None:
                yield "duplicate", first.where, entry


def _settled(judged: Judgement, verdict: Verdict, entry: Deviation) -> Judgement:
    seen = f"{entry}; seen: {judged.why}" if judged.why else str(entry)
    return replace(judged, verdict=verdict, code=f"{verdict.value}:{entry.kind}", why=seen)


# --- reading ----------------------------------------------------------------------------------------------------


def read_ledger(path: Path, today: date) -> Ledger:
    """The ledger of a file. Raises LedgerError."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LedgerError(f"{path} cannot be read as a ledger of deviations: {error}") from None
    _only(f"{path}", document, ("version", "deviation"))
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise LedgerError(f"{path}: version is {version!r}; this kit reads `version = {VERSION}`")
    rows = document.get("deviation", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LedgerError(f"{path}: an entry begins with a line [[deviation]], in double brackets")
    return Ledger(tuple(_entry(row, _Place(path, text, i)) for i, row in enumerate(rows)), today)


class _Place:
    """Where in the file an entry stands; the reader of TOML does not say."""

    def __init__(self, path: Path, text: str, number: int) -> None:
        self._path, self._lines = path, text.splitlines()
        starts = [i for i, line in enumerate(self._lines) if HEADER.match(line)]
        self._start = starts[number] if number < len(starts) else 0
        self._end = starts[number + 1] if number + 1 < len(starts) else len(self._lines)

    def of(self, key: str = "") -> str:
        """File and line of a field, or of the entry."""
        field = re.compile(rf"""^\s*["']?{re.escape(key)}["']?\s*=""")
        inside = (i for i in range(self._start, self._end) if key and field.match(self._lines[i]))
        return f"{self._path}:{next(inside, self._start) + 1}"


def _only(where: str, row: Mapping[str, Json], known: Collection[str]) -> None:
    for key in row:
        if key not in known:
            raise LedgerError(f"{where}: {key!r} is unknown{closest(key, known)}; it takes {', '.join(known)}")


def _entry(row: Mapping[str, Json], place: _Place) -> Deviation:
    for key in row:
        _only(place.of(key), {key: None}, FIELDS)
    for key, value in row.items():
        kind, takes = FIELDS[key]
        if not isinstance(value, kind) or isinstance(value, datetime) or value == "":
            raise LedgerError(f"{place.of(key)}: {key} is {value!r}; it takes {takes}")
    _whole(row, place)
    return Deviation(**row, where=place.of())


def _whole(row: Mapping[str, Json], place: _Place) -> None:
    name = row.get("id", "the entry")
    for key in REQUIRED:
        if key not in row:
            raise LedgerError(f"{place.of()}: {name} has no {key}; it takes {FIELDS[key][1]}")
    if row["kind"] not in KINDS:
        strange = f"kind is {row['kind']!r}; it takes {FIELDS['kind'][1]}"
        raise LedgerError(f"{place.of('kind')}: {strange}{closest(row['kind'], KINDS)}")
    if KINDS[row["kind"]].expires and "expiry" not in row:
        raise LedgerError(f"{place.of()}: {name} is {row['kind']} and has no expiry; it takes {FIELDS['expiry'][1]}")


# --- writing ----------------------------------------------------------------------------------------------------


def first_ledger(failing: Iterable[str], requirement: Callable[[str], Requirement | None], today: date) -> str:
    """The text of a first ledger: an entry for each id. No word of the target is in it, so no secret can be."""
    return HEAD + "".join(_first_entry(one, requirement(one), today) for one in failing)


def _first_entry(failing: str, row: Requirement | None, today: date) -> str:
    comment = f"# {row.level}: {row.en}\n" if row else ""
    fields = {"id": failing, "kind": "known-failing", "reason": f"found failing on {today}; not yet looked into"}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]
    return "\n".join([f"\n{comment}[[deviation]]", *lines, f"expiry = {today + FIRST_TERM}\n"])
