"""What the chat model is asked, and what becomes of what it says."""


def test_it_answers_from_what_it_found(app):
    assert "noodles" in app.answer("When does the cafeteria serve noodles?")


def test_the_model_sees_only_what_was_found(app, polarsearch_dashscope):
    polarsearch_dashscope.script_chat(["On Friday."])
    assert app.answer("When are noodles served in the cafeteria?") == "On Friday."
    [asked] = polarsearch_dashscope.calls("chat")
    assert app.documents[3] in asked.json["messages"][0]["content"]
    assert asked.json["messages"][1] == {"role": "user", "content": "When are noodles served in the cafeteria?"}
