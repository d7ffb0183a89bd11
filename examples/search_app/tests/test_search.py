"""What is found: vectors and rerank scores have meaning, and are the same in every run."""


def test_it_finds_by_meaning(app):
    assert app.search("Which node holds a part of an index?")[0] == app.documents[0]
    assert app.search("What is on the menu, are there noodles?", most=1) == [app.documents[3]]


def test_many_documents_go_in_batches(app, polarsearch_dashscope):
    before = len(polarsearch_dashscope.calls("embedding"))
    app.add([f"Note {number}" for number in range(25)])
    assert [len(call.json["input"]) for call in polarsearch_dashscope.calls("embedding")[before:]] == [10, 10, 5]
