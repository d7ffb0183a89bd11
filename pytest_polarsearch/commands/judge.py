"""`judge`: give the verdicts of a recorded run again, without a network, or compare it with another."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..judging.deviations import Ledger, read_ledger
from ..judging.verdicts import Judgement, Verdict
from ..recording.reading import Recording, RecordingError, read_recording
from ..recording.tolerances import Tolerances, read_tolerances
from ..settings import Settings
from ..userfile import UserFileError
from .common import DIFFERENT, FINDINGS, OK, say, settings_of, take_options, told, wrong

if TYPE_CHECKING:
    from ..judging.words import Writer
    from ..requirements.registry import Requirement


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    parser.add_argument("file", metavar="FILE", help="what --polarsearch-record has written")
    parser.add_argument(
        "--against", metavar="FILE", help="compare with this recording instead; exit status 6 if unlike"
    )
    parser.add_argument("--tolerances", metavar="FILE", help="how far both may be apart (TOML) [default: see the docs]")
    take_options(parser, ("level", "requirements", "deviations", "lang"))
    parser.set_defaults(run=_judge)


def _judge(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    try:
        recording = read_recording(Path(options.file))
        if options.against:
            return _compare(recording, read_recording(Path(options.against)), options.tolerances, settings["lang"])
        ledger = _ledger(settings)
    except (RecordingError, UserFileError) as error:
        return wrong(told(error, settings["lang"]))
    return _tell(recording, settings, ledger)


def _ledger(settings: Settings) -> Ledger:
    path = settings["deviations"]
    return read_ledger(Path(path), datetime.now(timezone.utc).date(), settings["lang"]) if path else Ledger()


def _tell(recording: Recording, settings: Settings, ledger: Ledger) -> int:
    from ..judging.words import declared, summary, untrue
    from ..recording.bench import Terms, judge_run
    from ..recording.findings import known_pairs, line_of, moved, profile_name_of, unheld, writer_of
    from ..requirements.registry import load
    from ..words import WORDS

    lang, pairs = settings["lang"], known_pairs()
    terms = Terms(*(settings[name] if settings.given(name) else None for name in ("level", "requirements")))
    writer, rows, reds = writer_of(recording, lang), [], False
    changed: list[str] = []
    for requirement, found in judge_run(recording, pairs, terms):
        judged = ledger.settle(found, line_of(recording), profile_name_of(recording))
        rows.append(judged.plain())
        reds = reds or judged.meaning.fails
        changed += moved(recording.cases[requirement.id], found, lang)
        _say_failure(writer, requirement, judged)
    say(f"{WORDS[lang]['title']}: {recording.path} ({recording.run})")
    summary(rows, len(load()), lang, say)
    declared(ledger, rows, lang, say)
    false = untrue(ledger, [row.id for row, _ in pairs], lang)
    lists: dict[str, list[Any]] = {
        "ledger": false, "moved": changed, "unrecorded": unheld(recording, pairs), "cut": recording.missing,
    }  # fmt: skip
    for title, lines in lists.items():
        if lines:
            say(f"{WORDS[lang][title]}:")
            for line in lines:
                say(f"  {line}")
    return FINDINGS if reds or false or not rows else OK


def _compare(first: Recording, second: Recording, tolerances: str | None, lang: str) -> int:
    from ..recording.compare import compare
    from ..words import WORDS

    found = compare(first, second, read_tolerances(Path(tolerances), lang) if tolerances else Tolerances())
    words = WORDS[lang]
    say(words["compared"].format(first=first.path, second=second.path, checks=found.checks, pairs=found.pairs))
    for kind in dict.fromkeys(one.kind for one in found.differences):
        alike = [one for one in found.differences if one.kind == kind]
        say(f"{words[kind]} ({len(alike)}):")
        for one in alike:
            say(f"  {one.id} {one.request}".rstrip() + f": {one.first} | {one.second}")
    for recording in (first, second):
        for line in recording.missing:
            say(f"{words['cut']}: {recording.path}: {line}")
    if not found.pairs:
        return wrong(words["nothing-shared"])
    return DIFFERENT if found.differences else OK


def _say_failure(writer: Writer, requirement: Requirement, judged: Judgement) -> None:
    if judged.meaning.fails or judged.verdict is Verdict.WARN:
        say(writer.failure(requirement, judged))
        say("")
