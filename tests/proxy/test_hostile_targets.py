"""Targets that mean harm, or are none: the self-test ends with a sentence, and faults leave what they cannot read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from polarsearch_mock import Reply, Request
from polarsearch_mock.proxy.doors import any_door
from polarsearch_mock.proxy.tables import every_fault

from pytest_polarsearch.client import NoAnswer
from pytest_polarsearch.preflight import TargetUnusable
from pytest_polarsearch.selftest import kill_matrix
from pytest_polarsearch.settings import resolve
from tests.targets.broken import CLUSTERS, polite, serving

FAULT = "mlcommons.tensor-shape-wrong"
JSON = (("content-type", "application/json"),)
#: Cluster -> what the self-test says of it.
USELESS = {
    "reject-all": "where the model embedding cannot be made (",
    "never-deploys": "where the model embedding cannot be made (",
    "accept-all": "which fails honesty.",
    "cached-answer": "which fails honesty.",
    "login-page": "which is not OpenSearch's",
}


async def silent(_request: Request) -> Reply:
    """Answers when nobody waits any more."""
    await asyncio.sleep(3600)
    return Reply(200)


def tried(host: str, tmp_path: Path, **given: str) -> str:
    """How a self-test on that cluster ends."""
    named = {"host": host, "allow-settings": "true", "journal": str(tmp_path), **given}
    settings = resolve(lambda option: named.get(option.name), lambda _: None, {})
    with pytest.raises((TargetUnusable, NoAnswer)) as ended:
        kill_matrix(settings, [FAULT])
    return str(ended.value)


@pytest.mark.parametrize("kind", USELESS)
def test_a_target_that_proves_nothing_is_named(kind: str, tmp_path: Path) -> None:
    """It is not judged under hundreds of faults: one sentence says why nothing can be proved there."""
    with serving(CLUSTERS[kind]()) as host:
        assert USELESS[kind] in tried(host, tmp_path)


def test_a_target_that_never_answers_costs_few_deadlines(tmp_path: Path) -> None:
    """A cluster that passes the first look and then hangs ends it at the first deadline, and is itself named."""
    with serving(polite(silent)) as host:
        told = tried(host, tmp_path, timeout="0.5")
    assert told.startswith(f"{host.removeprefix('http://')} gave no whole answer to GET /_cluster/settings")


#: What no fault was written for.
STRANGE = (
    b"[1, 2]",
    b"[" * 100_000,
    b"null",
    b'"text"',
    b"{",
    b"\xff\xfe",
    b'{"hits": 1, "data": 7, "results": {}}',
    b"",
)
PATHS = (
    ("POST", "/_plugins/_ml/connectors/_create"), ("POST", "/_plugins/_ml/connectors/_search"),
    ("GET", "/_plugins/_ml/models/m"), ("POST", "/_plugins/_ml/models/m/_predict"), ("GET", "/_cluster/settings"),
    ("POST", "/compatible-mode/v1/embeddings"), ("POST", "/compatible-api/v1/reranks"),
)  # fmt: skip


@pytest.mark.parametrize("body", STRANGE, ids=lambda body: body[:12].decode("latin-1"))
def test_no_fault_breaks_on_what_it_cannot_read(standing, body: bytes) -> None:
    """Under every fault that answers at once each answer is the target's own or the fault's, none our failure."""
    proxy = standing.before(standing.target(lambda _: Reply(200, body, JSON)), any_door)
    slow = ("latency", "trickle", "reset", "truncated", "split")
    for name in every_fault():
        if not any(word in name for word in slow):
            proxy.set(name, times=None)
    for method, path in PATHS:
        answer = proxy.client.request(method, path, json={"input": "x"})
        assert answer.content != b"Internal Server Error"
