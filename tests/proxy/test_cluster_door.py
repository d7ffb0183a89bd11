"""What the proxy must know of a cluster to misbehave as one: ids it gave, patterns that are trusted, routes."""

from __future__ import annotations

import json

import pytest
from polarsearch_mock.messages import Reply, Request
from polarsearch_mock.mlcommons.front import emulator_front
from polarsearch_mock.proxy.doors import cluster_door
from polarsearch_mock.proxy.trusted import KEY, Trusted

ML = "/_plugins/_ml"
CONNECTOR = {
    "name": "a connector", "version": 1, "protocol": "http", "parameters": {"endpoint": "127.0.0.1:9"},
    "credential": {"api_key": "sk-x"},
    "actions": [{"action_type": "predict", "method": "POST", "url": "http://${parameters.endpoint}/v1",
                 "request_body": '{"input": ${parameters.input}}'}],
}  # fmt: skip


@pytest.fixture
def proxy(standing):
    """A proxy before an emulator that trusts this machine."""
    proxy = standing.before(standing.target(emulator_front("3.3", 1, ())), cluster_door)
    proxy.client.put("/_cluster/settings", json={"persistent": {KEY: ["^http://127\\.0\\.0\\.1:.*$"]}})
    return proxy


def created(proxy) -> str:
    """The id of a new connector."""
    return proxy.client.post(f"{ML}/connectors/_create", json=CONNECTOR).json()["connector_id"]


def test_another_id_holds_in_every_direction(proxy):
    """An id of another form finds its connector, is found in a search, and removes it, also after the fault."""
    with proxy.set("ids-of-another-form"):
        own = created(proxy)
    assert len(own) == 12
    assert proxy.client.get(f"{ML}/connectors/{own}").json()["name"] == "a connector"
    found = proxy.client.post(f"{ML}/connectors/_search", json={"query": {"ids": {"values": [own]}}}).json()
    assert [hit["_id"] for hit in found["hits"]["hits"]] == [own]
    assert proxy.client.delete(f"{ML}/connectors/{own}").json()["_id"] == own
    assert len(created(proxy)) == 20


def test_a_fault_of_one_route_leaves_others_alone(proxy):
    """A fault acts on the route of its row."""
    with proxy.set("defaults-hidden"):
        shown = proxy.client.get("/_cluster/settings?include_defaults=true").json()
        assert "defaults" not in shown
        assert len(created(proxy)) == 20


def test_faults_that_go_by_trust_know_it(proxy):
    """The proxy knows from what passed that trust was withdrawn, and that a broken pattern is there."""
    predict = f"{ML}/models/none/_predict"
    with proxy.set("withdrawn-trust-breaks"), proxy.set("broken-pattern-poisons"):
        assert proxy.client.post(predict, json={"parameters": {}}).status_code == 404
        assert len(created(proxy)) == 20
        proxy.client.put("/_cluster/settings", json={"persistent": {KEY: ["^http://.*$", "***"]}})
        assert proxy.client.post(predict, json={"parameters": {}}).status_code == 500
        assert proxy.client.post(f"{ML}/connectors/_create", json=CONNECTOR).status_code == 500


def settings(method: str, document: object, status: int = 200) -> tuple[Request, Reply]:
    """A change of settings, or a look at them."""
    body = json.dumps(document).encode()
    asked = Request(method, "/_cluster/settings", body=b"" if method == "GET" else body)
    return asked, Reply(status, body if method == "GET" else b"{}")


NESTED = {"plugins": {"ml_commons": {"trusted_connector_endpoints_regex": ["nested"]}}}


@pytest.mark.parametrize(
    ("exchanges", "patterns"),
    [
        ([], ()),
        ([settings("GET", {"persistent": {KEY: ["a"]}, "transient": {}, "defaults": {KEY: ["d"]}})], ["a"]),
        ([settings("GET", {"persistent": {}, "transient": {}, "defaults": {KEY: ["d"]}})], ["d"]),
        ([settings("PUT", {"persistent": {KEY: ["a"]}}), settings("PUT", {"transient": {KEY: ["t"]}})], ["t"]),
        ([settings("PUT", {"persistent": {KEY: ["a"]}}), settings("PUT", {"persistent": {KEY: None}})], ()),
        ([settings("PUT", {"persistent": {KEY: ["a"]}}), settings("PUT", {"persistent": {KEY: ["b"]}}, 400)], ["a"]),
        ([settings("PUT", {"persistent": NESTED})], ["nested"]),
        ([settings("PUT", {"persistent": {KEY: "a, b"}})], ["a", "b"]),
        ([settings("PUT", {"persistent": {KEY: ["a"]}}), settings("GET", {"persistent": {}, "transient": {}})], ()),
        ([(Request("GET", "/_cluster/settings"), Reply(200, b"<html>"))], ()),
    ],
)  # fmt: skip
def test_trusted_patterns_are_learned(exchanges, patterns):
    """The strongest scope that has the list counts, as answers and accepted changes have shown it."""
    trusted = Trusted()
    for exchange in exchanges:
        trusted.look(*exchange)
    assert trusted.patterns() == patterns
