"""Shown by docs/fixtures.md without this line, and run with its other examples."""

from pytest_polarsearch import connector_fixture

bare_connector = connector_fixture("embedding", scope="function")


def test_bare_connector(polarsearch_client, bare_connector):
    """A connector that no model uses, anew for each test."""
    assert polarsearch_client.connector(bare_connector).ok
