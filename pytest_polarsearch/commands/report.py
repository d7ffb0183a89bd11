"""`report`: make reports of a run's event stream, whenever they are wanted."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..reports.making import KINDS, write
from ..reports.reading import StreamError, read_stream
from .common import OK, say, wrong


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    parser.add_argument("stream", metavar="RUN.ndjson", help="the event stream of a run, from --polarsearch-report")
    for name, kind in KINDS.items():
        parser.add_argument(f"--{name}", metavar="FILE", help=f"write {kind.purpose}")
    parser.add_argument("--lang", choices=("en", "zh"), help="language [default: the run's]")
    parser.set_defaults(run=_report)


def _report(options: argparse.Namespace) -> int:
    wanted = {name: Path(getattr(options, name)) for name in KINDS if getattr(options, name)}
    if not wanted:
        return wrong(f"report makes nothing unasked: give one of {', '.join(f'--{name} FILE' for name in KINDS)}")
    try:
        report = read_stream(Path(options.stream))
        for name, path in wanted.items():
            write(report, name, path, options.lang or report.header["lang"])
    except (StreamError, ImportError) as error:
        return wrong(str(error))
    except OSError as error:
        return wrong(f"{error.filename} cannot be written: {error.strerror}")
    for path in wanted.values():
        say(f"wrote {path}")
    return OK
