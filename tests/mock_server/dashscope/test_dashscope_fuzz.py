"""Whatever comes in, an answer goes out: no exception, no 5xx."""

from __future__ import annotations

import json

from dashscope_asking import frames
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polarsearch_mock.dashscope.models import MODELS
from polarsearch_mock.dashscope.parameters import RULES
from polarsearch_mock.dashscope.routes import ROUTES
from polarsearch_mock.dashscope.service import DashScope
from polarsearch_mock.messages import Request

SERVICE = DashScope(["sk-test"], seed=1)
FIELDS = sorted(
    {rule.field for rule in RULES}
    | {
        "input",
        "messages",
        "query",
        "documents",
        "parameters",
        "dimensions",
        "dimension",
        "encoding_format",
        "texts",
        "stream",
        "tools",
        "text_type",
        "instruct",
        "top_n",
        "return_documents",
        "max_tokens",
        "stream_options",
        "enable_thinking",
        "output_type",
        "prompt",
        "url",
        "content",
        "role",
        "result_format",
        "function",
        "name",
        "type",
        "schema",
        "json_schema",
        "properties",
        "required",
        "enum",
    }
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(
    ["user", "assistant", "tool", "system", "object", "array", "integer", "json_schema", "function", "json"]
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip
message = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool", "system"]), "content": values},
    optional={"tool_calls": values, "tool_call_id": values},
)
nearly = st.fixed_dictionaries(
    {"model": st.sampled_from(sorted(MODELS)) | values},
    optional=dict.fromkeys(FIELDS, values) | {"messages": st.lists(message, max_size=3) | values},
)
fuzz = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
headers = st.lists(
    st.tuples(
        st.sampled_from(["authorization", "x-dashscope-sse", "accept", "content-type", "x-dashscope-async", "host"]),
        st.text(max_size=20) | st.sampled_from(["Bearer sk-test", "enable", "text/event-stream"]),
    ),
    max_size=5,
)


def asked(method, path, given_headers, body):
    """Sends a request and holds its answer to the least that every answer owes."""
    reply = SERVICE(Request(method, path, "", tuple(given_headers), body))
    assert 200 <= reply.status < 500
    if reply.stream is not None:
        assert all(frames(reply))
    elif reply.body.startswith(b"{"):
        json.loads(reply.body)


@fuzz
@given(st.sampled_from(sorted(ROUTES)), nearly, st.booleans())
def test_bodies_that_are_nearly_right(path, body, sse):
    """Fields of the right names with any values are answered."""
    more = [("x-dashscope-sse", "enable")] if sse else []
    asked("POST", path, [("authorization", "Bearer sk-test"), *more], json.dumps(body).encode("utf-8", "replace"))
    nested = {"model": body.get("model"), "input": body, "parameters": body}
    asked("POST", path, [("authorization", "Bearer sk-test"), *more], json.dumps(nested).encode("utf-8", "replace"))


@fuzz
@given(st.sampled_from(["GET", "POST", "PUT", "X"]), st.text(max_size=30) | st.sampled_from(sorted(ROUTES)), headers,
       st.binary(max_size=60))  # fmt: skip
def test_methods_paths_headers_and_bytes(method, path, given_headers, body):
    """Any method, path, header and bytes are answered."""
    asked(method, path, given_headers, body)


def test_depth_and_size_are_refused_not_met():
    """A body nested beyond reason and a number beyond reason are malformed, lone surrogates are text."""
    key = [("authorization", "Bearer sk-test")]
    for body in (b"[" * 200_000, b'{"model":' + b"9" * 10_000 + b"}", b'{"model":"qwen-max","n":NaN}', b"\xff\xfe{}"):
        asked("POST", "/compatible-mode/v1/chat/completions", key, body)
    lone = b'{"model":"text-embedding-v4","input":"\\ud800 a"}'
    asked("POST", "/compatible-mode/v1/embeddings", key, lone)
    asked("POST", "/compatible-mode/v1/chat/completions", key,
          b'{"model":"qwen-max","messages":[{"role":"user","content":"\\ud800"}]}')  # fmt: skip
