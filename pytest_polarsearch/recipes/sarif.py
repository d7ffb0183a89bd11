"""Findings as SARIF 2.1.0, which code hosts show beside the line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .lint import Finding, rules

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(found: Mapping[str, Sequence[tuple[int, int, Finding]]], lang: str) -> str:
    """One run with every finding: file -> (line, column, finding)."""
    results = [_result(file, *one, lang) for file, some in found.items() for one in some]
    driver = {"name": "pytest-polarsearch lint", "rules": [{"id": one} for one in rules()]}
    return json.dumps(
        {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}, indent=1
    )


def _result(file: str, line: int, column: int, finding: Finding, lang: str) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": file}, "region": {"startLine": line, "startColumn": column}}
    wrong, fix = finding.said(lang)
    return {
        "ruleId": finding.rule, "level": "warning", "message": {"text": f"{wrong}; {fix}"},
        "locations": [{"physicalLocation": place}],
    }  # fmt: skip
