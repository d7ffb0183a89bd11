"""The official SDKs, over a socket, cannot tell the mock from the service: every documented call, every typed error."""

from __future__ import annotations

import asyncio
import json

import dashscope
import openai
import pytest
from dashscope.v2.errors import AuthenticationError, BadRequestError, RateLimitError
from polarsearch_mock.dashscope.service import DashScope
from polarsearch_mock.serving import ThreadedServer

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning:dashscope"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
KEY = "sk-sdk-test"
ASKED = [{"role": "user", "content": "What is PolarSearch?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
DOCUMENTS = ["The weather is nice today.", "Machine learning is a subfield of artificial intelligence."]


@pytest.fixture(scope="module")
def served():
    """A mock with one key, and its address."""
    service = DashScope([KEY])
    server = ThreadedServer(service)
    server.start()
    yield service, server.url
    server.stop()


@pytest.fixture
def client(served):
    """The OpenAI SDK on the compatible endpoint."""
    with openai.OpenAI(api_key=KEY, base_url=f"{served[1]}/compatible-mode/v1", max_retries=0) as made:
        yield made


@pytest.fixture
def classic(served, monkeypatch):
    """The DashScope SDK's module-level calls, pointed at the mock."""
    monkeypatch.setattr(dashscope, "base_http_api_url", f"{served[1]}/api/v1")
    monkeypatch.setattr(dashscope, "api_key", KEY)
    return dashscope


def test_openai_embeddings_decode_base64_to_the_same_floats(client):
    """The SDK's own default (base64) and `float` give one vector."""
    packed = client.embeddings.create(model="text-embedding-v4", input=["hi", "你好"])
    plain = client.embeddings.create(model="text-embedding-v4", input="hi", encoding_format="float", dimensions=1024)
    assert len(packed.data) == 2
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-8)


def test_openai_chat_whole_and_streamed(client):
    """The deltas of a stream make the whole answer."""
    whole = client.chat.completions.create(model="qwen-max", messages=ASKED)
    chunks = client.chat.completions.create(
        model="qwen-max", messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    seen = list(chunks)
    said = "".join(chunk.choices[0].delta.content or "" for chunk in seen if chunk.choices)
    assert said == whole.choices[0].message.content
    assert seen[-1].usage.total_tokens == whole.usage.total_tokens


def test_openai_tools_and_the_stream_helper(client):
    """A tool call is parsed by the SDK, whole and gathered from a stream."""
    asked = [{"role": "user", "content": "Weather in Oslo?"}]
    call = (
        client.chat.completions.create(model="qwen-max", messages=asked, tools=[WEATHER]).choices[0].message.tool_calls
    )
    assert json.loads(call[0].function.arguments) == {"city": "Oslo"}
    with client.chat.completions.stream(model="qwen-max", messages=asked, tools=[WEATHER]) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.tool_calls[0].function.name == "get_weather"
    assert json.loads(final.choices[0].message.tool_calls[0].function.arguments) == {"city": "Oslo"}


def test_openai_lists_models(client):
    """The list is the SDK's own type."""
    assert "qwen-max" in {model.id for model in client.models.list()}


@pytest.mark.parametrize(
    ("literal", "error"),
    [
        ("Arrearage", openai.BadRequestError),
        ("Model.AccessDenied", openai.PermissionDeniedError),
        ("Throttling.RateQuota", openai.RateLimitError),
        ("InternalError", openai.InternalServerError),
        ("ModelUnavailable", openai.InternalServerError),
    ],
)
def test_openai_types_each_error(served, client, monkeypatch, literal, error):
    """A literal error becomes the SDK's exception of its status, with code and request id."""
    monkeypatch.setattr(served[0], "quota", lambda request: literal)
    with pytest.raises(error) as caught:
        client.chat.completions.create(model="qwen-max", messages=ASKED)
    assert caught.value.code
    assert caught.value.request_id


def test_openai_refuses_a_wrong_key_and_an_unknown_model(served, client):
    """401 and 404 are typed too."""
    with openai.OpenAI(api_key="sk-other", base_url=str(client.base_url), max_retries=0) as wrong:
        with pytest.raises(openai.AuthenticationError) as caught:
            wrong.models.list()
        assert caught.value.code == "invalid_api_key"
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="none", messages=ASKED)


def test_dashscope_embeddings_dense_and_sparse(classic):
    """One text or several, both kinds of output."""
    answer = classic.TextEmbedding.call("text-embedding-v4", ["a", "b"], dimension=64, output_type="dense&sparse")
    assert answer.status_code == 200
    rows = answer.output["embeddings"]
    assert [len(row["embedding"]) for row in rows] == [64, 64]
    assert rows[0]["sparse_embedding"][0]["token"] == "a"
    assert classic.TextEmbedding.call("text-embedding-v4", "a", text_type="query").status_code == 200


def test_dashscope_rerank(classic):
    """The nested route in the SDK's own type."""
    answer = classic.TextReRank.call("qwen3-rerank", "What is machine learning?", DOCUMENTS, True, 1)
    assert answer.output.results[0].index == 1
    assert answer.output.results[0]["document"]["text"] == DOCUMENTS[1]


def test_dashscope_generation_whole_and_streamed(classic):
    """Prompt and messages, both result formats, both kinds of stream."""
    whole = classic.Generation.call("qwen-max", messages=ASKED, result_format="message")
    said = whole.output.choices[0].message.content
    grown = list(classic.Generation.call("qwen-max", messages=ASKED, result_format="message", stream=True))
    assert grown[-1].output.choices[0].message.content == said
    pieces = classic.Generation.call("qwen-max", prompt=ASKED[0]["content"], stream=True, incremental_output=True,
                                     result_format="text")  # fmt: skip
    assert "".join(piece.output.text for piece in pieces) == said


def test_dashscope_tools(classic):
    """A tool call arrives in the message."""
    asked = [{"role": "user", "content": "Weather in Oslo?"}]
    answer = classic.Generation.call("qwen-max", messages=asked, tools=[WEATHER], result_format="message")
    call = answer.output.choices[0].message.tool_calls[0]
    assert json.loads(call["function"]["arguments"]) == {"city": "Oslo"}


def test_dashscope_errors_carry_code_message_and_id(classic):
    """A refusal is the SDK's response with the service's words, streamed or not."""
    answer = classic.TextEmbedding.call("text-embedding-v4", ["a"] * 11)
    assert (answer.status_code, answer.code) == (400, "InvalidParameter")
    assert "batch size is invalid" in answer.message
    assert answer.request_id
    streamed = list(classic.Generation.call("qwen-max", messages=ASKED, temperature=3.0, stream=True))
    assert streamed[0].code == "InvalidParameter"
    assert "Temperature" in streamed[0].message
    wrong = classic.TextEmbedding.call("text-embedding-v4", "a", api_key="sk-other")
    assert (wrong.status_code, wrong.code) == (401, "InvalidApiKey")


def test_dashscope_batch_embedding_waits_for_its_task(classic):
    """The SDK submits, polls and reads the finished task."""
    task = classic.BatchTextEmbedding.async_call("text-embedding-async-v2", "data:text/plain,one%0Atwo")
    assert task.output.task_status == "PENDING"
    first = classic.BatchTextEmbedding.fetch(task)
    last = classic.BatchTextEmbedding.fetch(task)
    assert [first.output.task_status, last.output.task_status] == ["RUNNING", "SUCCEEDED"]
    assert last.output.url.startswith("http://127.0.0.1")


def test_dashscope_tokenization(classic):
    """The tokenizer's usage is what was counted."""
    assert classic.Tokenization.call("qwen-turbo", prompt="代码改变世界").usage["input_tokens"] == 3


@pytest.fixture
def modern(served):
    """The DashScope SDK's client of version 2 on the native endpoint."""
    with dashscope.Client(api_key=KEY, base_url=f"{served[1]}/api/v1", max_retries=0) as made:
        yield made


def test_modern_embeddings_rerank_and_tokens(modern):
    """Each native call is read into the client's own types, with its request id."""
    made = modern.embeddings.create(model="text-embedding-v4", input=["a", "b"], dimension=64)
    assert [len(row.embedding) for row in made.embeddings] == [64, 64]
    assert made.request_id == made.headers["x-request-id"]
    ranked = modern.rerank.create(
        model="qwen3-rerank", query="What is machine learning?", documents=DOCUMENTS, top_n=1, return_documents=True
    )
    assert [(row.index, row.document.text) for row in ranked.results] == [(1, DOCUMENTS[1])]
    assert modern.tokenization.count(model="qwen-turbo", prompt="代码改变世界").input_tokens == 3


def test_modern_chat_whole_streamed_thinking_and_with_tools(modern):
    """The deltas make the whole, thoughts and tool calls are gathered by the SDK."""

    def chat(model="qwen-max", messages=ASKED, **more):
        return modern.chat.completions.create(model=model, messages=messages, **more)

    whole = chat().choices[0].message.content
    assert "".join(chat(stream=True).text_stream) == whole
    thought = chat("qwen-plus", enable_thinking=True, stream=True).get_final_message().choices[0].message
    assert thought.reasoning_content
    assert thought.content == whole
    asked = [{"role": "user", "content": "Weather in Oslo?"}]
    for answer in (
        chat(messages=asked, tools=[WEATHER]),
        chat(messages=asked, tools=[WEATHER], stream=True).get_final_message(),
    ):
        call = answer.choices[0].message.tool_calls[0]
        assert json.loads(call.function.arguments) == {"city": "Oslo"}


def test_modern_chat_over_the_compatible_endpoint(served):
    """The client's other protocol speaks to the compatible route."""
    base = f"{served[1]}/compatible-mode/v1"
    with dashscope.Client(api_key=KEY, base_url=base, protocol="openai", max_retries=0) as made:
        answer = made.chat.completions.create(model="qwen-max", messages=ASKED)
        streamed = made.chat.completions.create(model="qwen-max", messages=ASKED, stream=True).get_final_message()
    assert streamed.choices[0].message.content == answer.choices[0].message.content


def test_modern_errors_are_typed(served, modern, monkeypatch):
    """Refusals become the client's exceptions, also from a stream that begins with status 200."""
    with pytest.raises(BadRequestError, match="batch size is invalid"):
        modern.embeddings.create(model="text-embedding-v4", input=["a"] * 11)
    with pytest.raises(BadRequestError, match="Temperature"):
        list(modern.chat.completions.create(model="qwen-max", messages=ASKED, temperature=3.0, stream=True))
    monkeypatch.setattr(served[0], "quota", lambda request: "Throttling.RateQuota")
    with pytest.raises(RateLimitError, match="rate limit"):
        modern.rerank.create(model="qwen3-rerank", query="a", documents=DOCUMENTS)
    wrong = dashscope.Client(api_key="sk-other", base_url=f"{served[1]}/api/v1", max_retries=0)
    with wrong, pytest.raises(AuthenticationError):
        wrong.embeddings.create(model="text-embedding-v4", input="a")


def test_modern_calls_at_once(served):
    """The asynchronous client gets each answer to its own question."""

    async def many():
        async with dashscope.AsyncClient(api_key=KEY, base_url=f"{served[1]}/api/v1") as made:
            texts = [f"text {number}" for number in range(6)]
            asked = [made.embeddings.create(model="text-embedding-v4", input=text, dimension=64) for text in texts]
            return [answer.embeddings[0].embedding for answer in await asyncio.gather(*asked)]

    assert len({tuple(vector) for vector in asyncio.run(many())}) == 6
