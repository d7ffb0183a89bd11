"""What a check is: data that nobody changes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from pytest_polarsearch.checks.contract import check


def nothing(_ctx):
    """A check that asks nothing."""


def test_a_check_is_shown_by_its_row_and_cannot_be_changed():
    """A repr without the address of a function, the same in every run."""
    one = check("a.b", killed_by=["x"])(nothing)
    assert repr(one) == "Check(id='a.b', killed_by=('x',), uses=())"
    with pytest.raises(FrozenInstanceError):
        one.id = "c.d"
