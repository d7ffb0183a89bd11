"""Streams for tests of reports: synthetic ones of any size and verdict, with or without an end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HOSTILE = "<script>alert(1)</script> ]]> \x1b[31m \x00\x07 `x` | *y* \ud800 \u202e =1+1 &amp;"
PREDICT = "/_plugins/_ml/models/m/_predict"
HEADER: dict[str, Any] = {
    "event": "run", "format": 1, "run": "6b03f9e0883b6451", "started": "2026-11-23T08:31:29+00:00", "lang": "en",
    "cluster": {"url": "http://c:9200", "origin": "command line --polarsearch-host", "ephemeral": False},
    "engine": {"name": "opensearch 3.3.2", "line": "3.3"}, "service": {"url": "http://m:8080", "built_in": False},
    "insecure": False, "settings": {"requirements": {"value": "2026.1", "origin": "default"}}, "lacking": {},
    "hints": [], "versions": {"python": "3.12.0"}, "selected": [], "requirements": 245,
}  # fmt: skip


def judgement(requirement: str = "predict.chat-content", verdict: str = "pass", **more: Any) -> dict[str, Any]:
    """The event of one judgement."""
    return {
        "event": "judgement", "id": requirement, "level": "MUST", "verdict": verdict, "code": "", "why": "",
        "looked_at": "", "expected": "", "actual": "", "notes": [], "left": [], "causes": [], "worker": "main",
        "began": 1.0, "seconds": 0.25,
        "requests": [{"at": 1.0, "method": "POST", "path": PREDICT, "status": 200, "seconds": 0.01}],
        **more,
    }  # fmt: skip


def exchange(**more: Any) -> dict[str, Any]:
    """One exchange of a check as its event has it."""
    return {
        "method": "POST", "path": PREDICT, "who": "", "sent": '{"parameters": {}}', "status": 400,
        "content_type": "application/json", "answer": '{"error": "no"}', "trouble": "", "seconds": 0.01, "upstream": [],
        "times": 1, **more,
    }  # fmt: skip


def onward(**more: Any) -> dict[str, Any]:
    """What the cluster sent on, and its answer."""
    sent = {"method": "POST", "path": "/v1", "status": 401, "headers": {}, "sent": "{}", "answer": '{"code": 1}'}
    return {**sent, **more}


def failure(requirement: str = "predict.chat-content", **more: Any) -> dict[str, Any]:
    """A judgement that did not hold, with both sides of the connector."""
    shown = exchange(upstream=[onward()])
    facts = {
        "code": "mismatch",
        "why": "it was not",
        "looked_at": "the answer",
        "expected": "HTTP 200",
        "actual": "HTTP 400",
    }
    said = {"causes": ["key"], "exchanges": [shown], "left_out": 0, "script": "curl -sS http://c:9200/"}
    return judgement(requirement, "fail", **{**facts, **said, **more})


def stream(folder: Path, events: Iterable[dict[str, Any]], status: int | None = 0, **header: Any) -> Path:
    """A file with these judgements; without an end where `status` is None."""
    judged = list(events)
    counts: dict[str, int] = {}
    for one in judged:
        counts[one["verdict"]] = counts.get(one["verdict"], 0) + 1
    end = {
        "event": "end",
        "exit": status,
        "seconds": 3.5,
        "counts": counts,
        "left": [],
        "kept": [],
        "lines": len(judged) + 2,
    }
    lines = [{**HEADER, **header}, *judged, *([end] if status is not None else [])]
    path = folder / "run.ndjson"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path
