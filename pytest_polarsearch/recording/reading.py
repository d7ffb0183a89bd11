"""Reads a recording as far as it goes: scopes and their tapes, targets, and what is missing at the end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..words import said
from .tape import CASE, FORMAT, MODEL, Tape

Json = Any


class RecordingError(ValueError):
    """A file is no recording that can be judged; the message says why, and what to do."""


@dataclass(frozen=True)
class Case:
    """One requirement as a worker judged it: its tape, and the verdict of that time (None where the tape is cut)."""

    id: str
    worker: str
    tape: Tape
    judged: Mapping[str, Json] | None = None


@dataclass
class Recording:
    """A file, read: what each worker talked to, cases by id and which of them the run reported, shared models by
    worker and name.

    `missing` are sentences on what the file should hold and does not.
    """

    path: Path
    run: str = ""
    targets: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)
    models: dict[tuple[str, str], Tape] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


@dataclass
class _Hand:
    """What one worker has written so far."""

    lines: int = 0
    ended: bool = False
    scopes: list[tuple[str, str, Tape]] = field(default_factory=list)


def read_recording(path: Path) -> Recording:
    """The recording in a file, as far as it goes. Raises RecordingError where nothing of it can be used."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordingError(said("usage.recording-unread", path=str(path), why=error.strerror)) from None
    return _Reader(path).read(content)


class _Reader:
    """Sorts the lines of one file."""

    def __init__(self, path: Path) -> None:
        self.recording = Recording(path)
        self._hands: dict[str, _Hand] = {}

    def read(self, content: bytes) -> Recording:
        """All events, then what is missing."""
        for event in self._events(content):
            hand = self._hands.setdefault(event["worker"], _Hand())
            hand.lines += 1
            self._take(event, hand)
        if not self.recording.targets:
            raise RecordingError(said("usage.no-recording", path=str(self.recording.path)))
        self._see_what_is_missing()
        return self.recording

    def _events(self, content: bytes) -> Iterator[dict[str, Json]]:
        lines = content.split(b"\n")
        for number, line in enumerate(lines, 1):
            try:
                event = json.loads(line)
                known = isinstance(event["event"], str) and isinstance(event["worker"], str)
            except (ValueError, TypeError, KeyError, RecursionError):
                known = False
            if known:
                yield event
            elif line or number < len(lines):
                self.recording.missing.append(f"line {number} is cut or is no event: what follows is not read")
                return

    def _take(self, event: dict[str, Json], hand: _Hand) -> None:
        take = getattr(self, f"_on_{event['event']}", None)
        if take is not None:
            take(event, hand)
        elif hand.scopes:
            hand.scopes[-1][2].events.append(event)

    def _on_begin(self, event: Mapping[str, Json], _hand: _Hand) -> None:
        if event.get("format") != FORMAT:
            path, found = str(self.recording.path), event.get("format")
            raise RecordingError(said("usage.other-recording", path=path, found=found, wanted=FORMAT))
        self.recording.run = str(event.get("run"))

    def _on_target(self, event: Mapping[str, Json], _hand: _Hand) -> None:
        self.recording.targets[event["worker"]] = event

    def _on_reported(self, event: Mapping[str, Json], _hand: _Hand) -> None:
        one = str(event["name"])
        self.recording.reported.add(one)
        if one in self.recording.cases:  # what it stands on may have made another verdict of the check's own
            self.recording.cases[one] = replace(self.recording.cases[one], judged=event["judged"])

    def _on_open(self, event: Mapping[str, Json], hand: _Hand) -> None:
        kind, name, tape = event["scope"], event["name"], Tape()
        hand.scopes.append((kind, name, tape))
        if kind == CASE:
            self.recording.cases[name] = Case(name, event["worker"], tape)
        elif kind == MODEL:
            self.recording.models[event["worker"], name] = tape

    def _on_close(self, event: Mapping[str, Json], hand: _Hand) -> None:
        if not hand.scopes:
            return
        kind, name, tape = hand.scopes.pop()
        tape.whole = kind != CASE or "judged" in event
        if kind == CASE:
            self.recording.cases[name] = Case(name, event["worker"], tape, event.get("judged"))

    def _on_end(self, event: Mapping[str, Json], hand: _Hand) -> None:
        hand.ended = event.get("lines") == hand.lines

    def _see_what_is_missing(self) -> None:
        self.recording.missing += [
            f"the end of what worker {worker} recorded is not there (killed, crashed, or the file was cut)"
            for worker, hand in self._hands.items()
            if not hand.ended
        ]
        self.recording.missing += [f"{case.id} was not judged to its end" for case in self._cut()]

    def _cut(self) -> list[Case]:
        return [case for case in self.recording.cases.values() if not case.tape.whole]
