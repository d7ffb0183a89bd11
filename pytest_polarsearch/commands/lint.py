"""`lint`: judge recipes before anything is sent. Exit status 1 on findings, 2 on input that cannot be read."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from polarsearch_mock.mlcommons.engines import ENGINES

from ..recipes.edits import Source, decoded, difference, fixed, safe, write
from ..recipes.findings import Finding, rules
from ..recipes.lint import lint
from ..recipes.reading import NothingError, place
from ..recipes.sarif import Report, sarif
from ..settings import closest
from .common import FINDINGS, OK, say

UNREADABLE = 2
#: The name that stands for standard input.
STDIN = "-"


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="JSON bodies, or text with curl or Dashboards requests; - is stdin"
    )
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="how findings are told")
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the findings")
    parser.add_argument("--engine", choices=sorted(ENGINES), help="judge for this engine only, not for any")
    parser.add_argument(
        "--select", metavar="RULE", action="extend", type=_rules, default=[], help="only these rules (with commas)"
    )
    parser.add_argument(
        "--ignore", metavar="RULE", action="extend", type=_rules, default=[], help="all but these rules (with commas)"
    )
    parser.add_argument("--fix", action="store_true", help="put right what is safe to put right, in the files")
    parser.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    parser.add_argument("--allow-empty", action="store_true", help="a file without anything to judge is no error")
    parser.set_defaults(run=_lint)


def _rules(words: str) -> list[str]:
    names = [name.strip() for name in words.split(",") if name.strip()]
    for name in names:
        if name not in rules():
            raise argparse.ArgumentTypeError(f"there is no rule {name}{closest(name, rules())}")
    return names


def _lint(options: argparse.Namespace) -> int:
    report, wanted = Report(), set(options.select or rules()) - set(options.ignore)
    for name in options.files:
        try:
            _judge(name, report, options, lambda text: lint(text, engine=options.engine, only=wanted))
        except NothingError as error:
            if not options.allow_empty:
                report.unreadable[name] = str(error)
        except (OSError, ValueError) as error:
            report.unreadable[name] = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    _tell(report, options)
    left = any(findings for _, findings in report.files.values())
    return UNREADABLE if report.unreadable else FINDINGS if left else OK


def _judge(name: str, report: Report, options: argparse.Namespace, judge: Callable[[str], list[Finding]]) -> None:
    """Findings of one file go into the report; with --fix, what is left of them."""
    source = decoded(sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes())
    text = source.text
    if options.fix or options.diff:
        new = fixed(text, judge)
        _put(name, source, new, diff=options.diff)
        text = text if options.diff else new
    report.files[name] = (text, judge(text))


def _put(name: str, source: Source, new: str, *, diff: bool) -> None:
    if diff:
        sys.stdout.write(difference(name, source.text, new))
    elif name == STDIN:
        sys.stdout.write(new)
    elif new != source.text:
        write(Path(name), source.written(new))


def _tell(report: Report, options: argparse.Namespace) -> None:
    """Findings on stdout, unless that has the fixed text or a diff; what cannot be judged on stderr."""
    for name, why in report.unreadable.items():
        sys.stderr.write(f"{name}: cannot be judged: {why}\n")
    told = FORMATS[options.format](report, options.lang)
    taken = options.diff or (options.fix and STDIN in options.files)
    if told and taken:
        sys.stderr.write(f"{told}\n")
    elif told:
        say(told)


def _text(report: Report, lang: str) -> str:
    lines: list[str] = []
    for name, (text, findings) in report.files.items():
        for one in findings:
            line, column = place(text, one.start)
            wrong, why, fix = one.said(lang)
            mark = " [--fix]" if safe(one) else ""
            lines += [f"{name}:{line}:{column}: {one.rule} {wrong}", f"    {why}", f"    {fix}{mark}"]
    return "\n".join(lines)


def _json(report: Report, lang: str) -> str:
    rows = [_row(name, text, one, lang) for name, (text, found) in report.files.items() for one in found]
    return json.dumps({"findings": rows, "unreadable": report.unreadable}, indent=1, ensure_ascii=False)


def _row(name: str, text: str, finding: Finding, lang: str) -> dict[str, object]:
    wrong, why, fix = finding.said(lang)
    (line, column), (last, behind) = place(text, finding.start), place(text, finding.end)
    return {
        "file": name, "line": line, "column": column, "end_line": last, "end_column": behind, "rule": finding.rule,
        "message": wrong, "why": why, "fix": fix, "fixable": safe(finding),
    }  # fmt: skip


FORMATS: dict[str, Callable[[Report, str], str]] = {"text": _text, "json": _json, "sarif": sarif}
