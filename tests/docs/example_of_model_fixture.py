"""Shown by docs/fixtures.md without this line, and run with its other examples."""

from pytest_polarsearch import model_fixture

terse_chat = model_fixture("chat", scope="module", description="mine")


def test_terse_chat(polarsearch_client, terse_chat):
    """One model for all tests of this file, with a field of its connector changed."""
    assert polarsearch_client.connector(terse_chat.connector_id).get("description") == "mine"
