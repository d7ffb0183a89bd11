"""Walks pages for real, each with a fresh clone, an empty home and an empty environment; says what each took.

python tests/docs/newcomer.py docs/index.md docs/applications.md docs/lint.md
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from walking import ROOT, Walk, progress


def walked(page: str, folder: Path) -> list[tuple[float, str]]:
    """Seconds from the start of the page to the end of each of its commands. SystemExit where one is not as it says."""
    (folder / "home").mkdir()
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "pytest-polarsearch")], check=True)
    walk = Walk(folder, {"PATH": os.environ["PATH"], "HOME": str(folder / "home")})
    begun, reached = time.monotonic(), []
    try:
        for done in progress(walk, page):
            reached.append((time.monotonic() - begun, done.command))
            if done.wrong:
                raise SystemExit(f"{page}: {done.command}\n{done.wrong}\n{done.said}")
    finally:
        walk.close()
    return reached


def main() -> None:
    """One page after the other."""
    for page in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as empty:
            for seconds, command in walked(page, Path(empty)):
                sys.stdout.write(f"{page}: {seconds:5.1f} s after {command.splitlines()[0]}\n")


if __name__ == "__main__":
    main()
