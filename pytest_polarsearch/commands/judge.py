"""`judge`: give the verdicts of a recorded run again, without a network."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..judging.deviations import Ledger, LedgerError, read_ledger
from ..judging.verdicts import Judgement, Verdict
from ..recording.reading import Recording, RecordingError, read_recording
from ..settings import Settings
from .common import FINDINGS, OK, say, settings_of, take_options, wrong

if TYPE_CHECKING:
    from ..judging.words import Writer
    from ..requirements.registry import Requirement


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    parser.add_argument("file", metavar="FILE", help="what --polarsearch-record has written")
    take_options(parser, ("level", "deviations", "lang"))
    parser.set_defaults(run=_judge)


def _judge(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    try:
        recording = read_recording(Path(options.file))
        ledger = _ledger(settings)
    except (RecordingError, LedgerError) as error:
        return wrong(str(error))
    return _tell(recording, settings, ledger)


def _ledger(settings: Settings) -> Ledger:
    path = settings["deviations"]
    return read_ledger(Path(path), datetime.now(timezone.utc).date()) if path else Ledger()


def _tell(recording: Recording, settings: Settings, ledger: Ledger) -> int:
    from ..judging.words import WORDS, declared, summary, untrue
    from ..recording.bench import judge_recording
    from ..recording.findings import known_pairs, line_of, moved, unheld, writer_of

    lang, pairs = settings["lang"], known_pairs()
    level = settings["level"] if settings.given("level") else None
    writer, rows, reds = writer_of(recording, lang), [], False
    changed: list[str] = []
    for requirement, found in judge_recording(recording, pairs, level):
        judged = ledger.settle(found, line_of(recording))
        rows.append(judged.plain())
        reds = reds or judged.meaning.fails
        changed += moved(recording.cases[requirement.id], found, lang)
        _say_failure(writer, requirement, judged)
    say(f"{WORDS[lang]['title']}: {recording.path} ({recording.run})")
    summary(rows, len(pairs), lang, say)
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


def _say_failure(writer: Writer, requirement: Requirement, judged: Judgement) -> None:
    if judged.meaning.fails or judged.verdict is Verdict.WARN:
        say(writer.failure(requirement, judged))
        say("")
