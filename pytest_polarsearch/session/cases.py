"""Cases of the suite: a requirement with its check, judged against the ledger, ended as pytest shows the verdict."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ..checks import all_checks
from ..checks.contract import Check
from ..judging.deviations import Ledger, read_ledger
from ..judging.honesty import SUBJECT
from ..judging.verdicts import Judgement, Verdict
from ..judging.words import Writer, verdict_word
from ..plugin import holder_of, settings_of
from ..reports.evidence import shell_of, told, watched
from ..requirements.registry import Requirement, load
from ..run import Run
from ..userfile import UserFileError
from ..words import spoken

JUDGEMENT = pytest.StashKey[Judgement]()
#: What the event stream says of the judgement.
EVENT = pytest.StashKey[dict[str, Any]]()
LEDGER = pytest.StashKey[Ledger]()


class Judged(Exception):
    """A requirement did not hold; the text is the whole story."""


class Case:
    """A requirement and its check in this run; calling it judges."""

    def __init__(self, item: pytest.Item, run: Run, requirement: Requirement, check: Check) -> None:
        self._item, self._run, self.requirement, self.check = item, run, requirement, check

    def __repr__(self) -> str:
        return f"<requirement {self.requirement.id}>"

    def __call__(self) -> None:
        """Judge, and end as pytest shows the verdict."""
        ledger = ledger_of(self._item.config)
        with watched(self._run) as watch:
            judged = ledger.settle(self._judged(), self._run.engine.line, self._run.profile.name)
        self._item.stash[JUDGEMENT] = judged
        if self._run.settings["report"]:
            self._item.stash[EVENT] = told(self._run, judged, watch, shell_of(self._run))
        if judged.meaning.outcome == "skipped":
            raise pytest.skip.Exception(self._short(judged), _use_item_location=True)
        if judged.meaning.outcome == "xfailed":
            raise pytest.xfail.Exception(self._run.redact(self._short(judged)))
        if judged.meaning.fails:
            raise Judged(self._writer().failure(self.requirement, judged))
        if judged.verdict is Verdict.WARN or (judged.verdict is Verdict.PROVISIONAL and judged.actual):
            self._item.add_report_section("call", "requirement", self._writer().failure(self.requirement, judged))

    def _judged(self) -> Judgement:
        if self._run.settings["replay"]:
            from .replaying import REPLAYED, compared

            judged = self._run.judge(self.requirement, self.check)
            self._item.stash[REPLAYED] = compared(self._run, judged)
            return judged
        judged = holder_of(self._item.config).gate.judge(self.requirement, self.check)
        self._run.recorder.write("reported", name=judged.id, judged=judged.plain())
        return judged

    def _short(self, judged: Judgement) -> str:
        lang = self._run.settings["lang"]
        return f"{verdict_word(judged.verdict.value, lang)}: {spoken(judged.why, lang)}"

    def _writer(self) -> Writer:
        run, settings = self._run, self._run.settings
        mock = run.target.observed.netloc if run.target.observed else ""
        shell = shell_of(run)
        return Writer(settings["lang"], run.redact, shell, ephemeral=run.target.ephemeral, mock=mock, hints=run.hints)


def ledger_of(config: pytest.Config) -> Ledger:
    """The run's ledger of deviations, read once; an empty one where none is named. Raises pytest.UsageError."""
    if LEDGER not in config.stash:
        settings = settings_of(config)
        path = settings["deviations"]
        try:
            today = datetime.now(timezone.utc).date()
            config.stash[LEDGER] = read_ledger(Path(path), today, settings["lang"]) if path else Ledger()
        except UserFileError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[LEDGER]


def judged_requirements(config: pytest.Config) -> list[tuple[Requirement, Check]]:
    """Every requirement with its check: those on which all stand, the rest of ours, then those that hooks add."""
    checks = all_checks()
    rows = sorted(load().values(), key=lambda row: row.subject != SUBJECT)
    ours = [(row, checks[row.id]) for row in rows if row.id in checks]
    added = [pair for pairs in config.hook.pytest_polarsearch_checks(config=config) for pair in pairs]
    replay = settings_of(config)["replay"]
    return [pair for pair in (*ours, *added) if replay in (None, pair[0].id)]


def spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """The same tests, those that take turns far from each other: so workers seldom wait for one another's turn."""
    turns = [one for one in items if _takes_turns(one)]
    rest = [one for one in items if not _takes_turns(one)]
    share = len(rest) / (len(turns) + 1)
    for number, one in enumerate(reversed(turns)):
        rest.insert(round((len(turns) - number) * share), one)
    return rest


def _takes_turns(item: pytest.Item) -> bool:
    pair = getattr(getattr(item, "callspec", None), "params", {}).get("polarsearch_check")
    return isinstance(pair, tuple) and bool(pair[1].takes_turns)
