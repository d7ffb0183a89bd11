"""One test a requirement: `pytest --polarsearch`, or `pytest --pyargs pytest_polarsearch.suite --polarsearch`."""

from __future__ import annotations

from collections.abc import Callable

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Say so where the plugin, which makes the cases, is switched off."""
    if not metafunc.config.pluginmanager.hasplugin("polarsearch-conformance"):
        raise pytest.UsageError(
            "the conformance suite runs with `pytest --polarsearch` only; leave out -p no:polarsearch"
        )


def test_requirement(polarsearch_check: Callable[[], None]) -> None:
    """The requirement holds on this target."""
    polarsearch_check()
