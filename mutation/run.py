"""Mutation of `judging/` and `checks/` by cosmic-ray: `python mutation/run.py [--each N] [--only MODULE …]`.

Mutants are written in place, so all happens in a clone of the last commit. Of each module a sample of N mutants is
judged, drawn by a seed. What became of them is written to docs/mutation.md, the reasons of survivors from
`survivors.toml`. With `--folder` the clone is kept, a run that was interrupted goes on there, and `--again` judges the
survivors anew by the tests of the last commit.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult
from page import PAGE, outcomes, page_of

ROOT = Path(__file__).parents[1]
CONFIG, SESSION = "mutation/cosmic-ray.toml", "session.sqlite"
SEED = 7


@dataclass(frozen=True)
class Clone:
    """The folder in which mutants are written and judged."""

    folder: Path

    def call(self, *command: str) -> None:
        """Run a tool there, on the package that stands there. Raises CalledProcessError."""
        tools = Path(sys.executable).parent
        around = {
            **os.environ,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{self.folder}{os.pathsep}{self.folder / 'mock_server'}",
        }
        subprocess.run(command, cwd=self.folder, env=around, check=True)

    def make(self) -> None:
        """Bring the last commit there, into a clone that is there its tests: what is mutated stays as it was."""
        if not self.folder.exists():
            subprocess.run(["git", "clone", "-q", str(ROOT), str(self.folder)], check=True)
        self.call("git", "checkout", "-q", ".")
        self.call("git", "fetch", "-q")
        self.call("git", "checkout", "-q", "FETCH_HEAD", "--", "tests", "mutation")
        # by hash: a mutant may be as long as its line, and of the same second
        rooms = "pytest_polarsearch", "mock_server", "tests"
        self.call("python", "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", *rooms)

    @property
    def commit(self) -> str:
        """The commit whose source is mutated, in short."""
        words = ["git", "rev-parse", "--short", "HEAD"]
        return subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=True).stdout.strip()

    @property
    def session(self) -> str:
        """The file that keeps what became of each mutant."""
        return str(self.folder / SESSION)

    def narrow(self, only: Sequence[str]) -> None:
        """Make no mutants but of these modules: reading all of them takes longer than judging a few."""
        config = self.folder / CONFIG
        modules = ", ".join(f'"pytest_polarsearch/{one}"' for one in only)
        text = config.read_text(encoding="utf-8")
        config.write_text(re.sub(r"(?m)^module-path = .*$", f"module-path = [{modules}]", text), encoding="utf-8")

    def begin(self, each: int, only: Sequence[str]) -> None:
        """Make all mutants, and draw."""
        if only:
            self.narrow(only)
        self.call("cosmic-ray", "init", CONFIG, SESSION)
        self.call("cr-filter-operators", SESSION, CONFIG)
        with use_db(self.session) as session:
            sys.stdout.write(f"{sample(session, each, only)} mutants\n")
        self.call("python", "mutation/trial.py", "--sound", *only)


def sample(session: WorkDB, each: int, only: Sequence[str]) -> int:
    """Leave of each module (of those in `only`, if any) so many mutants; how many that is in all."""
    pending, kept = defaultdict(list), 0
    for item in session.pending_work_items:
        pending[item.mutations[0].module_path.as_posix()].append(item)
    for module, items in sorted(pending.items()):
        items.sort(key=lambda item: (item.mutations[0].operator_name, item.mutations[0].occurrence))
        random.Random(f"{SEED} {module}").shuffle(items)
        chosen = 0 if only and not module.endswith(tuple(only)) else each
        for item in items[chosen:]:
            session.set_result(item.job_id, WorkResult(WorkerOutcome.SKIPPED, output="not drawn"))
        kept += len(items[:chosen])
    return kept


def forget_survivors(session: WorkDB) -> None:
    """Let those that lived be judged again."""
    items, results = list(session.work_items), dict(session.results)
    session.clear()
    session.add_work_items(items)
    for job, result in results.items():
        if result.test_outcome is not TestOutcome.SURVIVED:
            session.set_result(job, result)


def main() -> int:
    """Clone, make mutants, draw, judge, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=10, help="mutants drawn of each module")
    parser.add_argument("--only", nargs="*", default=[], metavar="MODULE", help="such as judging/judge.py; no page")
    parser.add_argument("--folder", type=Path, help="where the clone is kept")
    parser.add_argument("--again", action="store_true", help="judge the survivors of that folder anew")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        clone = Clone(options.folder or Path(passing) / "clone")
        clone.make()
        if not Path(clone.session).exists():
            clone.begin(options.each, options.only)
        if options.again:
            with use_db(clone.session) as session:
                forget_survivors(session)
        clone.call("cosmic-ray", "exec", CONFIG, SESSION)
        with use_db(clone.session) as session:
            page = page_of(outcomes(session), options.each, SEED, clone.commit)
    sys.stdout.write(page)
    if not options.only:
        PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
