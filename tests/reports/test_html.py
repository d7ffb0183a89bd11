"""The HTML report as a text: bounded in work and size, whatever a run was like; tests/browser shows how it is used."""

from __future__ import annotations

import builtins

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch.reports.html import diff, html
from pytest_polarsearch.reports.making import KINDS
from pytest_polarsearch.reports.pages import MISSING
from pytest_polarsearch.reports.reading import read_stream

from .streams import failure, judgement, stream


def page(folder, events, status=1):
    """The report of these events."""
    return html(read_stream(stream(folder, events, status)), "en")


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_difference_gives_both_texts_back(expected, actual):
    """Nothing is lost, nothing is made up."""
    pieces = diff(expected, actual)
    assert "".join(text for kind, text in pieces if kind != "ins") == expected
    assert "".join(text for kind, text in pieces if kind != "del") == actual


def test_a_long_difference_is_not_searched_for():
    """Work is bounded: texts of many pieces stand whole."""
    expected, actual = "a b " * 5000, "a c " * 5000
    assert diff(expected, actual) == [("del", expected), ("ins", actual)]
    assert ("same", "he said ") in diff("he said yes", "he said no")


def test_a_run_in_which_everything_fails_stays_below_a_megabyte(tmp_path):
    """Each failure has its share of the room; what is cut says how long it was."""
    long = {"sent": "x" * 4000, "answer": "y" * 4000}
    asked = {"method": "POST", "path": "/p", "status": 400, **long}
    shown = {**asked, "content_type": "", "trouble": "", "seconds": 0.1}
    onward = {
        "method": "POST",
        "path": "/v1",
        "status": 200,
        "headers": {"authorization": "Bearer $YOUR_API_KEY"},
        **long,
    }
    events = [
        failure(f"predict.number-{number}", exchanges=[shown], upstream=[onward], script="z" * 4000)
        for number in range(260)
    ]
    text = page(tmp_path, events)
    assert len(text.encode()) < 2**20
    assert "… (4000)" in text
    assert "authorization: Bearer $YOUR_API_KEY" in text


def test_a_single_failure_keeps_its_bodies_whole(tmp_path):
    """There is room enough."""
    text = page(tmp_path, [failure(script="z" * 4000)])
    assert "z" * 4000 in text


def test_what_was_not_seen_is_said(tmp_path):
    """A cluster and a service of one's own talk beyond the run."""
    assert "was not seen" in page(tmp_path, [failure(upstream=[])])
    assert "was not seen" not in page(tmp_path, [failure()])


def test_the_ledgers_word_and_what_was_left_stand_with_the_failure(tmp_path):
    """A deviation is shown as one; a resource that could not be removed is named."""
    text = page(tmp_path, [judgement(verdict="deviation", why="declared"), failure(left=["connector abc: DELETE /x"])])
    assert "ledger of deviations" in text
    assert "connector abc: DELETE /x" in text


def test_without_jinja2_the_command_that_helps_is_told(tmp_path, monkeypatch):
    """It is an extra."""
    real = builtins.__import__

    def missing(name, *rest, **more):
        if name == "jinja2":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match="pip install"):
        KINDS["html"].make(read_stream(stream(tmp_path, [])), "en")
    assert "pytest-polarsearch[report]" in MISSING
