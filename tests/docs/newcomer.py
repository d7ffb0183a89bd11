"""Walks pages for real, each with a fresh clone, an empty home and an empty environment; says how long each took.

    python tests/docs/newcomer.py docs/index.md docs/applications.md docs/lint.md

ends each page at the first output that it shows: the first verdict, test, finding. `--whole` walks all of it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from walking import ROOT, Walk, progress


def walked(page: str, folder: Path, *, whole: bool) -> Iterator[tuple[float, str]]:
    """Each command, with the seconds from the page's start to its end. SystemExit where it is not as the page says."""
    (folder / "home").mkdir()
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "pytest-polarsearch")], check=True)
    walk = Walk(folder, {"PATH": os.environ["PATH"], "HOME": str(folder / "home")})
    begun = time.monotonic()
    try:
        for done in progress(walk, page):
            if done.wrong:
                raise SystemExit(f"{page}: {done.command}\n{done.wrong}\n{done.said}")
            yield time.monotonic() - begun, done.command
            if done.shown and not whole:
                return
    finally:
        walk.close()


def main() -> None:
    """One page after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--whole", action="store_true")
    asked = parser.parse_args()
    for page in asked.pages:
        with tempfile.TemporaryDirectory() as empty:
            for seconds, command in walked(page, Path(empty), whole=asked.whole):
                sys.stdout.write(f"{page}: {seconds:5.1f} s after {command.splitlines()[0]}\n")


if __name__ == "__main__":
    main()
