"""An example for each fixture: docs/fixtures.md shows them, and test_pages.py runs them in a run of their own.

Each stands alone (imports inside), because the page shows it alone.
"""


def test_polarsearch_settings(polarsearch_settings):
    """What is not set has its default."""
    assert polarsearch_settings["timeout"] == 30.0


def test_polarsearch_cluster(polarsearch_cluster):
    """Without a host it is the built-in emulator."""
    assert polarsearch_cluster.target.url.startswith("http://127.0.0.1:")


def test_polarsearch_client(polarsearch_client):
    """Any request of ML Commons, answered by an Exchange."""
    answer = polarsearch_client.search("connectors", {"match_all": {}})
    assert answer.status in {200, 404}  # 404 before the first connector


def test_polarsearch_dashscope(polarsearch_dashscope, polarsearch_client, polarsearch_chat_model):
    """What the service says is scripted, and what reached it is seen."""
    polarsearch_dashscope.script_chat(["Shards spread an index."])
    answer = polarsearch_client.predict(
        polarsearch_chat_model.model_id, {"messages": [{"role": "user", "content": "Hi"}]}
    )
    assert "Shards spread an index." in answer.text
    assert len(polarsearch_dashscope.calls("chat")) == 1


def test_polarsearch_embedding_model(polarsearch_client, polarsearch_embedding_model):
    """The guide's model gives 1,024 numbers a text."""
    answer = polarsearch_client.predict(polarsearch_embedding_model.model_id, {"input": ["hello world"]})
    assert answer.json["inference_results"][0]["output"][0]["shape"] == [1024]


def test_polarsearch_rerank_model(polarsearch_client, polarsearch_rerank_model):
    """Documents are scored against the query."""
    asked = {"query": "create an index", "documents": ["An index is created with PUT.", "The weather is fine."]}
    answer = polarsearch_client.predict(polarsearch_rerank_model.model_id, asked)
    assert answer.status == 200


def test_polarsearch_chat_model(polarsearch_client, polarsearch_chat_model):
    """A conversation is answered."""
    asked = {"messages": [{"role": "user", "content": "What is PolarSearch?"}]}
    answer = polarsearch_client.predict(polarsearch_chat_model.model_id, asked)
    assert answer.json["inference_results"][0]["output"][0]["name"] == "response"


def test_polarsearch_model_factory(polarsearch_model_factory):
    """A model asked for twice is made once."""
    assert polarsearch_model_factory("chat") is polarsearch_model_factory("chat")  # one a session


def test_polarsearch_tmp_model(polarsearch_client, polarsearch_tmp_model):
    """Connector fields of your own, in a model that goes with the test."""
    model = polarsearch_tmp_model("embedding", description="mine alone")
    connector = polarsearch_client.connector(model.connector_id)
    assert connector.json["description"] == "mine alone"


def test_opensearch_client(opensearch_client, polarsearch_embedding_model):
    """The client that applications use, with the run's account and certificates."""
    answer = opensearch_client.plugins.ml.predict_model(
        model_id=polarsearch_embedding_model.model_id, body={"parameters": {"input": ["hello"]}}
    )
    assert answer["inference_results"][0]["output"][0]["shape"] == [1024]
