"""The page that lists routes, models, switches and errors is the one that the code prints."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from polarsearch_mock.dashscope.errors import LITERALS
from polarsearch_mock.dashscope.page import page
from polarsearch_mock.dashscope.routes import ROUTES
from polarsearch_mock.dashscope.switches import Switches

PAGE = Path(__file__).parents[3] / "mock_server" / "DASHSCOPE.md"


def test_the_page_is_up_to_date():
    """`python -m polarsearch_mock.dashscope.page > mock_server/DASHSCOPE.md` makes it so."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_names_everything():
    """Each route, each literal error, and each switch with what it decides."""
    text = page()
    names = [*ROUTES, *LITERALS, *(one.name for one in fields(Switches))]
    assert [name for name in names if f"`{name}`" not in text] == []
    assert all(one.metadata["about"] in text for one in fields(Switches))
