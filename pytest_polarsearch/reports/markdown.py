"""The summary in Markdown: what failed and why, what was not judged, what the target does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..judging.diagnosis import roots, told
from ..judging.words import verdict_word
from ..words import WORDS
from .reading import Judged, Report

#: What Markdown, or the HTML in it, would obey.
ACTIVE = re.compile(r"([\\`*_{}\[\]()#+!|~$@:<>&-])")


def markdown(report: Report, lang: str) -> str:
    """The whole text. What a target said stands in it as code or escaped."""
    words = WORDS[lang]
    parts = [f"# {words['title']}: {_state(report)}", _target(report, lang)]
    parts += [f"> **{words['stream-cut']}**"] if report.cut else []
    found = roots([one["causes"] for one in report.red])
    parts += [f"> {words['root'].format(count=n, sentence=told([one], lang)[0])}" for one, n in found.items()]
    parts.append(_counts(report, lang))
    parts += [_failures(report.red, words["group-broken"], lang)] if report.red else []
    warned = [one for one in report.judgements if one.meaning.outcome == "warned"]
    parts += [_failures(warned, "SHOULD", lang)] if warned else []
    parts += _reasons(report, lang)
    notes = [f"- `{one.id}`: {_inert(note)}" for one in report.judgements for note in one.told("notes", lang)]
    parts += [_folded(words["notes"], notes)] if notes else []
    return "\n\n".join(parts) + "\n"


def _state(report: Report) -> str:
    return "?" if report.cut else "FAIL" if report.end["exit"] else "PASS"


def _target(report: Report, lang: str) -> str:
    words = WORDS[lang]
    rows = (
        (words["target"], report.target),
        (words["service"], report.header["service"]["url"]),
        (words["run"], f"{report.header['run']}, {report.header['started']}"),
    )
    return "\n".join(f"- {name}: {code(value)}" for name, value in rows)


def _counts(report: Report, lang: str) -> str:
    told = {
        level: ", ".join(f"{n} {verdict_word(one, lang)}" for one, n in row.items())
        for level, row in report.counts.items()
    }
    rows = [f"| {level} | {counted} |" for level, counted in told.items()]
    judged = sum(one.meaning.judged for one in report.judgements)
    words = WORDS[lang]
    lines = [f"| {words['level']} | |", "| --- | --- |", *rows, ""]
    return "\n".join([*lines, words["judged"].format(judged=judged, all=report.header["requirements"])])


def _failures(some: Iterable[Judged], title: str, lang: str) -> str:
    return "\n\n".join([f"## {title}", *(_failure(one, lang) for one in some)])


def _failure(one: Judged, lang: str) -> str:
    words = WORDS[lang]
    lines = [f"### `{one.id}` ({one.level}, {verdict_word(one.verdict.value, lang)})", "", one.sentence(lang), ""]
    lines += [f"- {words[key]}: {code(said)}" for key, said in one.facts(lang)]
    lines += [f"- {words['cause']}: {cause}" for cause in told(one["causes"], lang)]
    return "\n".join(lines + ([_folded(words["repeat"], [_block(_shown(one["script"]))])] if one["script"] else []))


def _reasons(report: Report, lang: str) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for one in report.judgements:
        if not one.meaning.judged and not one.meaning.fails:
            reasons.setdefault(f"{verdict_word(one.verdict.value, lang)}: {one.told('why', lang)}", []).append(
                f"`{one.id}`"
            )
    lines = [f"- {_inert(reason)} ({len(ids)}): {', '.join(ids)}" for reason, ids in reasons.items()]
    return [_folded(WORDS[lang]["not-judged"], lines)] if lines else []


def _folded(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"\n<details><summary>{title}</summary>\n", *lines, "\n</details>"])


def _inert(text: str) -> str:
    return ACTIVE.sub(r"\\\1", " ".join(_shown(text).split()))


def code(text: str) -> str:
    """A text as code, in as many backquotes as the text needs."""
    plain = " ".join(_shown(text).split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    return f"{fence} {plain} {fence}" if plain.startswith("`") or plain.endswith("`") else f"{fence}{plain}{fence}"


def _block(text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}sh\n{text}\n{fence}"


def _shown(text: str) -> str:
    """Without what a terminal would obey, or a reader not see."""
    return "".join(c if c.isprintable() or c.isspace() else c.encode("unicode_escape").decode() for c in str(text))
