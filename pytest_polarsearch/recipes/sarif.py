"""Findings as SARIF 2.1.0, which code hosts show beside the line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .edits import safe
from .findings import Finding, rules
from .reading import place
from .text import Edit

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
PAGE = "https://pytest-polarsearch.readthedocs.io/lint-rules.html"


@dataclass
class Report:
    """What was found in each file: its text, its findings; and what could not be judged, with the reason."""

    files: dict[str, tuple[str, Sequence[Finding]]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


def sarif(report: Report, lang: str) -> str:
    """One run with every finding, its place, and the edits that would put it right."""
    results = [
        _result(name, text, one, lang) for name, (text, findings) in report.files.items() for one in findings
    ]  # fmt: skip
    driver = {"name": "pytest-polarsearch lint", "informationUri": PAGE, "rules": _rules(lang)}
    run = {
        "tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results,
        "invocations": [_invocation(report.unreadable)],
    }  # fmt: skip
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False)


def _rules(lang: str) -> list[dict[str, Any]]:
    return [
        {
            "id": name, "helpUri": f"{PAGE}#{name}", "fullDescription": {"text": row[f"why_{lang}"]},
            "help": {"text": row[f"fix_{lang}"].replace("{what}", "…")}, "defaultConfiguration": {"level": "warning"},
        }
        for name, row in rules().items()
    ]  # fmt: skip


def _invocation(unreadable: Mapping[str, str]) -> dict[str, Any]:
    told = [
        {
            "level": "error",
            "message": {"text": why},
            "locations": [{"physicalLocation": {"artifactLocation": _at(name)}}],
        }
        for name, why in unreadable.items()
    ]
    return {"executionSuccessful": not told, "toolExecutionNotifications": told}


def _result(name: str, text: str, finding: Finding, lang: str) -> dict[str, Any]:
    where = {"artifactLocation": _at(name), "region": _region(text, finding.start, finding.end)}
    wrong, why, fix = finding.said(lang)
    told = {
        "ruleId": finding.rule, "level": "warning", "message": {"text": f"{wrong}: {why}. {fix}"},
        "locations": [{"physicalLocation": where}],
    }  # fmt: skip
    if safe(finding):
        changes = [{"artifactLocation": _at(name), "replacements": [_replacement(text, one) for one in finding.edits]}]
        told["fixes"] = [{"description": {"text": fix}, "artifactChanges": changes}]
    return told


def _replacement(text: str, edit: Edit) -> dict[str, Any]:
    return {"deletedRegion": _region(text, edit.start, edit.end), "insertedContent": {"text": edit.new}}


def _region(text: str, start: int, end: int) -> dict[str, int]:
    (line, column), (last, behind) = place(text, start), place(text, end)
    return {"startLine": line, "startColumn": column, "endLine": last, "endColumn": behind}


def _at(name: str) -> dict[str, str]:
    """A file as a URI: relative names stay relative."""
    path = Path(name)
    return {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())}
