"""The badge: a JSON file as shields.io's endpoint reads it."""

from __future__ import annotations

import json

from .reading import Report

PASSING = ("pass", "deviation")


def badge(report: Report, lang: str) -> str:  # noqa: ARG001  a badge has one language
    """Which share of what was judged held, a level each; red where the run failed, grey where it was cut."""
    parts = []
    for level in ("MUST", "SHOULD"):
        judged = [one for one in report.judgements if one.level == level and (one.meaning.judged or one.meaning.fails)]
        held = sum(one.verdict.value in PASSING for one in judged)
        parts += [f"{level} {held}/{len(judged)}"] if judged else []
    color = "lightgrey" if report.cut or not parts else "red" if report.end["exit"] else "brightgreen"
    requirements = report.header["settings"].get("requirements", {}).get("value") or ""
    shown = {
        "schemaVersion": 1,
        "label": f"PolarSearch {requirements}".strip(),
        "message": ", ".join(parts) or "nothing judged",
    }
    return json.dumps({**shown, "color": color}, indent=1) + "\n"
