"""Judges some requirements on a hostile cluster in a process of its own: `python -m tests.hostile.judge_one URL`.

Prints one JSON line: the verdicts (or why there is none), the seconds it took, how far memory rose above idle, in MB.
"""

from __future__ import annotations

import json
import re
import sys
import time
from contextlib import suppress
from pathlib import Path

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.client import Client, NoAnswer
from pytest_polarsearch.judging.evidence import Shell
from pytest_polarsearch.judging.words import Writer
from pytest_polarsearch.opening import open_run
from pytest_polarsearch.preflight import TargetUnusable, look
from pytest_polarsearch.requirements.registry import load
from pytest_polarsearch.run import Part
from pytest_polarsearch.settings import resolve
from pytest_polarsearch.verbs import MlCommons

JUDGED = ("connectors.read-back", "predict.chat-content", "predict.embedding-shape")
#: Seconds of one request.
TIMEOUT = "2"


def memory(field: str) -> float:
    """VmRSS or VmHWM of this process in MB."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) / 1024


def judge(url: str) -> dict[str, object]:
    """Verdict of each requirement; what a reader would be shown is made too."""
    given = {"host": url, "allow-settings": "true", "timeout": TIMEOUT, "journal": sys.argv[2]}
    settings = resolve(lambda option: given.get(option.name), lambda _option: None, {})
    checks, rows = all_checks(), load()
    chosen = [one for one in rows if one in checks and one.startswith(tuple(sys.argv[3:]))]
    with open_run(settings, Part("0123456789ab"), checks.__contains__) as run:
        writer = Writer("en", run.redact, Shell(url), ephemeral=False)
        verdicts = {one: run.judge(rows[one], checks[one]) for one in chosen}
        shown = "".join(writer.failure(rows[one], judged) for one, judged in verdicts.items())
    return {"verdicts": {one: judged.verdict.value for one, judged in verdicts.items()}, "shown": len(shown)}


def main() -> None:
    """One line of what came of it."""
    warm = Client(sys.argv[1], timeout=0.01)  # what asking loads is not the target's doing
    with suppress(TargetUnusable, NoAnswer):
        look(MlCommons(warm))
    warm.close()
    import polarsearch_mock.dashscope.mock
    import polarsearch_mock.serving  # noqa: F401

    Path("/proc/self/clear_refs").write_text("5")  # the peak starts here
    idle, started = memory("VmRSS"), time.monotonic()
    try:
        told = judge(sys.argv[1])
    except TargetUnusable as error:
        told = {"unusable": str(error)}
    told["seconds"], told["risen"] = time.monotonic() - started, memory("VmHWM") - idle
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
