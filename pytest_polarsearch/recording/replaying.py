"""One requirement judged again, live, as a recording has it: the same target, profile, level and set unless others are
given, and every request compared with the one that was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..addresses import parse_address
from ..checks.context import STAGE
from ..judging.verdicts import Judgement
from ..options import OPTIONS
from ..profiles.profile import Profile
from ..profiles.reading import shipped
from ..requirements.registry import load
from ..settings import Settings, SettingsError, Value, closest
from ..words import WORDS, said
from .compare import Side, compare
from .reading import Case, Recording, RecordingError, read_recording
from .tape import Tape, cleaned, plain_exchange
from .tolerances import Tolerances

Json = Any


def recorded_case(settings: Settings) -> tuple[Recording, Case]:
    """The recording that is replayed, and the requirement's case in it. Raises SettingsError, with a sentence."""
    wanted, path = str(settings["replay"]), settings["record"]
    if not path:
        raise SettingsError(said("usage.replay-nothing", wanted=wanted))
    if wanted not in load():
        raise SettingsError(said("usage.replay-unknown", wanted=wanted, near=closest(wanted, load())))
    try:
        recording = read_recording(Path(path))
    except RecordingError as error:
        raise SettingsError(said("usage.replay-unread", wanted=wanted, why=error.args[0])) from None
    case = recording.cases.get(wanted)
    if case is None or case.worker not in recording.targets:
        count, near = len(recording.cases), closest(wanted, recording.cases)
        raise SettingsError(said("usage.replay-not-held", path=path, count=count, wanted=wanted, near=near))
    return recording, case


def as_recorded(settings: Settings) -> Settings:
    """The settings, with what the recorded run had wherever nobody has given another. Raises SettingsError."""
    recording, case = recorded_case(settings)
    then = dict(_recorded(recording.targets[case.worker]))
    origin = f"recording {settings['record']}"
    values = {name: Value(value, origin) for name, value in then.items() if not settings.given(name)}
    return replace(settings, values={**settings.values, **values})


def _recorded(target: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """What of a run's settings its recording says: whom it talked to and how it judged; never a permission."""
    line = ".".join(str(target["engine"]["number"]).split(".")[:2])
    engines = next(option.choices for option in OPTIONS if option.name == "engine")
    if not target["ephemeral"]:
        yield "host", parse_address(target["url"], "https")
    elif line in engines:
        yield "engine", line
    service, observed = target["service"], target["observed"]
    if service != observed:
        yield "endpoint", parse_address(f"{service['scheme']}://{service['netloc']}", "http")
    if target["declared"] or target["profile"]["name"] not in shipped():
        yield "profile", Profile(**target["profile"])
    yield from ((name, target[name]) for name in ("level", "requirements"))


@dataclass(frozen=True)
class Replayed:
    """What came of a replay: whether this version asked what was recorded, and all there is to say, for people."""

    faithful: bool
    lines: tuple[str, ...]


def replayed(settings: Settings, described: Mapping[str, Json], judged: Judgement, redact: Any) -> Replayed:
    """The live judgement beside the recorded one; `described` is the live target as a recording would have it."""
    recording, case = recorded_case(settings)
    words = WORDS[settings["lang"]]
    live = _live(recording, case, cleaned(described, redact), judged, redact)
    then = str((case.judged or {}).get("verdict", "?"))
    same, others = _requests(recording, live, case.id)
    found = compare(recording, live, Tolerances()).differences
    answers = [one for one in found if one.kind != "verdict"]
    key = "replay-same" if not others else "replay-further" if answers else "replay-unlike"
    lines = [
        words["replay-of"].format(id=case.id, path=recording.path, run=recording.run),
        words["replay-verdict"].format(then=then, now=judged.verdict.value),
        words[key].format(count=same, more=len(others)),
        *(f"  {one}" for one in others),
        *(f"{words[one.kind]}: {one.request}: {one.first} | {one.second}" for one in answers),
    ]
    return Replayed(key != "replay-unlike", tuple(lines))


def _live(recording: Recording, case: Case, described: Json, judged: Judgement, redact: Any) -> Recording:
    """What the live check exchanged, as a recording of one case."""
    exchanges = [cleaned(plain_exchange(one), redact) for one in judged.own if one.who != STAGE]
    story = [cleaned(plain_exchange(one), redact) for one in judged.story]
    tapes = [Tape([{"event": "exchange", **one} for one in some], whole=True) for some in (exchanges, story)]
    live = Case(case.id, case.worker, tapes[0], judged.plain())
    return Recording(
        recording.path, targets={case.worker: described}, cases={case.id: live}, models={(case.worker, ""): tapes[1]}
    )


def _requests(recording: Recording, live: Recording, one: str) -> tuple[int, list[str]]:
    """How many requests were the recorded ones, and in words those that the recording does not hold."""
    held = Side(recording).asked(one)
    asked = Side(live).requests(one)
    others = [key for key in asked if key not in held]
    same = sum(len(found) for key, found in asked.items() if key in held)
    return same, [f"{method} {path}" for method, path, _ in others]
