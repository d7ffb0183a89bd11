"""The DashScope mock in the hands of a test author: each fault does what its name says, scripts and clock obey."""

from __future__ import annotations

import base64
import json
import math
import subprocess
import sys

import httpx
import pytest
from polarsearch_mock import DashScopeMock, UnknownFault
from polarsearch_mock.dashscope.errors import LITERALS
from polarsearch_mock.dashscope.faults import FAULTS

EMBED = "/compatible-mode/v1/embeddings"
NATIVE_EMBED = "/api/v1/services/embeddings/text-embedding/text-embedding"
RERANK = "/api/v1/services/rerank/text-rerank/text-rerank"
FLAT = "/compatible-api/v1/reranks"
CHAT = "/compatible-mode/v1/chat/completions"
GENERATE = "/api/v1/services/aigc/text-generation/generation"
KEY = {"Authorization": "Bearer sk-test"}
DOCUMENTS = ["机器学习 teaches machines", "the weather is fine", "machine learning is a field"]
ASKED = [{"role": "user", "content": "机器学习是什么?"}]
BODIES = {
    EMBED: {"model": "text-embedding-v4", "input": ["a", "b", "a"]},
    NATIVE_EMBED: {"model": "text-embedding-v4", "input": {"texts": ["a", "b", "a"]}},
    RERANK: {"model": "qwen3-rerank", "input": {"query": "machine learning", "documents": DOCUMENTS}},
    FLAT: {"model": "qwen3-rerank", "query": "machine learning", "documents": DOCUMENTS},
    CHAT: {"model": "qwen-max", "messages": ASKED},
    GENERATE: {"model": "qwen-max", "input": {"messages": ASKED}},
}


@pytest.fixture(scope="module")
def running():
    """One mock for all tests here."""
    with DashScopeMock() as mock:
        yield mock


@pytest.fixture
def mock(running):
    """A clean view of it."""
    running.clear()
    return running


@pytest.fixture
def client(mock):
    """A client with a key."""
    with httpx.Client(base_url=mock.url, headers=KEY, timeout=10) as client:
        yield client


def ask(client, path: str, **more) -> httpx.Response:
    """The answer to the route's usual request."""
    return client.post(path, json={**BODIES[path], **more})


def embedded(answer: httpx.Response) -> list:
    """The rows of either dialect."""
    document = answer.json()
    return document["data"] if "data" in document else document["output"]["embeddings"]


def ranked(answer: httpx.Response) -> list:
    """The results of either dialect."""
    document = answer.json()
    return document["results"] if "results" in document else document["output"]["results"]


# ---------------------------------------------------------------------------------------------- faults of embeddings
@pytest.mark.parametrize("path", [EMBED, NATIVE_EMBED])
class TestEmbeddingFaults:
    def test_wrong_dimension(self, mock, client, path):
        """Rows have the fault's length."""
        with mock.fault("wrong-dimension", dimension=5):
            assert {len(row["embedding"]) for row in embedded(ask(client, path))} == {5}

    def test_shuffled_rows(self, mock, client, path):
        """Rows come in another order, each with its true index."""
        name = "index" if path == EMBED else "text_index"
        sound = {row[name]: row["embedding"] for row in embedded(ask(client, path))}
        with mock.fault("shuffled-rows"):
            rows = embedded(ask(client, path))
        assert [row[name] for row in rows] != sorted(sound)
        assert {row[name]: row["embedding"] for row in rows} == sound

    def test_forced_base64(self, mock, client, path):
        """Rows are strings of the right size."""
        with mock.fault("forced-base64"):
            assert {len(base64.b64decode(row["embedding"])) for row in embedded(ask(client, path))} == {4096}

    def test_null_data(self, mock, client, path):
        """Success without rows."""
        with mock.fault("null-data"):
            assert embedded(ask(client, path)) is None

    def test_nan(self, mock, client, path):
        """Each row holds something that is not a number."""
        with mock.fault("nan"):
            assert all(math.isnan(row["embedding"][0]) for row in embedded(ask(client, path)))


def test_a_base64_row_is_cut_in_numbers(mock, client):
    """The wrong dimension counts numbers in either encoding."""
    with mock.fault("wrong-dimension", dimension=3):
        rows = embedded(ask(client, EMBED, encoding_format="base64"))
    assert {len(base64.b64decode(row["embedding"])) for row in rows} == {12}


# ---------------------------------------------------------------------------------------------- faults of rerank
@pytest.mark.parametrize("path", [RERANK, FLAT])
class TestRerankFaults:
    def test_integer_scores(self, mock, client, path):
        """Scores are written without a point."""
        with mock.fault("integer-scores"):
            assert [type(one["relevance_score"]) for one in ranked(ask(client, path))] == [int] * 3

    def test_long_scores(self, mock, client, path):
        """Literals of 19 characters, still in falling order."""
        with mock.fault("long-scores"):
            answer = ask(client, path)
        literals: list[str] = []
        json.loads(answer.content, parse_float=lambda text: literals.append(text) or float(text))
        assert [len(text) for text in literals] == [19] * 3
        assert [float(text) for text in literals] == sorted(map(float, literals), reverse=True)

    def test_unsorted(self, mock, client, path):
        """Scores do not fall."""
        with mock.fault("unsorted"):
            scores = [one["relevance_score"] for one in ranked(ask(client, path))]
        assert scores != sorted(scores, reverse=True)

    def test_dropped_document(self, mock, client, path):
        """One is missing."""
        with mock.fault("dropped-document"):
            assert len(ranked(ask(client, path))) == 2

    def test_top_n_ignored(self, mock, client, path):
        """All documents come back although fewer were wanted."""
        wish = {"top_n": 1} if path == FLAT else {"parameters": {"top_n": 1}}
        assert len(ranked(ask(client, path, **wish))) == 1
        with mock.fault("top-n-ignored"):
            assert len(ranked(ask(client, path, **wish))) == 3

    def test_string_document(self, mock, client, path):
        """The document is its bare text."""
        with mock.fault("string-document"):
            assert all(one["document"] == DOCUMENTS[one["index"]] for one in ranked(ask(client, path)))

    def test_duplicate_index(self, mock, client, path):
        """One index comes twice."""
        with mock.fault("duplicate-index"):
            assert len({one["index"] for one in ranked(ask(client, path))}) == 2

    def test_bare_array(self, mock, client, path):
        """The answer is an array of index and score."""
        with mock.fault("bare-array"):
            assert all(set(one) == {"index", "score"} for one in ask(client, path).json())


# ---------------------------------------------------------------------------------------------- faults of any answer
@pytest.mark.parametrize("path", BODIES)
class TestFaultsOfAnyRoute:
    def test_missing_usage(self, mock, client, path):
        """There is none."""
        with mock.fault("missing-usage"):
            assert "usage" not in ask(client, path).json()

    def test_missing_request_id(self, mock, client, path):
        """Neither header nor body names the request."""
        with mock.fault("missing-request-id"):
            answer = ask(client, path)
        assert "x-request-id" not in answer.headers
        assert not {"id", "request_id"} & set(answer.json())

    def test_error_with_200(self, mock, client, path):
        """The status says success, the body refusal."""
        with mock.fault("error-with-200", code="Arrearage", message="pay"):
            answer = ask(client, path)
        document = answer.json()
        assert answer.status_code == 200
        assert document.get("error", document)["code"] == "Arrearage"

    def test_html_error_page(self, mock, client, path):
        """A proxy's page."""
        with mock.fault("html-error-page"):
            answer = ask(client, path)
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
        assert "<html>" in answer.text

    def test_empty_body(self, mock, client, path):
        """200 and nothing."""
        with mock.fault("empty-body"):
            answer = ask(client, path)
        assert (answer.status_code, answer.content) == (200, b"")

    def test_wrong_content_type(self, mock, client, path):
        """JSON that is called text."""
        with mock.fault("wrong-content-type"):
            answer = ask(client, path)
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.json()

    def test_key_echoed(self, mock, client, path):
        """The refusal quotes the key."""
        with mock.fault("key-echoed"):
            answer = ask(client, path)
        assert answer.status_code == 401
        assert "sk-test" in answer.text

    def test_redirect(self, mock, client, path):
        """To https, same place."""
        with mock.fault("redirect"):
            answer = ask(client, path)
        assert (answer.status_code, answer.headers["location"]) == (307, f"https://{mock.endpoint}{path}")

    def test_un_nested_error(self, mock, client, path):
        """An error's fields stand at the top."""
        with mock.fault("un-nested-error"):
            document = client.post(path, json={}).json()
        assert document["object"] == "error"
        assert document["message"]

    @pytest.mark.parametrize("name", ["truncated-body", "reset", "reset-in-body"])
    def test_broken_connections(self, mock, client, path, name):
        """The client never gets a whole answer, and the next one works."""
        with mock.fault(name), pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            ask(client, path)
        assert ask(client, path).status_code == 200

    def test_latency(self, mock, client, path):
        """The answer comes, later."""
        with mock.fault("latency", seconds=0.03), mock.fault("latency-lognormal", median=0.001):
            answer = ask(client, path)
        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() >= 0.03

    def test_trickle_and_split(self, mock, client, path):
        """The body is the same, in more pieces."""
        size = len(ask(client, path).content)
        with mock.fault("trickle", size=size // 3, seconds=0), client.stream("POST", path, json=BODIES[path]) as answer:
            pieces = list(answer.iter_raw())
        assert len(pieces) > 1
        with mock.fault("split-character"):
            assert ask(client, path).json()


def test_a_split_lies_inside_a_character(mock, client):
    """The first piece alone is not valid UTF-8."""
    mock.script_chat(["机器学习"])
    with mock.fault("split-character"), client.stream("POST", CHAT, json=BODIES[CHAT]) as answer:
        first, *rest = answer.iter_raw()
    with pytest.raises(UnicodeDecodeError):
        first.decode()
    assert "机器学习" in (first + b"".join(rest)).decode()


# ---------------------------------------------------------------------------------------------- faults of streams
def test_stream_cut(mock, client):
    """The stream breaks off after as many frames as asked."""
    got: list[str] = []
    with (
        mock.fault("sse-cut", after=2),
        pytest.raises(httpx.RemoteProtocolError),
        client.stream("POST", CHAT, json={**BODIES[CHAT], "stream": True}) as answer,
    ):
        got.extend(line for line in answer.iter_lines() if line)
    assert len(got) <= 2
    assert "data: [DONE]" not in got


@pytest.mark.parametrize(("path", "mark"), [(CHAT, 'data: {"error":'), (GENERATE, "event:error")])
def test_stream_error(mock, client, path, mark):
    """An error in mid-stream, in the dialect of the route, and no end mark."""
    headers = {"X-DashScope-SSE": "enable"} if path == GENERATE else {}
    with mock.fault("sse-error", after=1):
        answer = client.post(path, json={**BODIES[path], "stream": True}, headers=headers)
    assert answer.status_code == 200
    assert mark in answer.text
    assert "[DONE]" not in answer.text


def test_stream_without_done(mock, client):
    """Everything but the end mark."""
    with mock.fault("missing-done"):
        text = ask(client, CHAT, stream=True).text
    assert '"finish_reason":"stop"' in text
    assert "[DONE]" not in text


def test_latency_per_token(mock, client):
    """A stream is paced, a plain answer waits for all its tokens."""
    mock.script_chat(["one two three four", "one two three four"])
    with mock.fault("latency-per-token", seconds=0.002):
        streamed = ask(client, CHAT, stream=True)
        plain = ask(client, CHAT)
    assert "[DONE]" in streamed.text
    assert streamed.elapsed.total_seconds() >= 0.002
    assert plain.elapsed.total_seconds() >= 0.002


# ---------------------------------------------------------------------------------------------- literal errors
@pytest.mark.parametrize("name", LITERALS)
def test_every_literal_error_is_a_fault(mock, client, name):
    """Under its own name, in both dialects, with the status of its row."""
    row = LITERALS[name]
    with mock.fault(name, times=2):
        native, compat = ask(client, RERANK), ask(client, FLAT)
    assert native.json()["code"] == row.native.code
    assert compat.json()["error"]["code"] == row.compat.code
    assert native.status_code == row.native.status
    assert ask(client, FLAT).status_code == 200


# ---------------------------------------------------------------------------------------------- the table itself
def test_every_fault_says_whom_it_imitates():
    """Names are unique, never those of literal errors, and each has its reason."""
    names = [fault.name for fault in FAULTS]
    assert len(set(names) | set(LITERALS)) == len(names) + len(LITERALS)
    assert all(len(fault.imitates) > 10 for fault in FAULTS)


def test_an_unknown_fault_is_refused_with_the_closest(mock):
    """With or without the server's name before it."""
    with pytest.raises(UnknownFault, match="did you mean 'unsorted'"):
        mock.fault("dashscope.unsortd")


# ---------------------------------------------------------------------------------------------- what can be told
def test_calls_include_dialects(mock, client):
    """`rerank` is native and flat, `embedding` compatible and native."""
    for path in BODIES:
        ask(client, path)
    assert [call.path for call in mock.calls("rerank")] == [RERANK, FLAT]
    assert [call.path for call in mock.calls("embedding")] == [EMBED, NATIVE_EMBED]
    assert mock.calls("chat")[0].json["messages"] == ASKED


def test_a_frozen_clock_runs_again(mock, client):
    """Inside the block time stands; behind it, and after `clear()`, it runs."""
    with mock.freeze_time(1_000_000_000):
        assert ask(client, CHAT).json()["created"] == 1_000_000_000
    assert ask(client, CHAT).json()["created"] > 1_600_000_000
    mock.freeze_time(5)
    mock.clear()
    assert ask(client, CHAT).json()["created"] > 1_600_000_000


def test_clear_forgets_what_was_told(mock, client):
    """Faults, scripts and vectors of one test do not reach the next."""
    mock.fault("reset")
    mock.script_chat(["left over"])
    mock.set_vector("a", [1.0] + [0.0] * 1023)
    mock.clear()
    assert "left over" not in ask(client, CHAT).text
    assert embedded(ask(client, EMBED))[0]["embedding"][1] != 0.0


def test_keys_do_not_leak():
    """No repr of the mock or of its service shows a key."""
    mock = DashScopeMock(api_keys=["sk-very-secret"])
    assert "sk-very-secret" not in repr(mock) + repr(mock.service) + repr(mock.front) + repr(mock.front.recorder)


def test_the_mock_needs_no_pytest():
    """It is usable in a program, and does not load pytest."""
    code = "import sys; from polarsearch_mock import DashScopeMock; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
