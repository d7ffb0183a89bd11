"""Offline tests of the search application: what it finds, what it asks, and what it does when things go wrong."""

import pytest
from opensearchpy import TransportError

from conftest import DOCUMENTS


def test_it_finds_by_meaning(app):
    assert app.search("Which node holds a part of an index?")[0] == DOCUMENTS[0]
    assert app.search("What is on the menu, are there noodles?", most=1) == [DOCUMENTS[3]]


def test_it_answers_from_what_it_found(app):
    assert "noodles" in app.answer("When does the cafeteria serve noodles?")


def test_the_model_sees_only_what_was_found(app, polarsearch_dashscope):
    polarsearch_dashscope.script_chat(["On Friday."])
    assert app.answer("When are noodles served in the cafeteria?") == "On Friday."
    [asked] = polarsearch_dashscope.calls("chat")
    assert DOCUMENTS[3] in asked.json["messages"][0]["content"]
    assert asked.json["messages"][1] == {"role": "user", "content": "When are noodles served in the cafeteria?"}


def test_many_documents_go_in_batches(app, polarsearch_dashscope):
    before = len(polarsearch_dashscope.calls("embedding"))
    app.add([f"Note {number}" for number in range(25)])
    assert [len(call.json["input"]) for call in polarsearch_dashscope.calls("embedding")[before:]] == [10, 10, 5]


def test_a_throttled_rerank_model_leaves_the_vectors_order(app, polarsearch_dashscope):
    with polarsearch_dashscope.fault("Throttling", route="rerank"):
        assert app.search("Which node holds a part of an index?")[0] == DOCUMENTS[0]


def test_arrears_are_not_swallowed(app, polarsearch_dashscope):
    with polarsearch_dashscope.fault("Arrearage"), pytest.raises(TransportError) as refused:
        app.search("anything")
    assert refused.value.status_code == 400
    assert "good standing" in str(refused.value)
