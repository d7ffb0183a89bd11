"""The whole report as one JSON document (`report.schema.json`), for programs that want no stream."""

from __future__ import annotations

import json

from .reading import Report


def summary_json(report: Report, lang: str) -> str:
    """Header, counts, every judgement with its sentence, footer (null where the run was cut)."""
    judged = [{**one.event, "subject": one.subject, "sentence": one.sentence(lang)} for one in report.judgements]
    whole = {
        "format": report.header["format"], "cut": report.cut, "run": dict(report.header), "counts": report.counts,
        "judgements": judged, "end": dict(report.end) or None,
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
