"""What the conformance suite costs beyond its own requests, and what the plugin costs a run that does not use it.

    python benchmarks/suite.py [--passes 3] [--runs 15] [--workers 8 [--slow 0.05]]

The suite runs offline in one process and its requests are written down; then the same requests go bare, over one
connection, to the same two servers in one process, ids of the new run put in place of the old. Half a minute.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import as_installed  # noqa: F401  the servers of this process too, which answer the bare requests
from asking import Caller, elapsed, say, served
from polarsearch_mock import DashScopeMock, PolarSearchEmulator
from slowness import slow

from pytest_polarsearch.checks import all_checks

HERE = Path(__file__).parent
IDS = ("connector_id", "model_id", "task_id", "model_group_id")
MOCK = re.compile(r"http://127\.0\.0\.1:\d+|127\.0\.0\.1:\d+")
PYTEST = [sys.executable, "-m", "pytest", "--disable-plugin-autoload", "-q", "-p", "no:cacheprovider"]
#: Compiled modules are kept, as where the plugin is installed, whatever this shell says of them.
KEPT_COMPILED = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(HERE / "__pycache__")}
#: The only key that the slow model service takes.
KEY = "sk-benchmark"
LINEAR = "≤ 0.167 × the floor"
LISTING = "import sys\ndef pytest_unconfigure(config): open('modules', 'w').write(' '.join(sys.modules))\n"


def recorded(folder: Path) -> tuple[list[list[str]], float, float]:
    """The requests of one run of the suite, the seconds of its session, and of its process; none for writing down."""
    file = folder / "record"
    environment = {**KEPT_COMPILED, "SUITE_RECORD": str(file), "PYTHONPATH": str(HERE)}
    command = [*PYTEST, "-p", "as_installed", "-p", "suite_recorder", "-p", "polarsearch", "--polarsearch"]
    whole = elapsed(lambda: subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE))
    *lines, last = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return lines, last["seconds"], whole / 1000 - last["writing"]


def ids_of(answer: str) -> list[str]:
    """The ids that an answer gives, in a fixed order."""
    try:
        said = json.loads(answer)
    except ValueError:
        return []
    return [str(said[name]) for name in IDS if name in said] if isinstance(said, dict) else []


class Again:
    """Sends what was recorded to a new cluster, with the new cluster's ids, or to the new service, whose requests have
    whole addresses."""

    def __init__(self, cluster: str, service: str) -> None:
        self._cluster, self._direct, self._service = Caller(cluster), Caller(f"http://{service}"), service
        self._new: dict[str, str] = {}

    def _now(self, text: str) -> str:
        """The text with the ids and the service of this run."""
        said = re.sub(r"[A-Za-z0-9_-]{20}", lambda found: self._new.get(found[0], found[0]), text)
        return MOCK.sub(lambda found: ("http://" if found[0][0] == "h" else "") + self._service, said)

    def send(self, method: str, path: str, body: str, answer: str) -> None:
        """One request; its answer's ids stand for the recorded ones from now on."""
        content = self._now(body).encode("utf-8", "surrogateescape") or None
        caller = self._direct if path.startswith("http://") else self._cluster
        _, said = caller.send(method, self._now(path), content)
        self._new.update(zip(ids_of(answer), ids_of(said.decode("utf-8", "replace")), strict=False))

    def send_all(self, requests: list[list[str]]) -> None:
        """One after the other."""
        for request in requests:
            self.send(*request)

    def close(self) -> None:
        """Give the connections back."""
        self._cluster.close()
        self._direct.close()


def bare(requests: list[list[str]]) -> float:
    """Seconds of the requests alone, one after the other; servers start before."""
    with PolarSearchEmulator() as emulator, DashScopeMock() as mock:
        again = Again(emulator.url, mock.endpoint)
        took = elapsed(lambda: again.send_all(requests))
        again.close()
    return took / 1000


def suite_row(passes: int, folder: Path) -> tuple[str, ...]:
    """The suite beside its own requests."""
    seconds, floors, count = [], [], 0
    for _ in range(passes):
        requests, session, whole = recorded(folder)
        seconds.append((whole, session))
        floors.append(bare(requests))
        count = len(requests)
    whole, session = (statistics.median(column) for column in zip(*seconds, strict=True))
    floor = statistics.median(floors)
    what = (
        f"the suite offline, one process ({session:.2f} s from the loading of plugins), and its {count:,} requests bare"
    )
    return what, f"{whole:.2f} s", f"{floor:.2f} s", f"{whole / floor:.2f}", f"≤ {1.5 * floor + 0.5:.2f} s"


def empty_row(runs: int, folder: Path) -> tuple[str, ...]:
    """What of the suite is pytest's own: as many tests that do nothing."""
    count = len(all_checks())
    test = f"import pytest\n\n@pytest.mark.parametrize('number', range({count}))\ndef test_it(number): pass\n"
    (folder / "test_many.py").write_text(test, encoding="utf-8")
    command = [*PYTEST, "test_many.py"]
    ask = partial(subprocess.run, command, cwd=folder, env=KEPT_COMPILED, check=True, stdout=subprocess.PIPE)
    seconds = statistics.median(elapsed(ask) for _ in range(runs)) / 1000
    return f"pytest alone with {count} tests that do nothing, which is in the row above", f"{seconds:.2f} s", "", "", ""


def against(folder: Path, *options: str) -> tuple[float, float]:
    """Seconds of a whole run, and those its processes computed. SystemExit where its outcome is not green."""
    command = [*PYTEST, "-p", "as_installed", "-p", "xdist", "-p", "polarsearch", "--polarsearch", *options]
    command += ["--polarsearch-allow-settings", "--polarsearch-journal", str(folder / "journal")]
    begun, computed = time.perf_counter(), computing()
    environment = {**KEPT_COMPILED, "YOUR_API_KEY": KEY, "PYTHONPATH": str(HERE)}
    ran = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"the suite {' '.join(options)} ended with {ran.returncode}:\n{ran.stdout[-2000:]}")
    return time.perf_counter() - begun, computing() - computed


def computing() -> float:
    """Seconds of processor time that ended processes of this one, and theirs, have used so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def workers_row(folder: Path, workers: int, what: str, *options: str) -> tuple[str, ...]:
    """Something slow judged by many workers, beside one process."""
    (alone, _), (shared, computed) = against(folder, *options), against(folder, "-n", str(workers), *options)
    least = computed / (os.cpu_count() or 1)
    told = f"the suite against a {what}, -n {workers} ({computed:.1f} s of processor time: {least:.1f} s at least here)"
    return f"{told}, beside one process", f"{shared:.1f} s", f"{alone:.1f} s", f"{shared / alone:.2f}", LINEAR


def workers_rows(folder: Path, workers: int, seconds: float) -> Iterator[tuple[str, ...]]:
    """A cluster each of whose answers takes that long, and a quick one before a model service that does."""
    takes = f"that takes {seconds * 1000:.0f} ms an answer"
    with slow("polarsearch", seconds) as url:
        yield workers_row(folder, workers, f"cluster {takes}", "--polarsearch-host", url)
    with served("--only", "polarsearch") as quick, slow("dashscope", seconds, "--api-key", KEY) as url:
        both = ("--polarsearch-host", quick["polarsearch"], "--polarsearch-endpoint", url)
        yield workers_row(folder, workers, f"model service {takes}", *both)


def own_time(folder: Path) -> float:
    """Milliseconds of one run that were spent in the plugin, by a clock around its loading and its hooks."""
    file = folder / "spent"
    environment = {**KEPT_COMPILED, "UNUSED_TIME": str(file), "PYTHONPATH": str(HERE)}
    command = [*PYTEST, "-p", "unused_timer", "-p", "polarsearch", "test_one.py"]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE)
    return float(file.read_text(encoding="utf-8"))


def modules(command: list[str], folder: Path) -> set[str]:
    """What is loaded when such a run ends."""
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE)
    return set((folder / "modules").read_text(encoding="utf-8").split())


def unused_row(runs: int, folder: Path) -> tuple[str, ...]:
    """A run of one test, with the plugin and without."""
    (folder / "test_one.py").write_text("def test_it(): pass\n", encoding="utf-8")
    (folder / "conftest.py").write_text(LISTING, encoding="utf-8")
    without, present = [*PYTEST, "test_one.py"], [*PYTEST, "-p", "polarsearch", "test_one.py"]
    added = sorted(modules(present, folder) - modules(without, folder))
    own = statistics.median(own_time(folder) for _ in range(runs))
    floor = statistics.median(elapsed(lambda: modules(without, folder)) for _ in range(runs))
    what = f"the plugin's own share of a run that does not use it (it loads {names(added)}), and such a run without it"
    return what, f"{own:.2f} ms", f"{floor:.0f} ms", f"{own / floor:.3f}", "≤ 2 ms"


def names(modules_added: list[str]) -> str:
    """For a cell of the table."""
    return ", ".join(f"`{name}`" for name in modules_added)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--workers", type=int, default=0, help="also against a slow cluster, two minutes (0: not)")
    parser.add_argument("--slow", type=float, default=0.05, metavar="SECONDS", help="what an answer takes then")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as suite, tempfile.TemporaryDirectory() as unused:
        rows = [suite_row(options.passes, Path(suite)), empty_row(options.passes, Path(unused))]
        rows.append(unused_row(options.runs, Path(unused)))
        if options.workers:
            rows += workers_rows(Path(suite), options.workers, options.slow)
    command = f"python benchmarks/suite.py --passes {options.passes} --runs {options.runs} --workers {options.workers}"
    command += f" --slow {options.slow}" if options.workers else ""
    say(command, ("what", "measured", "floor", "× the floor", "to hold"), rows)


if __name__ == "__main__":
    main()
