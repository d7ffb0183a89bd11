"""What the conformance suite costs beside its own requests, and what the plugin costs where it is not used.

The floor is the time that the very requests of the run took from the first byte sent to the last byte read: the same
requests sent again would meet other ids, and mostly be refused.

    python benchmarks/suite.py [--passes 3]

Loopback only; about half a minute.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.exchange import Exchange
from pytest_polarsearch.provision.naming import new_run_id
from pytest_polarsearch.requirements.registry import load
from pytest_polarsearch.run import Part, open_run
from pytest_polarsearch.settings import resolve

PLUGIN = """
import pytest, time
started = time.process_time()
import pytest_polarsearch.plugin
import pytest_polarsearch.hookspecs
print((time.process_time() - started) * 1000)
"""


def judged() -> tuple[float, list[Exchange]]:
    """Seconds for every check on the built-in pair, provisioning and clean-up included; and what was sent."""
    settings = resolve(lambda _: None, lambda _: None, {})
    sent: list[Exchange] = []
    started = time.perf_counter()
    with open_run(settings, Part(new_run_id()), all_checks().__contains__) as run:
        run.ml.client.listen(sent.append)
        for one, check in all_checks().items():
            run.judge(load()[one], check)
    return time.perf_counter() - started, sent


def unused_plugin(passes: int) -> float:
    """Milliseconds of processor time that loading the plugin adds to a run of pytest."""
    command = [sys.executable, "-c", PLUGIN]
    with tempfile.TemporaryDirectory() as folder:  # compiled modules are kept, as where the plugin is installed
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        env = {**kept, "PYTHONPYCACHEPREFIX": folder}
        runs = [subprocess.run(command, capture_output=True, text=True, check=True, env=env) for _ in range(passes + 1)]
    return statistics.median(float(run.stdout) for run in runs[1:])


def whole_process(passes: int) -> float:
    """Seconds of `pytest --polarsearch` as people run it."""
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(passes):
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "pytest", "--polarsearch", "-q"],
                cwd=Path(folder),
                capture_output=True,
                check=True,
            )
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passes", type=int, default=3)
    passes = parser.parse_args().passes
    runs = [judged() for _ in range(passes)]
    seconds, sent = statistics.median(run[0] for run in runs), runs[-1][1]
    plain = statistics.median(sum(one.seconds for one in run[1]) for run in runs)
    table = (
        ("checks judged, in process", f"{seconds:.2f} s for {len(sent)} requests", ""),
        ("the requests themselves", f"{plain:.2f} s", "(the floor)"),
        (
            "over the floor",
            f"{seconds / plain:.2f} x, {seconds - 1.5 * plain:+.2f} s against 1.5 x",
            "<= 1.5 x + 0.5 s",
        ),
        ("`pytest --polarsearch`, whole process", f"{whole_process(passes):.1f} s", "< 10 s"),
        ("the plugin where it is not used", f"{unused_plugin(5):.1f} ms", "<= 2 ms"),
    )
    sys.stdout.write("| what | measured | to hold |\n| --- | --- | --- |\n")
    for row in table:
        sys.stdout.write("| " + " | ".join(row) + " |\n")


if __name__ == "__main__":
    main()
