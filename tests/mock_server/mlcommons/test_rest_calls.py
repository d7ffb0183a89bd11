"""Calls of the REST side beyond what the recordings show."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from polarsearch_mock.messages import Request
from polarsearch_mock.mlcommons.app import Emulator
from polarsearch_mock.serving import ThreadedServer

from .asking import ML, OPEN, Asking, echo


@pytest.fixture(params=["2.19", "3.3", "3.4"])
def ask(request: pytest.FixtureRequest) -> Iterator[Asking]:
    """An emulator of each engine that trusts this machine."""
    asking = Asking(Emulator(request.param, hang_seconds=0.0))
    asking("PUT", "/_cluster/settings", OPEN)
    yield asking
    asking.close()


def test_an_unknown_engine_is_refused() -> None:
    """The error names the engines there are."""
    with pytest.raises(ValueError, match=r"2\.19, 3\.3, 3\.4"):
        Emulator("1.3")


def test_a_cluster_has_at_least_one_node() -> None:
    """Zero nodes are refused."""
    with pytest.raises(ValueError, match="at least one node"):
        Emulator(nodes=0)


def test_routes_that_are_not_emulated_say_so(ask: Asking) -> None:
    """501 with the route and where to look."""
    answer = ask("POST", f"{ML}/agents/_register", {})
    assert answer.status == 501
    assert f"{ML}/agents/_register" in answer.body["error"]["reason"]
    assert "mock_server/README.md" in answer.body["error"]["reason"]


def test_an_unknown_parameter_is_met_with_a_suggestion(ask: Asking) -> None:
    """A name that is nearly right is offered."""
    reason = ask("GET", "/?prety").body["error"]["reason"]
    assert reason == "request [/] contains unrecognized parameter: [prety] -> did you mean [pretty]?"


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_an_index_that_is_not_there_is_404(ask: Asking, method: str) -> None:
    """Whatever is asked of it; HEAD says so without a body."""
    answer = ask(method, "/nope")
    assert answer.status == 404
    assert answer.body == "" if method == "HEAD" else answer.body["error"]["type"] == "index_not_found_exception"


def test_the_cluster_is_green(ask: Asking) -> None:
    """Health counts the nodes."""
    answer = ask("GET", "/_cluster/health").body
    assert (answer["status"], answer["number_of_nodes"]) == ("green", 1)


def test_settings_that_may_not_change_are_refused(ask: Asking) -> None:
    """Static and final settings have their own words."""
    static = ask("PUT", "/_cluster/settings", {"persistent": {"plugins.ml_commons.multi_tenancy_enabled": True}})
    final = ask("PUT", "/_cluster/settings", {"transient": {"plugins.ml_commons.remote_metadata_type": "x"}})
    assert static.body["error"]["reason"].endswith(
        "[plugins.ml_commons.multi_tenancy_enabled], not dynamically updateable"
    )
    assert final.body["error"]["reason"] == (
        "final transient setting [plugins.ml_commons.remote_metadata_type], not updateable"
    )


def test_switched_off_remote_inference_stops_every_step(ask: Asking) -> None:
    """Create, register, deploy and predict are refused in the same words."""
    connector = ask.connector("127.0.0.1:1")
    model = ask.model(connector)
    ask("PUT", "/_cluster/settings", {"persistent": {"plugins.ml_commons.remote_inference.enabled": False}})
    registration = {"name": "m", "function_name": "remote", "connector_id": connector}
    answers = [
        ask("POST", f"{ML}/connectors/_create", {}),
        ask("POST", f"{ML}/models/_register", registration),
        ask("POST", f"{ML}/models/{model}/_deploy"),
        ask("POST", f"{ML}/models/{model}/_predict", {"parameters": {}}),
    ]
    assert [answer.status for answer in answers] == [500, 500, 500, 404]
    assert {answer.body["error"]["type"] for answer in answers} == {"illegal_state_exception"}


def test_a_search_in_the_address_needs_its_content_type(ask: Asking) -> None:
    """`source` alone is refused."""
    assert ask("GET", f"{ML}/models/_search?source=%7B%7D").status == 500
    assert ask("GET", f"{ML}/models/_search?source=%7B%7D&source_content_type=application/json").status == 200


def test_pretty_answers_are_indented(ask: Asking) -> None:
    """Two spaces a level, a space on both sides of the colon, a newline at the end."""
    body = ask.raw(_get("/_cluster/settings", "pretty")).body.decode()
    assert body.startswith('{\n  "persistent" : {\n    "plugins" : {')
    assert body.endswith('  "transient" : { }\n}\n')


def test_filter_path_takes_stars_and_exclusions(ask: Asking) -> None:
    """`*` stands for one part, `**` for any number, a minus takes away."""
    assert ask("GET", "/?filter_path=version.*_type").body == {"version": {"build_type": "tar"}}
    assert "number" in ask("GET", "/?filter_path=**.number").body["version"]
    assert "version" not in ask("GET", "/?filter_path=-version").body


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"match_all": {}}, {"red apple", "green pear"}),
        ({"match": {"name": "apple pear"}}, {"red apple", "green pear"}),
        ({"match": {"name": {"query": "red pear", "operator": "and"}}}, set()),
        ({"term": {"name.keyword": "red apple"}}, {"red apple"}),
        ({"term": {"name": "apple"}}, {"red apple"}),
        ({"terms": {"name.keyword": ["red apple", "x"]}}, {"red apple"}),
        ({"exists": {"field": "description"}}, {"green pear"}),
        ({"range": {"created_time": {"gte": 0}}}, {"red apple", "green pear"}),
        ({"range": {"created_time": {"lt": 0}}}, set()),
        ({"prefix": {"name": "gre"}}, {"green pear"}),
        ({"wildcard": {"name.keyword": "*apple"}}, {"red apple"}),
        ({"bool": {"must": [{"match_all": {}}], "must_not": {"match": {"name": "red"}}}}, {"green pear"}),
        ({"bool": {"should": [{"term": {"name": "red"}}, {"term": {"name": "green"}}]}}, {"red apple", "green pear"}),
        ({"bool": {"filter": {"term": {"protocol": "http"}}}}, {"red apple", "green pear"}),
        ({"ids": {"values": []}}, set()),
    ],
)
def test_queries_find_what_they_name(ask: Asking, query: object, found: set[str]) -> None:
    """The queries that users and clients send, over names of connectors."""
    ask.connector("127.0.0.1:1", name="red apple")
    ask.connector("127.0.0.1:1", name="green pear", description="a fruit")
    answer = ask("POST", f"{ML}/connectors/_search", {"query": query})
    assert {hit["_source"]["name"] for hit in answer.body["hits"]["hits"]} == found


def test_a_sort_by_words_is_refused_as_the_engine_does(ask: Asking) -> None:
    """Text fields have no order; their keyword has."""
    ask.connector("127.0.0.1:1")
    answer = ask("POST", f"{ML}/connectors/_search", {"sort": "name"})
    assert answer.status == 400
    assert answer.body["error"]["type"] == "search_phase_execution_exception"


def test_undeploying_a_registered_model_marks_it_undeployed(ask: Asking) -> None:
    """It did not run, and its state changes all the same."""
    model = ask.model(ask.connector("127.0.0.1:1"))
    (node,) = ask("POST", f"{ML}/models/{model}/_undeploy").body.values()
    assert node["stats"] == {model: "not_found"}
    assert ask("GET", f"{ML}/models/{model}").body["model_state"] == "UNDEPLOYED"


def test_an_updated_model_keeps_no_old_connections(ask: Asking) -> None:
    """What was replaced under a running model is closed when the update is answered, not when the model goes."""
    with ThreadedServer(echo) as service:
        model = ask.model(ask.connector(service.url.removeprefix("http://")))
        ask("POST", f"{ML}/models/{model}/_deploy")
        ask("POST", f"{ML}/models/{model}/_predict", {"parameters": {}})
        (old,) = ask.emulator.deployments.running[model].runtimes
        ask("PUT", f"{ML}/models/{model}", {"rate_limiter": {"limit": "9", "unit": "SECONDS"}})
    (new,) = ask.emulator.deployments.running[model].runtimes
    assert (old is new, old.is_connected()) == (False, False)


def test_deletes_count_versions_of_what_once_was(ask: Asking) -> None:
    """A removed connector's version goes on rising; an id that never was has none, however often it is deleted."""
    connector = ask.connector("127.0.0.1:1")
    removed = [ask("DELETE", f"{ML}/connectors/{connector}").body["_version"] for _ in range(2)]
    absent = [ask("DELETE", f"{ML}/connectors/never-was").body["_version"] for _ in range(2)]
    assert (removed, absent) == ([2, 3], [1, 1])


def test_an_embedded_connector_without_credential_is_never_answered(ask: Asking) -> None:
    """The call is dropped, and a task stays running in the profile."""
    action = {"action_type": "predict", "method": "POST", "url": "http://127.0.0.1:1/x"}
    body = {"name": "m", "function_name": "remote"}
    body["connector"] = {"name": "c", "version": "1", "protocol": "http", "actions": [action]}
    reply = ask.raw(_post(f"{ML}/models/_register", body))
    assert reply.abort == "request"
    (node,) = ask("GET", f"{ML}/profile/tasks").body["nodes"].values()
    assert [task["state"] for task in node["tasks"].values()] == ["RUNNING"]


def test_yaml_is_understood_and_answered(ask: Asking) -> None:
    """Nested maps and lists in YAML do what their JSON does."""
    text = "---\npersistent:\n  plugins.ml_commons.trusted_connector_endpoints_regex:\n    - ^http://a/.*$\n    - 'b'\n"
    reply = ask.raw(_post("/_cluster/settings", text.encode(), "PUT", "application/yaml"))
    assert reply.status == 200
    assert b"acknowledged: true\n" in reply.body
    flat = ask("GET", "/_cluster/settings?flat_settings").body["persistent"]
    assert flat["plugins.ml_commons.trusted_connector_endpoints_regex"] == ["^http://a/.*$", "b"]


def test_two_nodes_are_counted_everywhere() -> None:
    """Model document, undeploy answer and write answers know both nodes."""
    server = ThreadedServer(echo)
    server.start()
    ask = Asking(Emulator("3.3", nodes=2))
    ask("PUT", "/_cluster/settings", OPEN)
    model = ask.model(ask.connector(server.url.removeprefix("http://")))
    ask("POST", f"{ML}/models/{model}/_deploy")
    document = ask("GET", f"{ML}/models/{model}").body
    statuses = [ask("POST", f"{ML}/models/{model}/_predict", {"parameters": {}}).status for _ in range(4)]
    undeployed = ask("POST", f"{ML}/models/{model}/_undeploy").body
    deleted = ask("DELETE", f"{ML}/models/{model}").body
    ask.close()
    server.stop()
    assert (document["planning_worker_node_count"], len(document["planning_worker_nodes"])) == (2, 2)
    assert statuses == [200] * 4
    assert len(undeployed) == 2
    assert deleted["_shards"]["total"] == 2


def test_nothing_is_kept_of_deleted_documents(ask: Asking) -> None:
    """Creating and deleting over and over leaves no documents and no lookups behind."""
    for _ in range(50):
        key = ask.connector("127.0.0.1:1")
        model = ask.model(key)
        ask("DELETE", f"{ML}/models/{model}")
        ask("DELETE", f"{ML}/connectors/{key}")
    store = ask.emulator.store
    assert (len(store.models.documents), len(store.connectors.documents)) == (0, 0)
    assert [values for values in store.models.lookups.values() if values] == []


def test_an_emulator_served_in_a_thread_ends_with_it() -> None:
    """No thread outlives the server."""
    before = threading.active_count()
    server = ThreadedServer(Emulator())
    server.start()
    server.stop()
    assert threading.active_count() == before


def _get(path: str, query: str = "") -> Request:
    return Request("GET", path, query)


def _post(path: str, body: object, method: str = "POST", kind: str = "application/json") -> Request:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(method, path, "", (("content-type", kind),), content)
