"""Runs with requirements of a later set: run, shown with a word of their own, never scored."""

from __future__ import annotations

import pytest

from .conftest import text_of

OWN = """
from pytest_polarsearch.checks.contract import Check, Failure
from pytest_polarsearch.requirements.registry import Requirement

def broken(ctx):
    raise Failure("the colour", "red", "blue")

def sound(ctx):
    pass

def pytest_polarsearch_checks(config):
    row = lambda name, since: Requirement(name, "MUST", "It holds.", "成立。", "vendor", "us", since)
    return [
        (row("own.later", "2026.2"), Check("own.later", broken, ())),
        (row("own.new", "2026.2"), Check("own.new", sound, ())),
        (row("own.now", "2026.1"), Check("own.now", sound, ())),
    ]
"""


def test_a_later_requirement_never_fails_the_run(pytester, run):
    """It is shown with what it found, and the score does not hold it."""
    pytester.makeconftest(OWN)
    result = run(
        "--polarsearch", "-k", "own.later or own.new or own.now", "-rA", "--polarsearch-requirements", "2026.1"
    )
    told = text_of(result)
    assert result.ret == 0, told
    assert {"provisional": 2, "passed": 1}.items() <= result.parseoutcomes().items()
    result.stdout.fnmatch_lines(
        ["*judged 1 of *", "*not scored (1 fail): own.later", "*not scored (1 pass): own.new"], consecutive=True
    )


def test_only_later_requirements_judge_nothing(pytester, run):
    """A run that scores nothing is not green."""
    pytester.makeconftest(OWN)
    assert run("--polarsearch", "-k", "own.later").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_an_unknown_set_is_wrong_use(run):
    """Exit status 4, with the closest word, before anything is judged."""
    result = run("--polarsearch", "--polarsearch-requirements", "2026.l")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "did you mean 2026.1?" in text_of(result)
