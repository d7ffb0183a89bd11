"""What there is to say of a recording beside its verdicts: how to write of it, and where it differs from the run."""

from __future__ import annotations

from collections.abc import Sequence

from ..checks import all_checks
from ..checks.contract import Check
from ..judging.evidence import Shell
from ..judging.redaction import Redactor
from ..judging.verdicts import Judgement
from ..judging.words import Writer
from ..preflight import Engine
from ..requirements.registry import Requirement, load
from ..words import WORDS
from .reading import Case, Recording

#: How many ids a list of them shows.
SHOWN = 12


def known_pairs() -> list[tuple[Requirement, Check]]:
    """Every requirement of this version with its check."""
    checks = all_checks()
    return [(row, checks[row.id]) for row in load().values() if row.id in checks]


def line_of(recording: Recording) -> str:
    """The line of the engine that was judged."""
    return Engine(**next(iter(recording.targets.values()))["engine"]).line


def profile_name_of(recording: Recording) -> str:
    """The name of the vendor's profile in force."""
    return str(next(iter(recording.targets.values()))["profile"]["name"])


def writer_of(recording: Recording, lang: str) -> Writer:
    """Writes judgements as the run would have; secrets are in no recording."""
    target = next(iter(recording.targets.values()))
    shell = Shell(target["url"], target["authenticated"], target["ca"], target["insecure"])
    mock = (target["observed"] or {}).get("netloc", "")
    return Writer(lang, Redactor({}), shell, ephemeral=target["ephemeral"], mock=mock, hints=target["hints"])


def moved(case: Case, judged: Judgement, lang: str) -> list[str]:
    """A sentence where the run's own verdict was another: by an older version, or of a tape that is cut."""
    then = (case.judged or {}).get("verdict")
    if then in (None, judged.verdict.value):
        return []
    return [WORDS[lang]["then"].format(id=case.id, then=then, now=judged.verdict.value)]


def unheld(recording: Recording, pairs: Sequence[tuple[Requirement, Check]]) -> list[str]:
    """Requirements of this version that the run did not judge: how many, and the first of them."""
    ids = [row.id for row, _ in pairs if row.id not in recording.cases]
    more = ", …" if len(ids) > SHOWN else ""
    return [f"{len(ids)}: {', '.join(ids[:SHOWN])}{more}"] if ids else []
