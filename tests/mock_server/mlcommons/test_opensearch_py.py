"""The OpenSearch client's own calls, over a real socket, from the first setting to the last delete."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConflictError, NotFoundError, RequestError
from polarsearch_mock.mlcommons.app import Emulator
from polarsearch_mock.mlcommons.security import Account
from polarsearch_mock.serving import ThreadedServer

from .asking import OPEN, echo


@pytest.fixture(params=["2.19", "3.3", "3.4"])
def client(request: pytest.FixtureRequest) -> Iterator[OpenSearch]:
    """A client with an account of an emulator with accounts."""
    server = ThreadedServer(Emulator(request.param, accounts=(Account("admin", "secret"),)))
    server.start()
    one = OpenSearch(hosts=[server.url], http_auth=("admin", "secret"), timeout=20)
    yield one
    one.close()
    server.stop()


@pytest.fixture
def endpoint() -> Iterator[str]:
    """Where a model service listens."""
    server = ThreadedServer(echo)
    server.start()
    yield server.url.removeprefix("http://")
    server.stop()


def test_the_client_takes_a_model_through_its_whole_life(client: OpenSearch, endpoint: str) -> None:
    """Settings, connector, group, model, deploy, predict, undeploy and every delete, in the guide's order."""
    ml = client.plugins.ml
    assert client.info()["version"]["distribution"] == "opensearch"
    assert client.cluster.put_settings(body=OPEN)["acknowledged"]
    action = {"action_type": "predict", "method": "POST", "url": f"http://{endpoint}/echo", "request_body": "{}"}
    body = {"name": "c", "version": 1, "protocol": "http", "credential": {"k": "v"}, "actions": [action]}
    connector = ml.create_connector(body=body)["connector_id"]
    group = ml.register_model_group(body={"name": "a group"})["model_group_id"]
    registration = {"name": "m", "function_name": "remote", "connector_id": connector, "model_group_id": group}
    registered = ml.register_model(body=registration)
    model = registered["model_id"]
    assert ml.get_task(task_id=registered["task_id"])["state"] == "COMPLETED"
    assert ml.deploy_model(model_id=model)["status"] == "COMPLETED"
    assert ml.get_model(model_id=model)["model_state"] == "DEPLOYED"
    answer = ml.predict_model(model_id=model, body={"parameters": {}})
    assert answer["inference_results"][0]["output"][0]["dataAsMap"] == {"ok": True}
    found = ml.search_models(body={"query": {"match_all": {}}})
    assert [hit["_id"] for hit in found["hits"]["hits"]] == [model]
    with pytest.raises(RequestError):
        ml.delete_model(model_id=model)
    with pytest.raises(ConflictError):
        ml.delete_connector(connector_id=connector)
    (node,) = ml.undeploy_model(model_id=model).values()
    assert node["stats"] == {model: "undeployed"}
    assert ml.delete_model(model_id=model)["result"] == "deleted"
    assert ml.delete_connector(connector_id=connector)["result"] == "deleted"
    assert ml.delete_model_group(model_group_id=group)["result"] == "deleted"
    with pytest.raises(NotFoundError):
        ml.get_model(model_id=model)
