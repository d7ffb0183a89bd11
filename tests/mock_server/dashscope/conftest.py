"""What every test of the DashScope behaviour asks."""

import pytest
from polarsearch_mock.dashscope.service import DashScope


@pytest.fixture
def service() -> DashScope:
    """A mock that takes any `sk-` key."""
    return DashScope(seed=7)
