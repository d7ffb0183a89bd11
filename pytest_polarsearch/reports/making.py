"""The table of reports: what each is called, where it goes in a report folder, and what makes it of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from .reading import Report

Maker = Callable[[Report, str], str]


@dataclass(frozen=True)
class Kind:
    """A report: its file in a folder of reports, the function that makes it, what it is for."""

    file: str
    maker: str
    purpose: str

    def make(self, report: Report, lang: str) -> str:
        """The report's text. ImportError, with the command that helps, where it needs a library that is missing."""
        module, _, name = self.maker.partition(":")
        maker: Maker = getattr(import_module(f".{module}", __package__), name)
        return maker(report, lang)


KINDS: Mapping[str, Kind] = {
    "html": Kind("report.html", "html:html", "a page to read, in one file"),
    "junit": Kind("junit.xml", "junit:junit", "JUnit XML, for CI systems"),
    "markdown": Kind("summary.md", "markdown:markdown", "a summary in Markdown"),
    "badge": Kind("badge.json", "badge:badge", "a badge, for shields.io"),
    "json": Kind("report.json", "summary_json:summary_json", "one JSON document"),
}


def write(report: Report, kind: str, path: Path, lang: str) -> None:
    """Make one report, and put it in a file. Raises OSError, ImportError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(KINDS[kind].make(report, lang), encoding="utf-8", errors="backslashreplace")
