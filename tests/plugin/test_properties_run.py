"""Runs with random examples: what they show when a rule is broken, when they are drawn at all, and what they leave."""

from __future__ import annotations

import sys
from contextlib import nullcontext

import pytest
from polarsearch_mock import PolarSearchEmulator

from pytest_polarsearch.cli import main

from .conftest import ALONE, text_of

TEXTS = "any-text or cluster-tells"
BUDGET = ("--polarsearch-budget", "100")


@pytest.fixture
def cluster(tmp_path):
    """A cluster of somebody's on this machine, and the options that name it."""
    with PolarSearchEmulator() as emulator:
        journal = ("--polarsearch-journal", str(tmp_path / "journals"))
        yield emulator, (*journal, "--polarsearch-host", emulator.url, "--polarsearch-allow-settings", "-q")


def test_a_failure_shows_the_smallest_example_and_its_request(run, cluster, pytester):
    """One character, the seed that found it, and the request as a script; no folder of Hypothesis is left."""
    emulator, options = cluster
    with emulator.fault("quotes-lost"):
        result = run(*options, "-k", TEXTS, *BUDGET, "--polarsearch-seed", "5")
    told = text_of(result)
    assert result.ret == 1, told
    assert "looked at: the prompt that reached the model service" in told
    assert r'the smallest of the examples that begin with --polarsearch-seed 5 is "t\""' in told
    assert r'{"parameters": {"prompt": "t\\""}}' in told.partition("to repeat it:")[2]
    assert not (pytester.path / ".hypothesis").exists()


def test_another_language_says_it_too(run, cluster):
    """In Chinese; and what held says for how many examples."""
    emulator, options = cluster
    with emulator.fault("cjk-lost"):
        result = run(*options, "-k", TEXTS, *BUDGET, "--polarsearch-lang", "zh")
    assert "以 --polarsearch-seed 1 开始的样例中,最小的是" in text_of(result)
    result = run("--polarsearch", "-q", "-k", TEXTS, "--polarsearch-examples", "3")
    assert "properties.any-text-survives: held for 3 examples, drawn with --polarsearch-seed 1" in text_of(result)


def test_a_real_address_is_asked_with_a_budget_only(run, cluster):
    """Without one nothing is drawn, and the option is named."""
    _, options = cluster
    result = run(*options, "-k", TEXTS)
    told = text_of(result)
    assert result.ret == 0, told
    assert "not judged (1): not-applicable: random examples are asked of real addresses only where" in told
    assert "--polarsearch-budget N" in told
    assert "not judged" not in text_of(run(*options, "-k", TEXTS, *BUDGET))


def test_nothing_is_warned_of(pytester):
    """Hypothesis loads in the middle of a run, and neither it nor what it loads says a word."""
    result = pytester.runpytest_subprocess(*ALONE, "-W", "error", "--polarsearch", "-q", "-k", TEXTS)
    assert result.ret == 0, text_of(result)
    assert result.parseoutcomes().keys() == {"passed", "deselected"}


def test_without_hypothesis_the_rest_is_judged(run, monkeypatch):
    """The run is green, and says what to install."""
    monkeypatch.setattr("pytest_polarsearch.targets.find_spec", lambda _name: None)
    result = run("--polarsearch", "-q", "-k", TEXTS)
    assert result.ret == 0, text_of(result)
    assert "pip install 'pytest-polarsearch[properties]'" in text_of(result)


@pytest.mark.parametrize("fault", [None, "update-undeploys"])
def test_a_recording_is_judged_without_hypothesis(run, cluster, monkeypatch, capsys, fault):
    """The values of then are in the file: the verdict and its example are the same, and nothing is drawn."""
    emulator, options = cluster
    judged = ("-k", "lifecycles or any-text", "--polarsearch-level", "should", "--polarsearch-timeout", "1")
    with emulator.fault(fault) if fault else nullcontext():
        result = run(*options, *judged, *BUDGET, "--polarsearch-record", "run.ndjson")
    assert result.ret == (1 if fault else 0), text_of(result)
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    assert main(["judge", "run.ndjson"]) == result.ret
    again = capsys.readouterr().out
    lines = [line for line in text_of(result).splitlines() if "smallest of the examples" in line or "held for" in line]
    assert len(lines) >= 1
    assert [line for line in lines if line.strip() not in again] == []
