"""The shape of every good answer: keys in order, what is absent, usage that adds up, streams byte for byte."""

from __future__ import annotations

import gzip
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
    MULTIMODAL,
    RERANK,
    SSE,
    TOKENIZER,
    ask,
    frames,
    post,
    user,
)
from polarsearch_mock.dashscope.service import DashScope, Switches
from polarsearch_mock.messages import Request

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather of a city 查询天气",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def test_embedding_keys_stand_in_order(service):
    """data, model, object, usage, id, and no request_id; a bare string is one row."""
    value = ask(service, EMBED, {"model": "text-embedding-v4", "input": "hi"})
    assert list(value) == ["data", "model", "object", "usage", "id"]
    assert list(value["data"][0]) == ["embedding", "index", "object"]
    assert re.fullmatch(UUID, value["id"])
    assert value["usage"]["prompt_tokens"] == value["usage"]["total_tokens"] == 2


def test_the_headers_are_the_recorded_set(service):
    """Request id, gateway marks, times and server are there, and nothing a client could take for a rate limit."""
    reply = post(service, EMBED, {"model": "text-embedding-v4", "input": "hi"})
    headers = dict(reply.headers)
    assert headers["x-request-id"] == json.loads(reply.body)["id"]
    assert headers["x-dashscope-call-gateway"] == headers["x-dashscope-finished"] == "true"
    assert headers["server"] == "istio-envoy"
    assert headers["content-type"] == "application/json"
    assert not [name for name in headers if "ratelimit" in name or "retry" in name]


def test_native_embedding_keys_stand_in_order(service):
    """output, usage with total_tokens only, request_id; rows carry text_index."""
    value = ask(service, EMBED_NATIVE, {"model": "text-embedding-v3", "input": {"texts": ["a", "b"]}})
    assert list(value) == ["output", "usage", "request_id"]
    assert [list(row) for row in value["output"]["embeddings"]] == [["embedding", "text_index"]] * 2
    assert list(value["usage"]) == ["total_tokens"]


def test_rerank_counts_tokens_by_the_formula(service):
    """N x (instruct + query) + documents, with the default instruction of 14 tokens, and with one's own."""
    body = {"model": "qwen3-rerank", "query": "one two three four five six seven",
            "documents": ["a b c d e f g", "h i j k l m n"]}  # fmt: skip
    assert ask(service, FLAT, body)["usage"] == {"total_tokens": 56}
    assert ask(service, FLAT, {**body, "instruct": "a b c d e f"})["usage"] == {"total_tokens": 40}


def test_rerank_gives_documents_only_when_asked(service):
    """`document` is absent, or an object with the text; top_n cuts, and may be larger than the documents."""
    given = {"query": "b", "documents": ["a", "b", "c"]}
    body = {"model": "qwen3-rerank", "input": given}
    plain = ask(service, RERANK, body)
    assert list(plain) == ["output", "usage", "request_id"]
    assert [list(row) for row in plain["output"]["results"]] == [["index", "relevance_score"]] * 3
    told = ask(service, RERANK, {**body, "parameters": {"top_n": 1, "return_documents": True}})
    assert [row["document"] for row in told["output"]["results"]] == [{"text": "b"}]
    assert len(ask(service, RERANK, {**body, "parameters": {"top_n": 9}})["output"]["results"]) == 3
    assert len(ask(service, RERANK, {**body, "parameters": {"top_n": None}})["output"]["results"]) == 3


def test_flat_rerank_has_its_own_frame(service):
    """object, results, model, id, usage; neither output nor request_id."""
    value = ask(service, FLAT, {"model": "qwen3-rerank", "query": "b", "documents": ["a"]})
    assert list(value) == ["object", "results", "model", "id", "usage"]


def test_rerank_switches():
    """Flat bodies on the native route, null documents, long scores and jitter come when switched on."""
    switches = Switches(
        flat_native_rerank=True,
        absent_document="null",
        long_score_literals=True,
        score_jitter=True,
        top_n_zero="refuse",
    )
    service = DashScope(switches=switches)
    body = {"model": "qwen3-rerank", "query": "b", "documents": ["a", "b c"]}
    reply = post(service, RERANK, body)
    assert len(re.findall(rb'"document":null,"index":\d,"relevance_score":0\.\d{18}}', reply.body)) == 2
    assert post(service, RERANK, body).body != reply.body
    assert post(service, RERANK, {**body, "top_n": 0}).status == 400
    service.switches = Switches(qwen3_rerank_routes="compat")
    assert post(service, RERANK, {"model": "qwen3-rerank", "input": body}).status == 400
    service.switches = Switches(long_text="truncate")
    assert post(service, EMBED, {"model": "text-embedding-v2", "input": "a " * 3000}).status == 200


def test_a_chat_answer_has_the_recorded_shape(service):
    """Keys in order, ids alike, usage that adds up, the clock's second."""
    service.clock = lambda: 1_766_635_351.5
    reply = post(service, CHAT, {"model": "qwen-max", "messages": user("hi")})
    value = json.loads(reply.body)
    assert list(value) == ["model", "id", "object", "created", "system_fingerprint", "choices", "usage"]
    assert value["id"] == "chatcmpl-" + dict(reply.headers)["x-request-id"]
    assert value["created"] == 1_766_635_351
    assert value["choices"][0]["message"]["content"]
    used = value["usage"]
    assert used["prompt_tokens"] + used["completion_tokens"] == used["total_tokens"]
    assert "reasoning_content" not in value["choices"][0]["message"]


def test_a_chat_stream_is_framed_byte_for_byte(service):
    """Role first, usage null in every chunk, finish in the last, usage with no choices, then [DONE]."""
    body = {"model": "qwen-max", "messages": user("hi"), "stream": True, "stream_options": {"include_usage": True}}
    reply = post(service, CHAT, body)
    assert dict(reply.headers)["content-type"] == "text/event-stream;charset=UTF-8"
    sent = frames(reply)
    assert sent[-1] == b"data: [DONE]\n\n"
    first = (
        rb'data: \{"choices":\[\{"delta":\{"content":"","role":"assistant"\},"index":0,"logprobs":null,"finish_reason"'
    )
    tail = rb':null\}\],"object":"chat\.completion\.chunk","usage":null,"created":\d+,"system_fingerprint":null,'
    assert re.match(first + tail + rb'"model":"qwen-max","id":"chatcmpl-', sent[0])
    chunks = [json.loads(frame[6:]) for frame in sent[:-1]]
    assert {chunk["id"] for chunk in chunks} == {chunks[0]["id"]}
    assert chunks[-1]["choices"] == []
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    whole = ask(service, CHAT, {"model": "qwen-max", "messages": user("hi")})
    said = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks[:-1])
    assert said == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["usage"] == whole["usage"]


def test_without_include_usage_no_usage_comes(service):
    """Usage stays null in each chunk."""
    sent = frames(post(service, CHAT, {"model": "qwen-max", "messages": user("hi"), "stream": True}))
    assert all(b'"usage":null' in frame for frame in sent[:-1])


def test_thinking_models_think_before_they_speak(service):
    """Thoughts come in deltas of their own before the text, and are counted apart."""
    body = {"model": "qwen-plus", "messages": user("hi"), "enable_thinking": True, "stream": True,
            "stream_options": {"include_usage": True}}  # fmt: skip
    chunks = [json.loads(frame[6:]) for frame in frames(post(service, CHAT, body))[:-1]]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[1:-2]]
    kinds = ["thought" if delta["content"] is None else "text" for delta in deltas]
    assert kinds == sorted(kinds, reverse=True)
    assert set(kinds) == {"thought", "text"}
    details = chunks[-1]["usage"]["completion_tokens_details"]
    assert details["reasoning_tokens"] + details["text_tokens"] == chunks[-1]["usage"]["completion_tokens"]


def test_an_answer_quotes_the_given_context(service):
    """A question with context is answered by the sentence of the context that answers it, in both languages."""
    context = "PolarDB was started in 2017. The office cat is called Miso. Invoices are sent on Mondays."
    messages = [{"role": "system", "content": f"Use this context:\n{context}"}, *user("What is the name of the cat?")]
    assert said(service, messages) == "The office cat is called Miso."
    zh = "已知信息：退款在七个工作日内到账。发货时间为每天下午。\n问题：退款多久到账？"
    assert said(service, user(zh)).endswith("退款在七个工作日内到账。")
    assert "Miso" not in said(service, user("What is the name of the cat?"))


def said(service, messages, **more):
    """The content of a chat answer."""
    value = ask(service, CHAT, {"model": "qwen-max", "messages": messages, **more})
    return value["choices"][0]["message"]["content"]


def test_json_is_answered_for_a_schema(service):
    """Every required key has a value of its type; enums take what the question says."""
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"}, "age": {"type": "integer"}, "ok": {"type": "boolean"},
            "mood": {"enum": ["sad", "happy"]}, "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["name", "age", "ok", "mood", "tags"],
    }  # fmt: skip
    wanted = {"type": "json_schema", "json_schema": {"name": "p", "schema": schema}}
    value = json.loads(said(service, user('The happy person "Ann" is 41'), response_format=wanted))
    assert value["name"] == "Ann"
    assert (value["age"], value["ok"], value["mood"], len(value["tags"])) == (41, True, "happy", 1)
    assert isinstance(json.loads(said(service, user("in json"), response_format={"type": "json_object"})), dict)


@pytest.mark.parametrize(
    ("question", "city"), [("What is the weather in Paris?", "Paris"), ("杭州今天天气怎么样？", "杭州")]
)
def test_tools_make_a_round_trip(service, question, city):
    """The fitting tool is called with the question's words, and its result is what the next answer tells."""
    body = {"model": "qwen-max", "messages": user(question), "tools": [WEATHER]}
    choice = ask(service, CHAT, body)["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] == ""
    call = choice["message"]["tool_calls"][0]
    assert list(call) == ["id", "type", "index", "function"]
    assert json.loads(call["function"]["arguments"]) == {"city": city}
    told = [choice["message"], {"role": "tool", "tool_call_id": call["id"], "content": "21 °C"}]
    second = ask(service, CHAT, {**body, "messages": [*user(question), *told]})["choices"][0]
    assert "21 °C" in second["message"]["content"]
    assert ask(service, CHAT, {**body, "tool_choice": "none"})["choices"][0]["finish_reason"] == "stop"
    parts = [
        json.loads(f[6:])["choices"][0]["delta"] for f in frames(post(service, CHAT, {**body, "stream": True}))[:-1]
    ]
    calls = [delta["tool_calls"][0] for delta in parts if "tool_calls" in delta]
    assert calls[0]["function"]["name"] == "get_weather"
    assert {one["id"] for one in calls[1:]} == {""}
    assert "".join(one["function"]["arguments"] for one in calls) == call["function"]["arguments"]


def test_an_answer_ends_where_it_is_told_to(service):
    """max_tokens ends with "length", stop words are left out, n gives several choices."""
    body = {"model": "qwen-plus", "messages": user("say something long please")}
    cut = ask(service, CHAT, {**body, "max_tokens": 2})
    assert (cut["choices"][0]["finish_reason"], cut["usage"]["completion_tokens"]) == ("length", 2)
    assert ask(service, CHAT, {**body, "stop": " mock"})["choices"][0]["message"]["content"] == "This is a"
    assert len({choice["message"]["content"] for choice in ask(service, CHAT, {**body, "n": 3})["choices"]}) == 3


def test_scripted_answers_come_first(service):
    """Text, a whole message and a function, in order; then the mock's own answers again."""
    called = {"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}
    service.scripts.extend(["one", called, lambda messages: str(len(messages))])
    assert said(service, user("x")) == "one"
    value = ask(service, CHAT, {"model": "qwen-max", "messages": user("x")})["choices"][0]
    assert value["message"]["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a": 1}'}
    assert said(service, user("x")) == "1"
    assert "x" in said(service, user("x"))


def test_native_generation_has_both_result_formats(service):
    """`text` by default for older models, `message` when asked; usage adds up."""
    body = {"model": "qwen-max", "input": {"prompt": "hi"}}
    plain = ask(service, GENERATE, body)
    assert list(plain["output"]) == ["finish_reason", "text"]
    used = plain["usage"]
    assert used["input_tokens"] + used["output_tokens"] == used["total_tokens"]
    chosen = ask(service, GENERATE, {**body, "parameters": {"result_format": "message"}})
    assert list(chosen["output"]["choices"][0]) == ["finish_reason", "message"]


@pytest.mark.parametrize("incremental", [True, False])
def test_a_native_stream_is_framed_byte_for_byte(service, incremental):
    """Events without spaces, "null" as a word until the end, text in pieces or growing, usage growing."""
    body = {"model": "qwen-max", "input": {"prompt": "hi"}, "parameters": {"incremental_output": incremental}}
    reply = post(service, GENERATE, body, SSE)
    assert dict(reply.headers)["x-dashscope-finished"] == "false"
    sent = frames(reply)
    matched = [re.fullmatch(rb"id:(\d+)\nevent:result\n:HTTP_STATUS/200\ndata:(\{.*\})\n\n", frame) for frame in sent]
    assert [int(match[1]) for match in matched if match] == list(range(1, len(sent) + 1))
    values = [json.loads(match[2]) for match in matched if match]
    assert [value["output"]["finish_reason"] for value in values] == ["null"] * (len(values) - 1) + ["stop"]
    texts = [value["output"]["text"] for value in values]
    whole = ask(service, GENERATE, {**body, "parameters": {}})
    assert ("".join(texts) if incremental else texts[-1]) == whole["output"]["text"]
    spent = [value["usage"]["output_tokens"] for value in values]
    assert spent == sorted(spent)
    assert values[-1]["usage"] == whole["usage"]


def test_multimodal_generation_answers_in_parts(service):
    """Text parts go in and come out."""
    messages = [{"role": "user", "content": [{"text": "hi"}]}]
    value = ask(service, MULTIMODAL, {"model": "qwen-vl-max", "input": {"messages": messages}})
    assert value["output"]["choices"][0]["message"]["content"][0]["text"]
    assert post(service, MULTIMODAL, {"model": "qwen-max", "input": {"messages": messages}}).status == 400


def test_the_tokenizer_counts_as_usage_does(service):
    """As many ids as tokens as counted; the recorded count of a Chinese phrase."""
    value = ask(service, TOKENIZER, {"model": "qwen-turbo", "input": {"prompt": "代码改变世界"}})
    assert len(value["output"]["token_ids"]) == len(value["output"]["tokens"]) == value["usage"]["input_tokens"] == 3
    assert "".join(value["output"]["tokens"]) == "代码改变世界"


def test_models_are_listed(service):
    """The list names what the compatible routes serve."""
    value = json.loads(service(Request("GET", "/compatible-mode/v1/models", "", KEY)).body)
    assert value["object"] == "list"
    assert {"text-embedding-v4", "qwen3-rerank", "qwen-max"} <= {row["id"] for row in value["data"]}
    assert "text-embedding-async-v2" not in {row["id"] for row in value["data"]}


def test_an_embedding_task_runs_to_its_end(service):
    """Submitted, polled from RUNNING to SUCCEEDED, its result a gzip file with a line for each text."""
    headers = (*KEY, ("x-dashscope-async", "enable"), ("host", "mock"))
    body = {"model": "text-embedding-async-v2", "input": {"url": "data:text/plain,one%0Atwo"}}
    output = ask(service, EMBED_NATIVE, body, headers)["output"]
    assert list(output) == ["task_status", "task_id"]
    path = f"/api/v1/tasks/{output['task_id']}"
    polls = [json.loads(service(Request("GET", path, "", headers)).body) for _ in range(2)]
    assert [poll["output"]["task_status"] for poll in polls] == ["RUNNING", "SUCCEEDED"]
    result = service(Request("GET", polls[1]["output"]["url"].removeprefix("http://mock"), "", ()))
    assert len(gzip.decompress(b"".join(frames(result))).splitlines()) == 2
    assert polls[1]["usage"] == {"total_tokens": 2}
    unknown = json.loads(service(Request("GET", "/api/v1/tasks/none", "", headers)).body)
    assert unknown["output"]["task_status"] == "UNKNOWN"


def test_only_generation_speaks_in_events(service):
    """A client that would take events gets its refusals of embeddings and rerank as plain JSON with their status."""
    for path in (EMBED_NATIVE, RERANK):
        reply = post(service, path, {"model": "text-embedding-v4"}, SSE)
        assert (reply.status, dict(reply.headers)["content-type"]) == (400, "application/json")


def test_a_model_is_called_as_a_task_or_never_is(service):
    """The header of asynchronous calls is refused where it does not fit, and missed where it is needed."""
    headers = (*KEY, ("x-dashscope-async", "enable"))
    body = {"model": "text-embedding-v4", "input": {"texts": ["a"]}}
    reply = post(service, EMBED_NATIVE, body, headers)
    assert reply.status == 403
    assert json.loads(reply.body)["message"] == "current user api does not support asynchronous calls."
    late = post(service, EMBED_NATIVE, {"model": "text-embedding-async-v2", "input": {"url": "data:,a"}})
    assert json.loads(late.body)["message"] == "current user api does not support synchronous calls."


def test_embedding_switches():
    """The bare beginning of a vector, the refused field by its path, and a time to wait come when switched on."""
    plain, switched = DashScope(), DashScope(switches=Switches(renormalise=False, dimension_path=True, retry_after=7))
    body = {"model": "text-embedding-v4", "input": "hello"}
    whole, begun = (
        ask(service, EMBED, {**body, "dimensions": size})["data"][0]["embedding"]
        for service, size in ((plain, 2048), (switched, 64))
    )
    assert begun == whole[:64]
    refused = json.loads(post(switched, EMBED, {**body, "dimensions": 1000}).body)["error"]["message"]
    assert refused.endswith("1536, 2048]: parameters.dimension")
    switched.quota = plain.quota = lambda request: "Throttling.RateQuota"
    assert dict(post(switched, EMBED, body).headers)["retry-after"] == "7"
    assert "retry-after" not in dict(post(plain, EMBED, body).headers)


def test_documents_are_texts_and_objects_only_where_the_model_takes_them(service):
    """The text models refuse objects; the multimodal one ranks texts, images and films together."""
    documents = ["a red car", {"text": "a blue car"}, {"image": "http://host/car.png"}]
    given = {"query": "car", "documents": documents}
    assert post(service, RERANK, {"model": "qwen3-rerank", "input": given}).status == 400
    results = ask(service, RERANK, {"model": "qwen3-vl-rerank", "input": given})["output"]["results"]
    assert sorted(row["index"] for row in results) == [0, 1, 2]


def test_a_picture_alone_may_be_asked_about(service):
    """A message of an image without words is an input, on both families of routes."""
    parts = [{"type": "image_url", "image_url": {"url": "http://host/a.png"}}]
    messages = [{"role": "user", "content": parts}]
    assert post(service, CHAT, {"model": "qwen-vl-max", "messages": messages}).status == 200
    native = [{"role": "user", "content": [{"image": "http://host/a.png"}]}]
    assert post(service, MULTIMODAL, {"model": "qwen-vl-max", "input": {"messages": native}}).status == 200
    assert post(service, CHAT, {"model": "qwen-max", "messages": user(" ")}).status == 400


def test_a_long_document_is_read_to_the_limit_and_given_back_whole(service):
    """What stands behind a document's first 4,000 tokens changes neither score nor count; the answer repeats all."""
    long = "apple " * 4000
    given = {"query": "pear", "documents": [long, long + "pear " * 50]}
    body = {"model": "gte-rerank-v2", "input": given, "parameters": {"return_documents": True}}
    value = ask(service, RERANK, body)
    assert value["usage"] == {"total_tokens": 2 * 1 + 2 * 4000}
    assert {row["index"]: row["document"]["text"] for row in value["output"]["results"]} == dict(
        enumerate(given["documents"])
    )
    first, second = (row["relevance_score"] for row in value["output"]["results"])
    assert first == second
