"""The words of judgement: what each verdict means to pytest and to the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..exchange import Exchange
from ..words import spoken

Json = Any


class Verdict(str, Enum):
    """How a requirement was judged."""

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    NOT_APPLICABLE = "not-applicable"
    BLOCKED = "blocked"
    NOT_OBSERVED = "not-observed"
    SETUP_FAILED = "setup-failed"
    HARNESS_ERROR = "harness-error"
    DEVIATION = "deviation"
    UNEXPECTED_PASS = "unexpected-pass"
    EXPIRED = "expired"
    STALE = "stale"
    PROVISIONAL = "provisional"


@dataclass(frozen=True)
class Meaning:
    """What a verdict does: how pytest counts it, whether something was judged, whether the run fails."""

    outcome: str
    judged: bool
    fails: bool


#: DESIGN: verdict -> what pytest shows, counted as judged, fails the run.
MEANINGS: dict[Verdict, Meaning] = {
    Verdict.PASS: Meaning("passed", judged=True, fails=False),
    Verdict.FAIL: Meaning("failed", judged=True, fails=True),
    Verdict.WARN: Meaning("warned", judged=True, fails=False),
    Verdict.NOT_APPLICABLE: Meaning("skipped", judged=False, fails=False),
    Verdict.BLOCKED: Meaning("skipped", judged=False, fails=False),
    Verdict.NOT_OBSERVED: Meaning("failed", judged=False, fails=True),
    Verdict.SETUP_FAILED: Meaning("error", judged=False, fails=True),
    Verdict.HARNESS_ERROR: Meaning("error", judged=False, fails=True),
    Verdict.DEVIATION: Meaning("xfailed", judged=True, fails=False),
    Verdict.UNEXPECTED_PASS: Meaning("failed", judged=True, fails=True),
    Verdict.EXPIRED: Meaning("failed", judged=True, fails=True),
    Verdict.STALE: Meaning("failed", judged=True, fails=True),
    Verdict.PROVISIONAL: Meaning("provisional", judged=False, fails=False),
}


#: Fields of a judgement that are told to people.
TEXTS = ("why", "looked_at", "expected", "actual")
#: Those that hold several sentences.
LISTS = ("notes", "left")


@dataclass(frozen=True)
class Judgement:
    """One requirement judged. `code` is the machine's reason, `why` the reader's; `exchanges` show it, `story` is
    how the models came to be that it stands on, `own` all that the check sent; `notes` say what the target does,
    `causes` are rows of the diagnosis that explain it, `asked` the
    models and services that were asked, such as `predict chat`; `retries` says how often something was
    asked again."""

    id: str
    level: str
    verdict: Verdict
    code: str = ""
    why: str = ""
    looked_at: str = ""
    expected: str = ""
    actual: str = ""
    exchanges: Sequence[Exchange] = ()
    story: Sequence[Exchange] = ()
    own: Sequence[Exchange] = ()
    notes: Sequence[str] = ()
    left: Sequence[str] = ()
    causes: Sequence[str] = ()
    asked: Sequence[str] = ()
    retries: int = 0

    @property
    def meaning(self) -> Meaning:
        """What the verdict does."""
        return MEANINGS[self.verdict]

    def plain(self) -> dict[str, Json]:
        """The judgement in builtin types, fit to travel between processes; under `zh` what is not the same there."""
        english, chinese = self.texts("en"), self.texts("zh")
        return {
            "id": self.id,
            "level": self.level,
            "verdict": self.verdict.value,
            "code": self.code,
            **english,
            "retries": self.retries,
            "causes": list(self.causes),
            "zh": {name: text for name, text in chinese.items() if text != english[name]},
        }

    def texts(self, lang: str) -> dict[str, Json]:
        """What is said of it, in a language."""
        said = {name: str(spoken(getattr(self, name), lang)) for name in TEXTS}
        return {**said, **{name: [str(spoken(one, lang)) for one in getattr(self, name)] for name in LISTS}}


#: Levels whose broken requirements fail a run, by the option --polarsearch-level.
FAILING_LEVELS = {"must": ("MUST",), "should": ("MUST", "SHOULD")}
