"""The page of the servers: every example on it runs, and its tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from polarsearch_mock.dashscope.faults import FAULTS
from polarsearch_mock.options import add_arguments

PAGE = Path(__file__).parents[3] / "mock_server" / "README.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^### (.+?)$|^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def examples() -> list[tuple[str, str]]:
    """Each block of Python under the title it stands below."""
    found, title = [], "In a test"
    for heading, code in EXAMPLES:
        title = heading or title
        if code:
            found.append((title, code))
    return found


@pytest.mark.parametrize("code", [pytest.param(code, id=title) for title, code in examples()])
def test_an_example_runs(code):
    """What the page shows does what it says."""
    exec(compile(code, str(PAGE), "exec"), {"__name__": "example"})


def fault_table() -> str:
    """The faults as the page lists them."""
    lines = ["| fault | whom it imitates | parameters |", "| --- | --- | --- |"]
    for fault in FAULTS:
        params = ", ".join(f"`{name}={value}`" for name, value in fault.params.items())
        lines.append(f"| `{fault.name}` | {fault.imitates} | {params} |")
    return "\n".join(lines)


def test_the_fault_table_is_complete():
    """It lists every fault of the code with its words and defaults."""
    table = re.search(r"<!-- faults -->\n(.*?)\n?<!-- /faults -->", TEXT, re.DOTALL)
    assert table is not None
    assert table[1] == fault_table()


def test_every_option_stands_on_the_page():
    """No option of `serve` is undocumented."""
    import argparse

    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    for option in parser.format_help().split():
        name = option.strip("[],")
        assert not name.startswith("--") or name in TEXT
