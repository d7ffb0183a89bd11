"""The text of a judgement, in English or Chinese: what must hold, what was found, the exchange, how to repeat it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from ..requirements.registry import Requirement
from ..words import WORDS, spoken
from .deviations import Ledger
from .diagnosis import roots, told
from .evidence import Shell, describe, needed, printable, script
from .redaction import Redactor
from .verdicts import MEANINGS, Judgement, Verdict

Json = Any


class Writer:
    """Writes judgements for one run: its language, its secrets, its way to the cluster."""

    def __init__(
        self,
        lang: str,
        redact: Redactor,
        shell: Shell,
        *,
        ephemeral: bool,
        mock: str = "",
        hints: Sequence[str] = (),
    ) -> None:
        self._words, self._lang = WORDS[lang], lang
        self._redact, self._shell, self._ephemeral = redact, shell, ephemeral
        self._mock, self._hints = mock, hints

    def failure(self, requirement: Requirement, judged: Judgement) -> str:
        """Everything a reader needs of a requirement that did not hold; many lines, without secrets."""
        word = self._words
        lines = [f"{requirement.id} ({requirement.level}, {judged.verdict.value}): {requirement.sentence(self._lang)}"]
        if judged.retries:
            lines.append(word["retries"].format(count=judged.retries))
        lines.append(f"{word['source']}: {requirement.provenance}: {requirement.source}")
        if requirement.breaks:
            lines.append(f"{word['loss']}: {requirement.loss(self._lang)}")
        ledger = (Verdict.UNEXPECTED_PASS, Verdict.EXPIRED, Verdict.STALE)
        if judged.verdict in ledger:
            lines.append(f"{word['ledger']}: {self._told(judged.why)}")
        facts = (
            ("looked-at", judged.looked_at),
            ("expected", judged.expected),
            ("actual", judged.actual or judged.why),
        )
        lines += [f"{word[key]}: {self._told(value)}" for key, value in facts if value]
        lines += [f"{word['cause']}: {self._redact(cause)}" for cause in told(judged.causes, self._lang, self._hints)]
        for exchange in judged.exchanges:
            lines += [f"{word['exchange']}:", *_indented(describe(exchange, self._redact))]
        return "\n".join([*lines, *self._repeat(judged)])

    def _told(self, text: str) -> str:
        """A text of a judgement as this reader has it: in the run's language, without secrets, inert."""
        return printable(self._redact(spoken(text, self._lang)))

    def _repeat(self, judged: Judgement) -> list[str]:
        requests = needed(judged.story, judged.own, judged.exchanges)
        if not requests or judged.verdict is Verdict.HARNESS_ERROR:
            return []
        text = script(requests, self._shell, self._redact)
        gone = [self._words["dead"].format(url=self._shell.url)] if self._ephemeral else []
        if self._mock and self._mock in text:
            gone.append(self._words["mock"].format(netloc=self._mock, port=self._mock.rpartition(":")[2]))
        return [f"{self._words['repeat']}:", *(f"# {one}" for one in gone), text]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def in_language(row: Mapping[str, Json], name: str, lang: str) -> Json:
    """A field of a judgement's plain form, in a language; the English one where it is the same in both."""
    return row.get("zh", {}).get(name, row[name]) if lang == "zh" else row[name]


def verdict_word(verdict: object, lang: str) -> str:
    """A verdict as people read it."""
    return WORDS[lang][f"verdicts.{verdict}"]


def summary(rows: Sequence[dict[str, object]], total: int, lang: str, line: Callable[[str], None]) -> None:
    """First causes, counts a level, what was judged, what was not and why; one call of `line` a line."""
    red = [row["causes"] for row in rows if MEANINGS[Verdict(str(row["verdict"]))].fails]
    for cause, count in roots(red).items():  # type: ignore[arg-type]
        line(WORDS[lang]["root"].format(count=count, sentence=told([cause], lang)[0]))
    for level in dict.fromkeys(str(row["level"]) for row in sorted(rows, key=lambda row: _rank(str(row["level"])))):
        counts = Counter(str(row["verdict"]) for row in rows if row["level"] == level)
        told_ones = [f"{counts[one.value]} {verdict_word(one.value, lang)}" for one in Verdict if counts[one.value]]
        line(f"{level:<7}" + ", ".join(told_ones))
    judged = sum(_judged(row) for row in rows)
    line(WORDS[lang]["judged"].format(judged=judged, all=total))
    for was, ids in _provisional(rows).items():
        line(f"{WORDS[lang]['provisional']} ({len(ids)} {verdict_word(was, lang)}): {', '.join(ids)}")
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if not _judged(row) and row["verdict"] != Verdict.PROVISIONAL.value:
            reasons.setdefault(f"{verdict_word(row['verdict'], lang)}: {in_language(row, 'why', lang)}", []).append(
                str(row["id"])
            )
    for reason, ids in sorted(reasons.items()):
        line(f"{WORDS[lang]['not-judged']} ({len(ids)}): {reason}")


def _provisional(rows: Sequence[dict[str, object]]) -> dict[str, list[str]]:
    """Ids that are shown only, by the verdict that they would have had."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["verdict"] == Verdict.PROVISIONAL.value:
            found.setdefault(str(row["code"]).partition(":")[2], []).append(str(row["id"]))
    return found


def _rank(level: str) -> int:
    return ("MUST", "SHOULD", "MAY", "INFO").index(level)


def _judged(row: dict[str, object]) -> bool:
    return MEANINGS[Verdict(str(row["verdict"]))].judged


def declared(ledger: Ledger, rows: Sequence[dict[str, object]], lang: str, line: Callable[[str], None]) -> None:
    """How many deviations are declared, and how this run stands to them; no line for an empty ledger."""
    if ledger.entries:
        ran = {row["id"] for row in rows}
        met = sum(row["verdict"] == Verdict.DEVIATION.value for row in rows)
        unmet = sum(entry.id not in ran for entry in ledger.entries)
        line(WORDS[lang]["deviations"].format(all=len(ledger.entries), met=met, unmet=unmet))


def untrue(ledger: Ledger, known: Collection[str], lang: str) -> list[str]:
    """A sentence for each entry that is wrong whatever ran."""
    words = WORDS[lang]
    return [
        words[word].format(where=entry.where, id=entry.id, more=spoken(more, lang))
        for word, more, entry in ledger.problems(known)
    ]
