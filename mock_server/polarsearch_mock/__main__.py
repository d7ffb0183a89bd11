"""`python -m polarsearch_mock`: the serve process without the rest of the project."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from .options import ServeOptions, add_arguments
from .process import USAGE_ERROR, serve


class Parser(argparse.ArgumentParser):
    """A parser whose errors carry the project's status for a wrong call."""

    def error(self, message: str) -> NoReturn:
        """One sentence, no usage text."""
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def main() -> int:
    """The exit status."""
    parser = Parser(prog="polarsearch_mock", description="DashScope mock and PolarSearch emulator")
    add_arguments(parser)
    return serve(ServeOptions.from_arguments(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
