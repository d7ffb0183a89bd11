"""What the report that people open shows: one self-contained HTML file, made of the stream."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from ..judging.diagnosis import causes, roots
from .operations import in_words
from .pages import render
from .plots import strips, timeline
from .reading import Judged, Report

#: Steps of the guide, in its order -> subjects of requirements that judge them.
STEPS: Mapping[str, tuple[str, ...]] = {
    "step-target": ("honesty", "accounts", "profile"),
    "step-trust": ("settings",),
    "step-connector": ("connectors", "updates"),
    "step-register": ("register",),
    "step-deploy": ("deploy",),
    "step-predict": ("predict", "substitution", "processing", "failures", "functions", "meaning"),
    "step-service": ("embeddings", "reranking", "chat", "refusals"),
    "step-teardown": ("teardown",),
}
#: What pytest shows -> the group by which readers filter.
GROUPS = {"passed": "held", "failed": "broken", "error": "broken", "warned": "warned", "xfailed": "declared"}
#: Group -> its key of WORDS.
GROUP_WORDS = {"unjudged": "not-judged", **{one: f"group-{one}" for one in ("all", *GROUPS.values())}}
#: Most pieces of a text that are compared one by one.
MOST_PIECES = 200
#: Bytes of a file, and where in it the failures go: no target's word can look like this.
LIMIT, FAILURES = 1_000_000, "<!-- failures -->"
#: Characters of bodies in one file, the least of one failure and of one body, and the longest script.
ROOM, LEAST, FEWEST, LONGEST = 500_000, 600, 120, 40_000
#: Failures beyond which each shows the bodies of its last request only.
CROWD = 60
#: Verdicts that the ledger of deviations decides.
LEDGER = ("deviation", "unexpected-pass", "expired", "stale")
DOCUMENTATION = "https://pytest-polarsearch.readthedocs.io/requirements.html"


def html(report: Report, lang: str) -> str:
    """The whole file, first shown in `lang`, of LIMIT bytes at most where the rows alone leave room for that.
    ImportError, with the command that helps, without Jinja2."""
    seen = view(report)
    page = render("report.html.j2", lang, **seen)
    room = LIMIT - len(page.encode("utf-8", "replace"))
    first, shown_ones = seen["shown_first"], []
    for one in first:
        text = render("failure.html.j2", lang, one=one, **seen)
        room -= len(text.encode("utf-8", "replace"))
        if room < 0:
            break
        shown_ones.append(text)
    left = render("left_out.html.j2", lang, count=len(first) - len(shown_ones)) if len(shown_ones) < len(first) else ""
    return page.replace(FAILURES, "".join([*shown_ones, left]))


def view(report: Report) -> dict[str, Any]:
    """What the template is given."""
    first = [one for one in report.judgements if group(one) in ("broken", "warned", "declared")]
    return {
        "report": report,
        "state": "cut" if report.cut else "failed" if report.end["exit"] else "passed",
        "roots": [(causes()[one], count) for one, count in roots([one["causes"] for one in report.red]).items()],
        "group_words": GROUP_WORDS,
        "groups": Counter(group(one) for one in report.judgements),
        "subjects": _subjects(report.judgements),
        "steps": {step: [one for one in report.judgements if one.subject in those] for step, those in STEPS.items()},
        "shown_first": first,
        "fit": _fitting(len(first)),
        "longest": LONGEST,
        "crowded": len(first) > CROWD,
        "observed": any(each["upstream"] for one in first for each in one["exchanges"] or ()),
        "unjudged": _unjudged(report.judgements),
        "noted": [one for one in report.judgements if one["notes"]],
        "timeline": timeline(report),
        "strips": strips(report),
        "group": group,
        "in_words": in_words,
        "causes": causes(),
        "diff": diff,
        "headers": _headers,
        "ledger": LEDGER,
        "documentation": DOCUMENTATION,
    }


def _headers(headers: Mapping[str, str]) -> str:
    """Lines of a request's head."""
    return "".join(f"\n{name}: {value}" for name, value in headers.items())


def _fitting(failures: int) -> Callable[[Judged, str], str]:
    """Cuts a body to its share of the file's room: a part of what one failure has, the less the more it shows."""
    share = max(LEAST, ROOM // max(1, failures))

    def fit(one: Judged, text: str) -> str:
        told = (one["exchanges"] or [])[-1 if failures > CROWD else 0 :]
        bodies = sum(2 + 2 * len(each["upstream"]) for each in told)
        most = max(FEWEST, share // max(1, bodies))
        return text if len(text) <= most else f"{text[:most]}… ({len(text)})"

    return fit


def group(one: Judged) -> str:
    """held, broken, warned, declared, or unjudged."""
    return GROUPS.get(one.meaning.outcome, "unjudged")


def _subjects(judged: Sequence[Judged]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for one in judged:
        found.setdefault(one.subject, Counter())[group(one)] += 1
    return dict(sorted(found.items()))


def _unjudged(judged: Sequence[Judged]) -> list[list[Judged]]:
    """What was not judged, those of one reason together."""
    found: dict[str, list[Judged]] = {}
    for one in judged:
        if group(one) == "unjudged":
            found.setdefault(f"{one.verdict.value}: {one['why']}", []).append(one)
    return list(found.values())


def diff(expected: str, actual: str) -> list[tuple[str, str]]:
    """Pieces of both texts in order: `same`, `del` (expected only) or `ins` (found only). Work is bounded: what
    differs over many pieces is shown whole."""
    one, other = _pieces(expected), _pieces(actual)
    if min(len(one), len(other)) == 0 or max(len(one), len(other)) > MOST_PIECES:
        return [(kind, text) for kind, text in (("del", expected), ("ins", actual)) if text]
    found: list[tuple[str, str]] = []
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("same", "".join(one[a:b])))
            continue
        found += [("del", "".join(one[a:b])), ("ins", "".join(other[c:d]))]
    return [(kind, text) for kind, text in found if text]


def _pieces(text: str) -> list[str]:
    """Words and what stands between them."""
    return re.findall(r"\w+|\W", text)
