"""The HTML report as a text: bounded in work and size, whatever a run was like; tests/browser shows how it is used."""

from __future__ import annotations

import builtins
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch.reports import pages
from pytest_polarsearch.reports.html import diff, html
from pytest_polarsearch.reports.making import KINDS
from pytest_polarsearch.reports.pages import MISSING, laid_out
from pytest_polarsearch.reports.reading import read_stream
from pytest_polarsearch.requirements.registry import load

from .streams import exchange, failure, judgement, onward, stream


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


LONG = {"sent": "x" * 3000, "answer": "y" * 3000}


def all_failing(number, **more):
    """So many failures, each with two requests, long bodies on both sides of the connector, and a long script."""
    behind = onward(headers={"authorization": "Bearer $YOUR_API_KEY"}, **LONG)
    asked = [exchange(upstream=[behind], **LONG)] * 2
    rows = list(load())
    return [failure(rows[i] if i < len(rows) else f"a.b-{i}", exchanges=asked, **more) for i in range(number)]


def test_a_run_in_which_everything_fails_stays_below_a_megabyte(tmp_path):
    """Each failure has its share of the room; what is cut says how long it was, and scripts are never cut."""
    script = "curl " + "z" * 900
    text = page(tmp_path, all_failing(len(load()), script=script))
    assert len(text.encode()) <= 1_000_000
    assert text.count("<article") > 100
    assert text.count(script) == text.count("<article")
    assert "… (3000)" in text
    assert "authorization: Bearer $YOUR_API_KEY" in text


@pytest.mark.parametrize("kind", [judgement, failure])
def test_two_thousand_judgements_stay_below_a_megabyte(tmp_path, kind):
    """What has no room is counted, and stands in the table of all."""
    text = page(tmp_path, [kind(f"predict.number-{number}") for number in range(2000)])
    assert len(text.encode()) <= 1_000_000
    assert text.count("data-row") >= 2000
    left = re.search(r"(\d+) more did not hold", text)
    assert bool(left) is (kind is failure)
    assert kind is judgement or int(left[1]) + text.count("<article") == 2000


def test_a_script_that_is_too_long_is_named_and_not_cut(tmp_path):
    """A part of it would do something else."""
    text = page(tmp_path, [failure(script="curl " + "z" * 50_000)])
    assert "zzzz" not in text
    assert "the script has 50005 characters" in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    )
)
def test_json_is_laid_out_and_stays_what_it_is(value):
    """Read again it is the same; numbers keep their letters."""
    assert json.loads(laid_out(json.dumps(value))) == value
    assert laid_out('{"a": 1.0E9, "b": [1, 2], "c": {}}') == '{\n  "a": 1.0E9,\n  "b": [1, 2],\n  "c": {\n  }\n}'


@given(st.text(max_size=80))
def test_laying_out_loses_no_letter(text):
    """Of whatever a target said, only space is another."""
    assert re.sub(r"\s", "", laid_out("{" + text)) == re.sub(r"\s", "", "{" + text)


def test_a_single_failure_keeps_its_bodies_whole(tmp_path):
    """There is room enough."""
    text = page(tmp_path, [failure(script="z" * 4000)])
    assert "z" * 4000 in text


def test_what_was_not_seen_is_said(tmp_path):
    """A cluster and a service of one's own talk beyond the run."""
    assert "was not seen" in page(tmp_path, [failure(exchanges=[exchange()])])
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
    pages._templates.cache_clear()
    with pytest.raises(ImportError, match="pip install"):
        KINDS["html"].make(read_stream(stream(tmp_path, [])), "en")
    assert "pytest-polarsearch[report]" in MISSING
