"""Bodies, ids, paths and headers that nobody in their right mind sends."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polarsearch_mock.messages import Request
from polarsearch_mock.mlcommons.app import Emulator
from polarsearch_mock.mlcommons.queries import _BUILDERS

from .asking import ML, OPEN, Asking

#: What the engine itself answers with 500.
KNOWN_500 = ("illegal_state_exception", "null_pointer_exception", "i_o_exception", "class_cast_exception")
BODIES = (
    ("POST", f"{ML}/connectors/_create"), ("PUT", f"{ML}/connectors/x"), ("POST", f"{ML}/connectors/_search"),
    ("POST", f"{ML}/models/_register"), ("PUT", f"{ML}/models/x"), ("POST", f"{ML}/models/_search"),
    ("POST", f"{ML}/models/x/_predict"), ("POST", f"{ML}/_predict/text_embedding/x"), ("PUT", "/_cluster/settings"),
    ("POST", f"{ML}/models/_undeploy"), ("POST", f"{ML}/model_groups/_register"), ("POST", f"{ML}/tasks/_search"),
)  # fmt: skip
FIELDS = (
    "name", "description", "version", "protocol", "parameters", "credential", "actions", "dry_run", "access_mode",
    "backend_roles", "client_config", "connector_id", "connector", "function_name", "is_enabled", "rate_limiter",
    "deploy_setting", "guardrails", "interface", "model_config", "model_ids", "node_ids", "text_docs", "query", "size",
    "from", "sort", "_source", "persistent", "transient", "action_type", "model_group_id",
)  # fmt: skip

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_QUICK = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def ask() -> Iterator[Asking]:
    """One emulator for all of it."""
    asking = Asking(Emulator("3.3", hang_seconds=0.0))
    asking("PUT", "/_cluster/settings", OPEN)
    yield asking
    asking.close()


def _is_sound(status: int, body: bytes) -> bool:
    if status != 500:
        return True
    error = json.loads(body)["error"]
    return error["type"] in KNOWN_500 or error["root_cause"][0]["type"] == "index_not_found_exception"


@_QUICK
@given(call=st.sampled_from(BODIES), body=st.dictionaries(st.sampled_from(FIELDS), _VALUES, max_size=5))
def test_wrong_types_in_every_field_are_refused_in_the_engines_words(ask: Asking, call, body) -> None:
    """A value of any type in any field gets an answer, and a 500 only where the engine gives one."""
    method, path = call
    reply = ask.raw(Request(method, path, "", (("content-type", "application/json"),), json.dumps(body).encode()))
    assert reply.abort or _is_sound(reply.status, reply.body)


@_QUICK
@given(
    query=st.sampled_from(sorted(_BUILDERS)),
    body=_VALUES | st.dictionaries(st.sampled_from(FIELDS), _VALUES, max_size=2),
    part=st.sampled_from(["sort", "_source", "aggs", "min_score", "post_filter", "size", "from"]),
    value=_VALUES,
)
def test_searches_of_any_shape_are_answered(ask: Asking, query, body, part, value) -> None:
    """A known query with any body, beside any other part of a search, is answered or refused with a 4xx."""
    ask.connector("127.0.0.1:1")
    answer = ask("POST", f"{ML}/connectors/_search", {"query": {query: body}, part: value})
    assert answer.status in (200, 400, 501)


@_QUICK
@given(call=st.sampled_from(BODIES), body=st.binary(max_size=60) | st.text(alphabet='{}[]":,\\ 0a-1e.n/*', max_size=40))
def test_bodies_that_are_no_json_are_never_a_crash(ask: Asking, call, body) -> None:
    """Broken text is a 4xx with the parser's words, whatever the route."""
    method, path = call
    content = body if isinstance(body, bytes) else body.encode()
    reply = ask.raw(Request(method, path, "", (("content-type", "application/json"),), content))
    assert reply.abort or _is_sound(reply.status, reply.body)


@_QUICK
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"]),
    path=st.text(max_size=30),
    query=st.text(max_size=20),
    header=st.text(max_size=10),
)
def test_strange_paths_queries_and_headers_get_an_answer(ask: Asking, method, path, query, header) -> None:
    """No path, query or header makes the emulator fail."""
    headers = (("x-opaque-id", header), ("accept", header))
    reply = ask.raw(Request(method, "/" + path, query, headers))
    assert reply.status in (200, 400, 404, 405, 406, 500, 501)
    assert _is_sound(reply.status, reply.body or b"{}")


@pytest.mark.parametrize(("method", "path"), BODIES)
@pytest.mark.parametrize("opened", ["[", '{"a":', '{"parameters":{"a":', '{"actions":[', '{"query":{"bool":{"must":'])
def test_a_body_nested_without_end_is_refused(ask: Asking, method: str, path: str, opened: str) -> None:
    """Depth is bounded: a body of 100,000 levels is answered with a 4xx."""
    content = opened.encode() * 100_000
    reply = ask.raw(Request(method, path, "", (("content-type", "application/json"),), content))
    assert 400 <= reply.status < 500 or _is_sound(reply.status, reply.body)


def test_a_body_beyond_the_limit_is_413(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest body the engine takes is the longest the emulator takes."""
    monkeypatch.setattr("polarsearch_mock.mlcommons.app.MAX_BODY", 10)
    assert ask("POST", f"{ML}/connectors/_create", {"name": "x" * 20}).status == 413
