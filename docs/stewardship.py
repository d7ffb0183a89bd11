"""Writes `stewardship.md`: what runs survived, as the tests count it. `python docs/stewardship.py ["Kill points" …]`

Like `figures.md` it holds the results of one run, and no test compares the counts; that it names every hostile answer
and every kind of artefact is tested.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
#: What is counted: tests by subject.
TESTS = {
    "Kill points": ["tests/crash"],
    "Side by side": ["tests/plugin/test_side_by_side.py", "tests/unit/test_on_the_way_down.py"],
    "Secrets": ["tests/plugin/test_secrets.py", "tests/unit/test_canaries.py", "tests/unit/test_redaction.py"],
    "Hostile targets": ["tests/hostile"],
    "Load": ["tests/mock_server/serving/test_serving_under_load.py", "tests/plugin/test_load_in_parallel.py"],
}
COMMAND = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
TWO_MACHINES = """
## Two machines

Processes of one machine keep apart by locks: nothing that depends on settings is asked while another of them has
changed some. For runs on two machines there is no sound way to that. A lock on the cluster would have to be seen by
every request of the other run, so each would need a look at the settings before it, and could still be overtaken by a
change between the look and the request; and the cluster's settings know no compare-and-set, so two who look at once
would both believe that they hold it. What holds over machines as well: a run undoes only its own marks and only
values that still are as it left them, patterns of others stay in every list that is written, and whoever goes last
puts everything back. What does not: a check that changes settings (private addresses, automatic deployment, the whole
trusted list) can be seen by the other run for some requests, and can make one of its checks red. The header names
runs whose marks stand in the settings and that do not go on this machine; run such ones one after the other, or
without `--polarsearch-allow-settings` on one side.
"""
INTRODUCTION = """\
<!-- Written by docs/stewardship.py from the results of tests. -->
# What runs leave behind: nothing

A run is a guest on somebody's cluster. These are the results of one run of the tests that hold it to that, with the
command that repeats each part.

A *kill point* is one run that is killed at one request of its way (before the cluster has read the request, or when it
has done it and not yet answered), then swept by its journal, or by its marks on the cluster alone. It is survived when
every document on the cluster, tasks included, and every setting is as it was before the run.
"""
NOTES = {
    "Kill points": "All that a run creates, and all that it or one of its checks changes in settings, is healed by its "
    "journal, and by its marks on the cluster alone: a change carries with it, in the same request, a pattern in the "
    "trusted list that trusts nothing and says how the settings stood before. "
    "The journal is read after a cut at each of its bytes; cuts "
    "that leave the same entries are the same to a sweep, which runs once for each.",
    "Secrets": "Artefacts that every run scans for its password, its key and four planted canaries, in every form and "
    "inside gzip members: {kinds}.",
    "Load": "500 connections at once, 100,000 requests; without `FULL_LOAD` a fifth of them, as in CI. Every request "
    "is in a log or counted as dropped, servers answer on after the death of their clients and workers, and after "
    "`stop()` no thread, descriptor or port is taken; a ResourceWarning is an error.",
    "Hostile targets": "Each within 64 MB above idle and its deadline, a verdict for every requirement:\n{answers}",
}


def kinds() -> list[str]:
    """The kinds of artefacts that are scanned."""
    from pytest_polarsearch.session.artefacts import ARTEFACTS

    return list(ARTEFACTS)


def answers() -> list[str]:
    """Every hostile answer and conversation."""
    sys.path.insert(0, str(ROOT))
    from tests.hostile.test_hostile_answers import ANSWERS, CONVERSATIONS

    return [*ANSWERS, *CONVERSATIONS, "redirects to another host"]


def ran(paths: Iterable[str]) -> tuple[int, Counter[str]]:
    """How many tests passed, and what they counted. Raises CalledProcessError where one fails."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        whole = {**os.environ, "FULL_LOAD": "1"}
        subprocess.run([*COMMAND, f"--junitxml={results}", *paths], cwd=ROOT, check=True, env=whole)
        cases = ET.parse(results).findall(".//testcase")
    counted: Counter[str] = Counter()
    for one in (found for case in cases for found in case.iter("property")):
        counted[one.attrib["name"]] += int(one.attrib["value"])
    return len(cases), counted


def part(title: str, paths: list[str]) -> str:
    """One heading: counts, notes, the command."""
    tests, counted = ran(paths)
    lines = [f"| {name} | {count} |" for name, count in sorted(counted.items())]
    table = "\n".join(["| counted | |", "| --- | --- |", *lines, f"| tests passed | {tests} |"])
    listed = "\n".join(f"- {one}" for one in answers()) if title == "Hostile targets" else ""
    note = NOTES.get(title, "").format(kinds=", ".join(kinds()), answers=f"\n{listed}")
    command = f"{'FULL_LOAD=1 ' if title == 'Load' else ''}python -m pytest {' '.join(paths)}"
    return f"## {title}\n\n{table}\n\n{note}\n\n```sh\n{command}\n```\n".replace("\n\n\n\n", "\n\n")


def parts_of(page: str) -> dict[str, str]:
    """The parts of a page, by heading."""
    return {part.partition("\n")[0]: f"## {part}" for part in page.split("\n## ")[1:]}


def renew(title: str) -> None:
    """Run one part and write it; the others stay as they stand when it has ended."""
    new, page = part(title, TESTS[title]), DOCS / "stewardship.md"
    parts = {**(parts_of(page.read_text(encoding="utf-8")) if page.exists() else {}), title: new}
    whole = [INTRODUCTION, *(parts[one].rstrip() + "\n" for one in TESTS if one in parts), TWO_MACHINES.lstrip()]
    page.write_text("\n".join(whole), encoding="utf-8")


def main() -> None:
    """Run the parts that are named, or all."""
    for title in sys.argv[1:] or TESTS:
        renew(title)


if __name__ == "__main__":
    main()
