"""For all tests: properties are judged by what holds, not by how long a busy machine takes over one example."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Where Hypothesis is there: the suite of the README's first line runs without, and passes here."""
    if config.pluginmanager.hasplugin("hypothesispytest"):
        from hypothesis import settings

        settings.register_profile("untimed", deadline=None)
        settings.load_profile("untimed")
