"""A run that is killed in its middle: what was judged until then is there to read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from pytest_polarsearch.cli import main
from pytest_polarsearch.reports.making import KINDS
from pytest_polarsearch.reports.reading import read_stream

from .conftest import ALONE

LAST = "register.model-is-remote"
#: A plugin that kills the process which writes the stream as soon as it hears of that requirement.
KILLER = f"""
import os, signal

def pytest_runtest_logreport(report):
    if "{LAST}" in report.nodeid and report.when == "setup":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "1")], ids=["alone", "with a worker"])
def test_a_killed_run_leaves_a_readable_report(tmp_path, workers):
    """By SIGKILL, so that nothing is written at the end: every report of it can be made, and says that it is cut."""
    (tmp_path / "killer.py").write_text(KILLER)
    stream = tmp_path / "report" / "run.ndjson"
    chosen = ("-k", "connectors or register", "--polarsearch-report", str(stream.parent))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--polarsearch", *ALONE, "-p", "killer", *workers, *chosen],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    report = read_stream(stream)
    judged = [one.id for one in report.judgements]
    assert report.cut
    assert judged[0].startswith("connectors.")
    assert set(judged) < set(report.header["selected"])
    assert LAST not in judged
    for name, kind in KINDS.items():
        assert main(["report", str(stream), f"--{name}", str(tmp_path / kind.file)]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "this report is not whole" in page
    assert [one for one in judged if f'<tr id="{one}"' not in page] == []
