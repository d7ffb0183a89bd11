"""`compare`: runs side by side. Exit status 1 where something that held fails now, or is judged no longer."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..reports.comparing import REGRESSIONS, differences
from ..reports.comparison import lines, markdown
from ..reports.reading import StreamError, read_stream
from .common import FINDINGS, OK, say, wrong


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    parser.add_argument("old", metavar="OLD", help="the event stream (run.ndjson) that others are compared with")
    parser.add_argument("new", metavar="NEW", nargs="+", help="event streams of later runs, or of other targets")
    parser.add_argument("--markdown", metavar="FILE", help="write the comparison in Markdown too")
    parser.add_argument("--lang", choices=("en", "zh"), default="en")
    parser.set_defaults(run=_compare)


def _compare(options: argparse.Namespace) -> int:
    try:
        runs = [read_stream(Path(path)) for path in (options.old, *options.new)]
    except StreamError as error:
        return wrong(str(error))
    for line in lines(runs, options.lang):
        say(line)
    if options.markdown:
        try:
            Path(options.markdown).write_text(markdown(runs, options.lang), encoding="utf-8")
        except OSError as error:
            return wrong(f"{options.markdown} cannot be written: {error.strerror}")
    worse = any(one.kind in REGRESSIONS for run in runs[1:] for one in differences(runs[0], run))
    return FINDINGS if worse else OK
