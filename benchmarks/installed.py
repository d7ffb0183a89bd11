"""What an installation takes: bytes on disk, of us and of what we stand on, and the time of importing the plugin.

    python benchmarks/installed.py [--runs 15]

Sizes are of the files that an installer puts down, without compiled modules. Import times come from processes of their
own, pytest's beside ours in each. Five seconds.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from importlib.util import find_spec
from pathlib import Path

from asking import say

NAME, EXTRAS = "pytest-polarsearch", ("report", "tls", "fast", "properties")
PACKAGES = ("pytest_polarsearch", "polarsearch_mock")
COMPILED = ("__pycache__", ".pyc")
IMPORT = """
import time
begun = time.perf_counter()
import pytest
between = time.perf_counter()
import pytest_polarsearch.plugin
print(between - begun, time.perf_counter() - between)
"""


def own_bytes() -> int:
    """Both packages, wherever they are installed."""
    folders = [Path(place) for name in PACKAGES for place in _spec_places(name)]
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if _counts(path))


def _spec_places(name: str) -> list[str]:
    spec = find_spec(name)
    return list(spec.submodule_search_locations or []) if spec else []


def _counts(path: Path) -> bool:
    return path.is_file() and not any(part in str(path) for part in COMPILED)


def bytes_of(one: Distribution) -> int:
    """What an installer recorded of it."""
    paths = (Path(str(one.locate_file(file))) for file in one.files or ())
    return sum(path.stat().st_size for path in paths if _counts(path))


def needed(name: str, extras: tuple[str, ...] = ()) -> set[str]:
    """The distributions that it stands on, and those that they stand on."""
    found: set[str] = set()
    todo = list(_required(name, extras))
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += _required(one, ())
    return found


def _required(name: str, extras: tuple[str, ...]) -> Iterator[str]:
    from packaging.requirements import Requirement

    for text in distribution(name).requires or ():
        one = Requirement(text)
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield re.sub(r"[-_.]+", "-", one.name).lower()


def size_rows() -> Iterator[tuple[str, ...]]:
    """Ours beside pytest's; then what comes with us, without and with all extras."""
    pytest = sum(map(bytes_of, map(distribution, {"pytest", *needed("pytest")})))
    plain, full = needed(NAME), needed(NAME, EXTRAS)
    rows = {
        "the two packages of this project": own_bytes(),
        f"the {len(plain)} distributions that they need": sum(map(bytes_of, map(distribution, plain))),
        f"the {len(full - plain)} more of the extras {', '.join(EXTRAS)}": sum(
            map(bytes_of, map(distribution, full - plain))
        ),
    }
    for what, size in rows.items():
        yield what, f"{size / 1e6:.2f} MB", f"{pytest / 1e6:.2f} MB", f"{size / pytest:.2f}"


def import_row(runs: int) -> tuple[str, ...]:
    """The plugin's import, when pytest is loaded, beside pytest's own."""
    times = [
        tuple(map(float, subprocess.check_output([sys.executable, "-c", IMPORT], text=True).split()))
        for _ in range(runs)
    ]
    floor, own = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
    return "importing the plugin, pytest being loaded", f"{own:.2f} ms", f"{floor:.0f} ms", f"{own / floor:.3f}"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    command = f"python benchmarks/installed.py --runs {options.runs}"
    say(command, ("what", "measured", "pytest's own", "× pytest's own"), [*size_rows(), import_row(options.runs)])


if __name__ == "__main__":
    main()
