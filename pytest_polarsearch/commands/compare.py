"""`compare`: runs side by side. Exit status 1 where something that held fails now, or is judged no longer."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..reports.comparing import REGRESSIONS, differences
from ..reports.comparison import lines, markdown
from ..reports.comparison_page import html
from ..reports.reading import Report, StreamError, read_stream
from ..userfile import make_folder
from .common import FINDINGS, OK, say, wrong

#: Option -> what makes the file, and what it is.
KINDS: Mapping[str, tuple[Callable[[Sequence[Report], str], str], str]] = {
    "markdown": (markdown, "in Markdown"),
    "html": (html, "as a page to read, in one file"),
}


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    parser.add_argument("old", metavar="OLD", help="the event stream (run.ndjson) that others are compared with")
    parser.add_argument("new", metavar="NEW", nargs="+", help="event streams of later runs, or of other targets")
    for kind, (_, purpose) in KINDS.items():
        parser.add_argument(f"--{kind}", metavar="FILE", help=f"write the comparison {purpose} too")
    parser.add_argument("--lang", choices=("en", "zh"), default="en")
    parser.set_defaults(run=_compare)


def _compare(options: argparse.Namespace) -> int:
    try:
        runs = [read_stream(Path(path)) for path in (options.old, *options.new)]
    except StreamError as error:
        return wrong(str(error))
    for line in lines(runs, options.lang):
        say(line)
    try:
        for kind, (make, _) in KINDS.items():
            if getattr(options, kind):
                text = make(runs, options.lang)
                path = make_folder(Path(getattr(options, kind)), f"--{kind}")
                path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except ImportError as error:
        return wrong(str(error))
    except OSError as error:
        return wrong(f"{error.filename} cannot be written: {error.strerror}")
    worse = any(one.kind in REGRESSIONS for run in runs[1:] for one in differences(runs[0], run))
    return FINDINGS if worse else OK
