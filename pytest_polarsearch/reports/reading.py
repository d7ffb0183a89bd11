"""Reads an event stream back, as far as it goes, into what every report is made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..judging.verdicts import MEANINGS, Meaning, Verdict
from ..judging.words import in_language
from ..requirements.registry import Requirement, load
from .events import FORMAT

Json = Any


class StreamError(ValueError):
    """The file is no event stream that this version reads; the message says what it is, and what to do."""


@dataclass(frozen=True)
class Judged:
    """One judgement as its event has it, with the row that it judges (None where this version has no such row)."""

    event: Mapping[str, Json] = field(repr=False)
    requirement: Requirement | None

    @property
    def id(self) -> str:
        """The requirement's id."""
        return str(self.event["id"])

    @property
    def subject(self) -> str:
        """The part of the id before the first dot."""
        return self.id.partition(".")[0]

    @property
    def level(self) -> str:
        """MUST, SHOULD, MAY or INFO."""
        return str(self.event["level"])

    @property
    def verdict(self) -> Verdict:
        """How it was judged."""
        return Verdict(self.event["verdict"])

    @property
    def meaning(self) -> Meaning:
        """What the verdict does to the run."""
        return MEANINGS[self.verdict]

    def sentence(self, lang: str) -> str:
        """The rule in `en` or `zh`; the id where the row is gone."""
        return self.requirement.sentence(lang) if self.requirement else self.id

    def told(self, name: str, lang: str) -> Json:
        """A field that people read (`why`, `looked_at`, `expected`, `actual`, `notes`, `left`) in a language."""
        return in_language({name: self[name], **self.event}, name, lang)

    def facts(self, lang: str) -> list[tuple[str, str]]:
        """What was looked at, expected and found, each under its key of WORDS; what is empty is left out."""
        found = self.told("actual", lang) or self.told("why", lang)
        facts = (("looked-at", "looked_at"), ("expected", "expected"))
        told = [*((key, self.told(name, lang)) for key, name in facts), ("actual", found)]
        return [(key, text) for key, text in told if text]

    def __getitem__(self, name: str) -> Json:
        return self.event.get(name, "")


@dataclass(frozen=True)
class Report:
    """A run as its stream tells it. `end` is empty where the stream was cut."""

    path: Path
    header: Mapping[str, Json] = field(repr=False)
    judgements: Sequence[Judged] = field(repr=False)
    end: Mapping[str, Json] = field(repr=False)

    @property
    def cut(self) -> bool:
        """Whether the run, or the file, ended before its time."""
        return not self.end

    @property
    def target(self) -> str:
        """Cluster and engine in a few words."""
        return f"{self.header['cluster']['url']} ({self.header['engine']['name']})"

    def left(self, lang: str) -> Sequence[str]:
        """What the run could not remove or put back, as sentences in a language."""
        told: Sequence[str] = in_language(self.end, "left", lang) if self.end else ()
        return told

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Level -> verdict -> how many, MUST first."""
        found: dict[str, dict[str, int]] = {}
        for level in LEVELS:
            for one in self.judgements:
                if one.level == level:
                    row = found.setdefault(level, {})
                    row[one.verdict.value] = row.get(one.verdict.value, 0) + 1
        return found

    @property
    def red(self) -> list[Judged]:
        """What fails the run."""
        return [one for one in self.judgements if one.meaning.fails]


LEVELS = ("MUST", "SHOULD", "MAY", "INFO")


def read_stream(path: Path) -> Report:
    """The run in a file. Raises StreamError, with a sentence, where there is none to read."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise StreamError(f"{path} cannot be read: {error.strerror}; give the {path.name} of a report folder") from None
    events = list(_whole(lines))
    if not events or events[0].get("event") != "run":
        raise StreamError(f"{path} does not begin as an event stream does; give a run.ndjson of --polarsearch-report")
    if events[0]["format"] > FORMAT:
        raise StreamError(f"{path} has format {events[0]['format']}, this version reads {FORMAT}: update the package")
    rows = load()
    judged = [Judged(one, rows.get(one["id"])) for one in events if one["event"] == "judgement"]
    return Report(path, events[0], judged, events[-1] if events[-1]["event"] == "end" else {})


def _whole(lines: Iterable[bytes]) -> Iterable[dict[str, Json]]:
    """Events up to the first line that is not whole."""
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            return
        if not isinstance(event, dict):
            return
        yield event
