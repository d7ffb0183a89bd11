"""`serve`: both servers, until interrupted."""

from __future__ import annotations

import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    from polarsearch_mock.options import add_arguments

    add_arguments(parser)
    parser.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> int:
    from polarsearch_mock.options import ServeOptions
    from polarsearch_mock.process import serve

    return serve(ServeOptions.from_arguments(options))
