"""Every row of the literal table: by its natural cause where it has one, otherwise at the quota's place."""

from __future__ import annotations

import json
import re

import pytest
from dashscope_asking import (
    CHAT,
    EMBED,
    EMBED_NATIVE,
    FLAT,
    GENERATE,
    KEY,
    RERANK,
    SSE,
    post,
    user,
)
from polarsearch_mock.dashscope.errors import LITERALS, Refusal, literal_table_markdown, wire
from polarsearch_mock.dashscope.service import DashScope, Switches
from polarsearch_mock.messages import Request

V4, MAX = "text-embedding-v4", "qwen-max"
ALGO = "<400> InternalError.Algo.InvalidParameter: "


def embed(**more):
    """A compatible embedding body."""
    return {"model": V4, "input": "a", **more}


def native(texts=("a",), **parameters):
    """A native embedding body."""
    return {"model": V4, "input": {"texts": list(texts)}, "parameters": parameters}


def chat(model=MAX, messages=None, **more):
    """A chat body."""
    return {"model": model, "messages": user("hi") if messages is None else messages, **more}


def ranked(documents=("a",), query="q", **more):
    """A flat rerank body."""
    return {"model": "qwen3-rerank", "query": query, "documents": list(documents), **more}


def generate(model=MAX, given=None, **parameters):
    """A native generation body."""
    return {"model": model, "input": {"messages": user("hi")} if given is None else given, "parameters": parameters}


TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
CALLED = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f"}}],
}

#: name -> (path, body) that cause it, with what the message says in its holes
CAUSES = {
    "missing-model": (EMBED, {"input": "a"}, {}),
    "unknown-model": (EMBED, embed(model="x"), {"model": "x"}),
    "wrong-api": (EMBED, embed(model="text-embedding-async-v2"), {"model": "text-embedding-async-v2"}),
    "malformed-json": (EMBED, b"{", {}),
    "BadRequest.EmptyInput": (EMBED_NATIVE, {"model": V4}, {}),
    "BadRequest.IllegalInput": (EMBED_NATIVE, {"model": V4, "input": ["a"]}, {}),
    "BadRequest.EmptyParameters": (EMBED_NATIVE, {"model": V4, "input": {"texts": ["a"]}, "parameters": []}, {}),
    "AccessDenied": (
        EMBED_NATIVE, {"model": "text-embedding-async-v2", "input": {"url": "data:,a"}}, {"mode": "synchronous"},
    ),
    "encoding-format": (EMBED, embed(encoding_format=None), {}),
    "messages-too-short": (CHAT, chat(messages=[]), {}),
    "schema-minimum": (CHAT, chat(seed=-1), {"value": -1, "minimum": 0, "field": "seed"}),
    "batch-size": (EMBED, embed(input=["a"] * 11), {"limit": 10}),
    "contents-type": (EMBED, embed(input=[[1, 2]]), {}),
    "dimension": (
        EMBED, embed(dimensions=1000), {"generation": "v4", "allowed": [64, 128, 256, 512, 768, 1024, 1536, 2048]},
    ),
    "input-length": (EMBED, embed(input=["ok", "a " * 8193]), {"limit": 8192}),
    "text-type": (EMBED_NATIVE, native(text_type=""), {}),
    "output-type": (EMBED_NATIVE, native(output_type="x"), {}),
    "instruct-type": (EMBED_NATIVE, native(instruct=1), {}),
    "documents-size": (FLAT, ranked(["a"] * 501), {"limit": 500}),
    "documents-type": (FLAT, ranked([1]), {}),
    "document-length": (FLAT, ranked(["a", "b" * 300_001]), {"index": 1}),
    "query-empty": (FLAT, ranked(query=""), {}),
    "top-n": (FLAT, ranked(top_n=-1), {}),
    "request-tokens": (FLAT, ranked(["a " * 4000] * 31), {"limit": 120_000}),
    "chat-input-length": (CHAT, chat(messages=user("")), {"limit": 129_024}),
    "max-tokens": (CHAT, chat(max_tokens=0), {"limit": 8192}),
    "temperature-range": (CHAT, chat(temperature=2), {}),
    "top-p-range": (CHAT, chat(top_p=0), {}),
    "temperature-type": (CHAT, chat(temperature="1"), {}),
    "top-p-type": (CHAT, chat(top_p="1"), {}),
    "top-k": (CHAT, chat(top_k=-1), {}),
    "n-range": (CHAT, chat(n=5), {}),
    "n-unsupported": (CHAT, chat(n=2), {}),
    "n-with-tools": (CHAT, chat("qwen-plus", n=2, tools=[TOOL]), {}),
    "seed-range": (CHAT, chat(seed=2**63), {}),
    "incremental-output": (GENERATE, generate("qwen-plus", enable_thinking=True), {}),
    "thinking-budget": (CHAT, chat("qwen-plus", thinking_budget=0), {"limit": 32_768}),
    "enable-search": (CHAT, chat("deepseek-v3", enable_search=True), {}),
    "stop-type": (CHAT, chat(stop=["a", 1]), {}),
    "response-format": (CHAT, chat(response_format={"type": "xml"}), {"value": {"type": "xml"}}),
    "no-user-message": (CHAT, chat(messages=[{"role": "system", "content": "x"}]), {}),
    "field-required": (CHAT, chat(messages=[*user("x"), CALLED]), {"field": "messages.tool_calls.function.arguments"}),
    "presence-penalty": (CHAT, chat(presence_penalty=2.1), {}),
    "frequency-penalty": (CHAT, chat(frequency_penalty=-3), {}),
    "repetition-penalty": (CHAT, chat(repetition_penalty=0), {}),
    "json-word": (CHAT, chat(response_format={"type": "json_object"}), {}),
    "json-thinking": (
        CHAT, chat("qwen-plus", enable_thinking=True, stream=True, response_format={"type": "json_object"}), {},
    ),
    "thinking-needs-stream": (CHAT, chat("qwen-plus", enable_thinking=True), {}),
    "stream-only": (CHAT, chat("qwq-plus"), {}),
    "tool-choice": (CHAT, chat(tool_choice="required"), {}),
    "tool-choice-thinking": (
        CHAT,
        chat(
            "qwen-plus", enable_thinking=True, stream=True, tools=[TOOL],
            tool_choice={"type": "function", "function": {"name": "f"}},
        ),
        {},
    ),
    "tool-name": (CHAT, chat(tools=[{"type": "function", "function": {"name": "search"}}]), {}),
    "tool-message": (CHAT, chat(messages=[*user("x"), {"role": "tool", "content": "1", "tool_call_id": "no"}]), {}),
    "prompt-or-messages": (GENERATE, generate(given={"other": 1}), {}),
    "content-string": (CHAT, chat(messages=[{"role": "user", "content": 1}]), {}),
    "content-required": (CHAT, chat(messages=[{"role": "user"}]), {}),
    "role": (CHAT, chat(messages=[{"role": "boss", "content": "x"}]), {}),
    "top-logprobs": (CHAT, chat(top_logprobs=6), {}),
}  # fmt: skip
#: caused by something else than a body, each with a test of its own below
OTHERWISE = {
    "missing-key", "missing-key.invalid", "invalid-key", "wrong-method", "NotFound", "BadRequest.TooLarge",
    "ModelNotFound",
}  # fmt: skip


def expected(name, holes, request_id, *, is_native, is_chat):
    """Status and envelope of a row."""
    said = wire(Refusal(name, **holes), native=is_native)
    if is_native:
        return said.status, {"code": said.code, "message": said.message, "request_id": request_id}
    error = {"message": said.message, "type": said.type, "param": None, "code": said.code}
    ids = {"id": f"chatcmpl-{request_id}" if is_chat else request_id} if LITERALS[name].algorithm else {}
    return said.status, {"error": error, **ids, "request_id": request_id}


@pytest.mark.parametrize("name", CAUSES)
def test_a_row_comes_by_its_natural_cause(service, name):
    """The request that breaks a rule gets that rule's words in its route's envelope, key for key."""
    path, body, holes = CAUSES[name]
    reply = post(service, path, body, SSE if name == "incremental-output" else KEY)
    if name == "incremental-output":
        assert reply.status == 200
        data = json.loads(reply.body.partition(b"data:")[2])
        assert data["message"] == LITERALS[name].native.message
        return
    value = json.loads(reply.body)
    status, wanted = expected(
        name, holes, value["request_id"], is_native=path.startswith("/api/v1"), is_chat=path == CHAT
    )
    assert reply.status == status
    assert json.dumps(value) == json.dumps(wanted)
    assert dict(reply.headers)["x-request-id"] == value["request_id"]


@pytest.mark.parametrize("path", [EMBED, CHAT, FLAT, RERANK])
@pytest.mark.parametrize("name", sorted(set(LITERALS) - set(CAUSES) - OTHERWISE))
def test_an_account_row_comes_at_the_quota(service, name, path):
    """What lies with the account is answered in the envelope of every route, by name."""
    service.quota = lambda request: name
    bodies = {EMBED: embed(), CHAT: chat(), FLAT: ranked(), RERANK: {"model": "qwen3-rerank", "input": ranked()}}
    reply = post(service, path, bodies[path])
    value = json.loads(reply.body)
    status, wanted = expected(name, {}, value["request_id"], is_native=path == RERANK, is_chat=path == CHAT)
    assert (reply.status, value) == (status, wanted)


def test_a_missing_and_a_wrong_key_have_their_own_words():
    """Both 401 forms, on both families, without the header that only called services set."""
    service = DashScope(["sk-one", "sk-two"])
    for path, is_native in ((EMBED, False), (RERANK, True)):
        for headers, name in (((), "missing-key"), ((("authorization", "Bearer sk-three"),), "invalid-key")):
            reply = post(service, path, {}, headers)
            value = json.loads(reply.body)
            assert (reply.status, value) == expected(name, {}, value["request_id"], is_native=is_native, is_chat=False)
            assert "x-dashscope-call-gateway" not in dict(reply.headers)
        assert post(service, path, embed(), (("authorization", "Bearer sk-two"),)).status != 401


def test_without_keys_only_sk_keys_are_taken(service):
    """Any `sk-...` opens the mock and nothing else does."""
    tried = {"sk-x": 200, "x": 401, "sk-": 401, "${YOUR_API_KEY}": 401}
    got = {key: post(service, EMBED, embed(), (("authorization", f"Bearer {key}"),)).status for key in tried}
    assert got == tried


def test_keys_never_show():
    """A repr tells how many keys there are and no key."""
    assert "sk-secret" not in repr(DashScope(["sk-secret"]))


@pytest.mark.parametrize("path", ["/", "/compatible-mode/v1/reranks", "/compatible-api/v1/rerank", "/api/v1/nope",
                                  "/compatible-mode/v1/v1/embeddings", "/api/v1/tasks/"])  # fmt: skip
def test_an_unknown_path_is_an_empty_404_for_any_key(service, path):
    """The path is looked at before the key, and the answer has no byte."""
    reply = service(Request("POST", path, "", (), b"{"))
    assert (reply.status, reply.body) == (404, b"")


def test_the_gateway_decides_in_order(service):
    """Key before method before body before model before schema before quota before algorithm."""
    service.quota = lambda request: "Arrearage"
    no_key = (("authorization", "Bearer x"),)
    assert post(service, EMBED, b"{", no_key).status == 401
    wrong = json.loads(service(Request("GET", EMBED, "", KEY, b"{")).body)
    assert wrong["error"]["message"] == "Request method 'GET' is not supported."
    assert b"body invalid" in post(service, EMBED, b"{").body
    assert b"model parameter" in post(service, EMBED, {"encoding_format": None}).body
    assert b"encoding_format" in post(service, EMBED, embed(encoding_format=None, input=["a"] * 11)).body
    assert b"Arrearage" in post(service, EMBED, embed(input=["a"] * 11)).body
    service.quota = None
    assert b"batch size" in post(service, EMBED, embed(input=["a"] * 11)).body


def test_the_switched_rows():
    """A switch turns an open point to its other reading."""
    switches = Switches(
        native_missing_key="invalid-key", native_unknown_model="not-found", unknown_path="json", body_limit=100
    )
    service = DashScope(switches=switches)
    assert json.loads(post(service, RERANK, {}, ()).body)["message"] == "Invalid API-key provided."
    assert post(service, RERANK, {"model": "x"}).status == 404
    assert json.loads(post(service, "/nope", {}).body)["code"] == "NotFound"
    assert post(service, EMBED, embed(input="a" * 200)).status == 413
    assert post(service, RERANK, embed(input="a" * 200)).status == 400


def test_another_region_has_its_own_sizes_and_links():
    """Abroad text-embedding-v3 gives fewer sizes, and the help is in English."""
    service = DashScope(["sk-one"], Switches(region="ap-southeast-1"))
    key = (("authorization", "Bearer sk-one"),)
    refused = post(service, EMBED, embed(model="text-embedding-v3", dimensions=64), key)
    assert b"its value should be in [512, 768, 1024]" in refused.body
    assert b"https://www.alibabacloud.com/help/en/model-studio/error-code#apikey-error" in post(service, EMBED, {}).body
    assert (
        b"https://help.aliyun.com/zh/model-studio/error-code#apikey-error"
        in post(DashScope(["sk-one"]), EMBED, {}).body
    )


def test_a_native_stream_error_is_an_event_with_status_200(service):
    """With SSE on, an error is one event without spaces after its colons; the true status is a comment."""
    reply = post(service, GENERATE, generate(temperature=3), SSE)
    assert reply.status == 200
    pattern = (
        rb"id:1\nevent:error\n:HTTP_STATUS/400\n"
        rb'data:\{"code":"InvalidParameter","message":.*"request_id":"[0-9a-f-]{36}"\}\n\n'
    )
    assert re.fullmatch(pattern, reply.body)


def test_the_same_rule_on_the_native_embedding_route(service):
    """Rows and dimensions are refused in the native envelope with the same words."""
    assert json.loads(post(service, EMBED_NATIVE, native(["a"] * 11)).body)["message"] == (
        ALGO + "Value error, batch size is invalid, it should not be larger than 10.: input.contents"
    )
    assert json.loads(post(service, EMBED_NATIVE, native(dimension=4096)).body)["code"] == "InvalidParameter"


@pytest.mark.parametrize("bad", ["", " \n", [], [""], ["a", ""], None, [1], {"a": 1}, 5, [None], [["a"]]])
def test_no_input_that_is_not_text_gets_vectors(service, bad):
    """Empty, blank and non-text inputs are refused as a whole."""
    assert post(service, EMBED, embed(input=bad)).status == 400


def test_any_literal_can_be_asked_for_by_name(service):
    """`refusal` gives each row in the envelope of the request's route, holes left open named."""
    for name, row in LITERALS.items():
        assert service.refusal(name, Request("POST", CHAT)).status == row.compat.status
    with pytest.raises(KeyError):
        service.refusal("no-such-row", Request("POST", CHAT))


def test_the_page_lists_every_row():
    """The generated table has a line for each literal error."""
    page = literal_table_markdown()
    assert len(page.splitlines()) == len(LITERALS) + 2
    assert all(f"`{name}`" in page for name in LITERALS)
