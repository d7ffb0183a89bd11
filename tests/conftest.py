"""For all tests: properties are judged by what holds, not by how long a busy machine takes over one example."""

from collections import Counter

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Where Hypothesis is there: the suite of the README's first line runs without, and passes here."""
    if config.pluginmanager.hasplugin("hypothesispytest"):
        from hypothesis import settings

        settings.register_profile("untimed", deadline=None)
        settings.load_profile("untimed")


def pytest_terminal_summary(terminalreporter):
    """What tests counted (`record_property("…: …", n)`), summed over tests and workers."""
    counted = Counter()
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if isinstance(value, int):
                counted[name] += value
    for name, count in sorted(counted.items()):
        terminalreporter.line(f"{name}: {count}")
