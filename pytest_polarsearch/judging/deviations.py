"""The ledger of deviations: what a target's owner declares not to hold, read strictly, set against what was judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ..requirements.registry import CAPABILITIES, Requirement, load
from ..settings import closest
from ..userfile import Field, UserFile
from ..words import said
from .verdicts import Judgement, Verdict

Json = Any

VERSION, TABLE = 1, "deviation"
HEAD = f"""# What this target is known to do otherwise. Say in each reason why, and link to who works on it.
version = {VERSION}
"""
#: How long an entry of a first ledger is good for.
FIRST_TERM = timedelta(days=90)
#: What did not hold. Errors of set-up and of ours are never excused, nor what was not judged.
BROKEN = (Verdict.FAIL, Verdict.WARN, Verdict.NOT_OBSERVED)


@dataclass(frozen=True)
class Kind:
    """What an entry promises: verdicts that it excuses, verdicts that disprove it, and fields that it must have."""

    excuses: tuple[Verdict, ...]
    disproved_by: Mapping[Verdict, Verdict]
    needs: tuple[str, ...] = ()


PASSED = {Verdict.PASS: Verdict.UNEXPECTED_PASS}
KINDS: Mapping[str, Kind] = {
    "known-failing": Kind(BROKEN, PASSED, needs=("expiry",)),
    "known-flaky": Kind(BROKEN, {}, needs=("expiry",)),
    "not-implemented": Kind(BROKEN, PASSED),
    "expected-skip": Kind((), {Verdict.PASS: Verdict.STALE, Verdict.WARN: Verdict.STALE}, needs=("code",)),
}
FIELDS: Mapping[str, Field] = {
    "id": Field("id", required=True),
    "kind": Field("choice", required=True, choices=tuple(KINDS)),
    "reason": Field("sentence", required=True),
    "link": Field("link"),
    "expiry": Field("date"),
    "engine": Field("engine"),
    "profile": Field("profile"),
    "code": Field("code"),
}
#: What an expected skip speaks of: there the code says why.
SKIPS = (Verdict.NOT_APPLICABLE, Verdict.BLOCKED)


@dataclass(frozen=True)
class Deviation:
    """One entry. `where` is file and line; without `engine` it is for all engines, without `profile` for all vendors,
    and `code` is the machine's reason of an expected skip."""

    id: str
    kind: str
    reason: str
    where: str
    link: str = ""
    expiry: date | None = None
    engine: str = ""
    profile: str = ""
    code: str = ""

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.expiry is not None and self.expiry < today

    def overlaps(self, other: Deviation) -> bool:
        """Whether both speak of the same requirement on some engine and some vendor."""
        return self.id == other.id and _meet(self.engine, other.engine) and _meet(self.profile, other.profile)

    def speaks_of(self, requirement: str, line: str, profile: str) -> bool:
        """Whether it is for this requirement, line of engines and vendor."""
        return self.id == requirement and self.engine in ("", line) and self.profile in ("", profile)

    def __str__(self) -> str:
        until = f", until {self.expiry}" if self.expiry else ""
        code = f", {self.code}" if self.code else ""
        return f"{self.kind}{code}: {self.reason}{f' ({self.link})' if self.link else ''} [{self.where}{until}]"


def _meet(one: str, other: str) -> bool:
    """Whether two conditions can hold together; an empty one always does."""
    return not one or not other or one == other


@dataclass(frozen=True)
class Ledger:
    """All entries of a file, and the day of the run."""

    entries: tuple[Deviation, ...] = ()
    today: date = date.max

    def settle(self, judged: Judgement, line: str, profile: str = "") -> Judgement:
        """The judgement as the first entry for it, this line of engines and this vendor's profile makes it."""
        entry = next((one for one in self.entries if one.speaks_of(judged.id, line, profile)), None)
        if entry is None:
            return judged
        kind = KINDS[entry.kind]
        if judged.verdict in kind.disproved_by:
            return _settled(judged, kind.disproved_by[judged.verdict], entry)
        if entry.code and judged.verdict in SKIPS and judged.code != entry.code:
            return _settled(judged, Verdict.STALE, entry)
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
    seen = said("declared", entry=str(entry), why=judged.why) if judged.why else str(entry)
    return replace(judged, verdict=verdict, code=f"{verdict.value}:{entry.kind}", why=seen)


# --- reading ----------------------------------------------------------------------------------------------------


def read_ledger(path: Path, today: date, lang: str = "en") -> Ledger:
    """The ledger of a file. Raises UserFileError, in this language."""
    file = UserFile(path, "ledger", lang, version=VERSION)
    file.only(file.document, ("version", TABLE))
    return Ledger(tuple(_entry(file, row, i) for i, row in enumerate(file.tables(TABLE))), today)


def _entry(file: UserFile, row: Mapping[str, Json], number: int) -> Deviation:
    file.check(row, FIELDS, TABLE, number)
    for key in KINDS[row["kind"]].needs:
        if key not in row:
            file.missing(row, (key, FIELDS[key]), TABLE, number, because=row["kind"])
    code = row.get("code", "")
    if code and code not in _codes():
        where, takes = file.place("code", TABLE, number), file.takes(FIELDS["code"])
        file.refuse("value", where=where, key="code", value=code, takes=takes, near=closest(code, _codes()))
    return Deviation(**row, where=file.place("", TABLE, number))


def _codes() -> list[str]:
    """Every code that something was not judged for can have."""
    known = [*(f"capability:{one}" for one in CAPABILITIES), *(f"blocked:{one}" for one in load())]
    return ["target", "engine", "budget", *known]


# --- writing ----------------------------------------------------------------------------------------------------


def first_ledger(failing: Iterable[str], requirement: Callable[[str], Requirement | None], today: date) -> str:
    """The text of a first ledger: an entry for each id. No word of the target is in it, so no secret can be."""
    return HEAD + "".join(_first_entry(one, requirement(one), today) for one in failing)


def _first_entry(failing: str, row: Requirement | None, today: date) -> str:
    comment = f"# {row.level}: {row.en}\n" if row else ""
    fields = {"id": failing, "kind": "known-failing", "reason": f"found failing on {today}; not yet looked into"}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]
    return "\n".join([f"\n{comment}[[deviation]]", *lines, f"expiry = {today + FIRST_TERM}\n"])
