"""What the application does when the model service fails."""

import pytest
from opensearchpy import TransportError


def test_a_throttled_rerank_model_leaves_the_vectors_order(app, polarsearch_dashscope):
    with polarsearch_dashscope.fault("Throttling", route="rerank"):
        assert app.search("Which node holds a part of an index?")[0] == app.documents[0]


def test_arrears_are_not_swallowed(app, polarsearch_dashscope):
    with polarsearch_dashscope.fault("Arrearage"), pytest.raises(TransportError) as refused:
        app.search("anything")
    assert refused.value.status_code == 400
    assert "good standing" in str(refused.value)
