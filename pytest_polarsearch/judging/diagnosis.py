"""Known causes (causes.toml): a sign in the words of refusal, or the requirement that broke -> what happened, and what
to do."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ..exchange import MOST_REASON
from ..words import spoken
from .verdicts import Judgement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Cause:
    """One row: its sign (a regular expression over the words of refusal) or the requirements whose breaking tells it,
    and what it means to people. `refers` are known failures of users; `asks` says that the run knows the request an
    administrator must send."""

    id: str
    en: str
    zh: str
    refers: Sequence[str]
    sign: str = ""
    requirements: Sequence[str] = ()
    asks: bool = False

    def sentence(self, lang: str) -> str:
        """The row in `en` or `zh`."""
        return self.zh if lang == "zh" else self.en

    def told_by(self, words: str, requirement: str = "") -> bool:
        """Whether the words, or the requirement that broke, show it."""
        found = self.sign and re.search(self.sign, words, re.MULTILINE)
        return bool(found) or requirement in self.requirements


@cache
def causes() -> Mapping[str, Cause]:
    """All rows by id, the most telling first."""
    text = (resources.files(__package__) / "causes.toml").read_text(encoding="utf-8")
    return {name: Cause(id=name, **row) for name, row in tomllib.loads(text).items()}


def diagnose(judged: Judgement) -> list[Cause]:
    """The known causes of a requirement that did not hold, the most telling first: words before mere symptoms."""
    refused = [one for one in judged.exchanges if not one.ok]
    answers = [f"{one.short_reason(MOST_REASON)}\n{one.shown}" if one.status else one.trouble for one in refused]
    words = "\n".join([*answers, judged.why])
    named = [cause for cause in causes().values() if cause.told_by(words)]
    return named or [cause for cause in causes().values() if cause.told_by("", judged.id)]


def told(ids: Sequence[str], lang: str, hints: Sequence[str] = ()) -> list[str]:
    """What to tell people of causes; with the run's hints where one of them asks."""
    found = [causes()[one] for one in ids]
    asked = [spoken(hint, lang) for hint in hints] if any(cause.asks for cause in found) else []
    return [cause.sentence(lang) for cause in found] + asked


def roots(rows: Iterable[Sequence[str]]) -> dict[str, int]:
    """The first cause of each broken requirement -> how many it explains, the most telling first."""
    counts = Counter(row[0] for row in rows if row)
    known = causes() if counts else ()  # a run without a cause need not read the table
    return {one: counts[one] for one in known if one in counts}
