"""Every command of the how-to pages runs, in order, with the exit status and the output that the page says."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .walking import ROOT, Walk, commands, expected_status, shown, steps

#: Where commands are, and no more; pip looks at what it would install, and installs nothing.
AROUND = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "PIP_DRY_RUN": "1",
    "PIP_NO_INDEX": "1",
    "PIP_NO_BUILD_ISOLATION": "false",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
#: In a new environment only what was installed there would be found: this step is CI's, which walks for real.
NEW_ENVIRONMENT = "python3 -m venv"


@pytest.fixture
def walk(tmp_path) -> Iterator[Walk]:
    """A reader's folder beside a clone, an empty home, and free ports for those of the page."""
    (tmp_path / "pytest-polarsearch").symlink_to(ROOT)
    (tmp_path / "home").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = {"8080": str(one.getsockname()[1]), "9200": str(two.getsockname()[1])}
    walked = Walk(tmp_path, {**AROUND, "HOME": str(tmp_path / "home")}, dict(ports))
    yield walked
    walked.close()


def walked(walk: Walk, page: str) -> str:
    """All steps of a page; gives everything that was printed."""
    said, printed = "", ""
    for step in steps(page):
        if step.title:
            walk.write(step)
        elif step.language == "sh":
            for command in commands(step.text):
                if not command.startswith(NEW_ENVIRONMENT):
                    status, said = walk.run(command)
                    assert status == expected_status(command), f"{command}\n{said}"
                    printed += said
        elif step.language == "text":
            assert shown(step.text, said) == [], said
    return printed


def test_a_vendor_publishes_a_report(walk):
    """Red for the flaw, green with the ledger, and a badge of the pinned set in the end."""
    printed = walked(walk, "docs/vendors.md")
    assert "sk-test" not in printed
    assert '"label": "PolarSearch 2026.1"' in (walk.folder / "report" / "badge.json").read_text(encoding="utf-8")
    assert "brightgreen" in (walk.folder / "report" / "badge.json").read_text(encoding="utf-8")


def test_the_vendors_page_names_every_field_and_kind():
    """Of a profile, and of an entry of the ledger."""
    from pytest_polarsearch.judging.deviations import KINDS
    from pytest_polarsearch.profiles.reading import FIELDS

    rows = re.findall(r"^\| (`[^|]+) \|", (ROOT / "docs" / "vendors.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z0-9_-]+)`", row)}
    fields = {name for table in FIELDS.values() for name in table}
    assert named >= (fields | set(KINDS)) - {"version", "title"}
