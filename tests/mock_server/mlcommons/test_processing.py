"""Pre- and post-processing, response filters, guardrails, interfaces, limits."""

from __future__ import annotations

import json

import pytest
from polarsearch_mock.mlcommons.dataset import Dataset
from polarsearch_mock.mlcommons.errors import NeverAnswers
from polarsearch_mock.mlcommons.throttle import Bucket

from .predicting import PlayedLink, answered, call, failed, sent_body

POST = "connector.post_process."
PRE = "connector.pre_process."


def after(function, body, **more):
    """A predict whose answer goes through a post-process function."""
    return call(PlayedLink(body), action={"post_process_function": POST + function}, **more)


def data(one):
    """The numbers of every tensor of a predict."""
    return [tensor["data"] for result in answered(one) for tensor in result.get("output", [])]


@pytest.mark.parametrize(
    ("function", "body", "vectors"),
    [
        ("openai.embedding", {"data": [{"embedding": [1, 0.5]}, {"x": 1}]}, [[1, 0.5]]),
        ("cohere.embedding", {"embeddings": [[0.5], [1]]}, [[0.5], [1]]),
        ("default.embedding", {"a": [0.5]}, [[0.5]]),
        ("bedrock.embedding", {"embedding": [0.5, 1]}, [[0.5, 1]]),
        ("cohere_v2.embedding.float", {"embeddings": {"float": [[0.5]]}}, [[0.5]]),
        ("bedrock_v2.embedding.float", {"embeddingsByType": {"float": [0.5]}}, [[0.5]]),
        ("cohere.rerank", {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]}, [[0.1], [0.9]]),  # noqa: E501
        ("default.rerank", [{"index": 0, "relevance_score": 0.5}], [[0.5]]),
        ("bedrock.rerank", {"results": [{"index": 0, "relevanceScore": 0.5}]}, [[0.5]]),
    ],
)  # fmt: skip
def test_built_in_functions_give_tensors(function, body, vectors):
    """Each finds its vectors or scores where its service puts them."""
    assert data(after(function, body)) == vectors


@pytest.mark.parametrize(
    ("name", "data_type"), [("int8", "INT8"), ("uint8", "UINT8"), ("binary", "BINARY"), ("float", "FLOAT32")]
)
def test_the_path_names_the_data_type(name, data_type):
    """A type in the path is the type of the tensor."""
    ((tensor,),) = (
        one["output"] for one in answered(after(f"cohere_v2.embedding.{name}", {"embeddings": {name: [[1]]}}))
    )
    assert tensor["data_type"] == data_type


@pytest.mark.parametrize(
    ("function", "body", "reason"),
    [
        ("openai.embedding", {"data": [{"embedding": "AA"}]}, "The embedding should be a non-empty List containing List of Float values."),  # noqa: E501
        ("openai.embedding", {"data": [{"embedding": []}]}, "The embedding should be a non-empty List containing Float values."),  # noqa: E501
        ("cohere.embedding", {"embeddings": {}}, "Post process function input is not a List."),
        ("cohere.rerank", {"results": ["x"]}, "Post process function input is not a List of Map."),
        ("bedrock.rerank", {"results": []}, "Post process function input is empty."),
        ("bedrock.rerank", {"results": [{"index": 0, "relevanceScore": 1}]}, "relevanceScore is not BigDecimal or Double."),  # noqa: E501
        ("cohere.rerank", {"results": None}, "Can't run post process function as model output is null"),
    ],
)  # fmt: skip
def test_refusals_are_bare_or_wrapped_by_engine(function, body, reason):
    """400 on 3.x, wrapped in 500 on 2.19."""
    new, old = failed(after(function, body)), failed(after(function, body, engine="2.19"))
    assert (new.status, new.type, new.reason) == (400, "illegal_argument_exception", reason)
    assert (old.status, old.type, old.caused_by["reason"]) == (500, "m_l_exception", reason)


@pytest.mark.parametrize(
    ("results", "kind"),
    [
        ('[{"index": 0, "relevance_score": 1}]', "class_cast_exception"),
        ('[{"index": 0, "relevance_score": 0.34100082352597356}]', "class_cast_exception"),
        ('[{"index": 0.0, "relevance_score": 0.5}]', "class_cast_exception"),
        ('[{"index": 3, "relevance_score": 0.5}]', "array_index_out_of_bounds_exception"),
        ('[{"index": null, "relevance_score": 0.5}]', "null_pointer_exception"),
    ],
)
def test_scores_that_break_cohere_rerank(results, kind):
    """Integers, long literals and gaps fail as Java's casts do."""
    error = failed(after("cohere.rerank", f'{{"results": {results}}}'))
    assert (error.status, error.caused_by["type"]) == (500, kind)


def test_unknown_functions_are_scripts_and_say_so():
    """A misspelt name is not taken for another; nor is a newer one on an older engine."""
    assert failed(after("openai.embeddings", {})).status == 501
    assert failed(after("cohere_v2.embedding.float", {}, engine="2.19")).status == 501


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"a": 1}, {"a": 1.0}), ([1], {"response": [1.0]}), ('{"a": 1, "a": 2}', {"response": '{"a": 1, "a": 2}'}),
        ("{a: b}", {"a": "b"}),
    ],
)  # fmt: skip
def test_without_a_function_the_body_is_a_map(body, shown):
    """Numbers become doubles; what only a lenient reader takes stays text."""
    assert answered(call(PlayedLink(body)))[0]["output"][0]["dataAsMap"] == shown


def test_a_filter_by_engine():
    """A found object is the map itself from 3.3 on, and lies under `response` before."""
    more = {"parameters": {"response_filter": "$.a"}}
    shown = [
        answered(call(PlayedLink({"a": {"b": 1}}), engine=e, **more))[0]["output"][0]["dataAsMap"]
        for e in ("2.19", "3.3")
    ]
    assert shown == [{"response": {"b": 1}}, {"b": 1}]
    assert failed(call(PlayedLink({}), **more)).caused_by["reason"] == "No results for path: $['a']"


@pytest.mark.parametrize(
    ("function", "body", "sent"),
    [
        ("openai.embedding", '{"i": ${parameters.input}}', '{"i": ["a","b"]}'),
        ("cohere.embedding", '{"i": ${parameters.texts}}', '{"i": ["a","b"]}'),
        ("bedrock.multimodal_embedding", '{"t": "${parameters.inputText}", "i": "${parameters.inputImage}"}', '{"t": "a", "i": "b"}'),  # noqa: E501
    ],
)  # fmt: skip
def test_texts_become_the_services_parameters(function, body, sent):
    """Each pre-process function names them as its service does."""
    action = {"pre_process_function": PRE + function, "request_body": body}
    assert sent_body(call(PlayedLink(), Dataset("text_docs", text_docs=["a", "b"]), action=action)) == sent


@pytest.mark.parametrize(
    ("function", "step", "calls"),
    [("openai.embedding", None, 1), ("bedrock.embedding", None, 3), ("openai.embedding", "2", 2)],
)
def test_calls_for_several_texts(function, step, calls):
    """One for all, one a text, or as many as the step says; each gives one result."""
    action = {"pre_process_function": PRE + function, "request_body": '{"i": ${parameters.input:-1}}'}
    link = PlayedLink()
    parameters = {"input_docs_processed_step_size": step} if step else {}
    dataset = Dataset("text_docs", text_docs=["a", "b", "c"])
    assert len(answered(call(link, dataset, action=action, parameters=parameters))) == len(link.asked) == calls


def test_the_wrong_kind_of_input_is_refused():
    """An embedding function takes no query, and a query needs a function."""
    dataset = Dataset("text_similarity", text_docs=["a"], query_text="q")
    assert (
        "TextDocsInputDataSet"
        in failed(call(PlayedLink(), dataset, action={"pre_process_function": f"{PRE}openai.embedding"})).reason
    )
    assert failed(call(PlayedLink(), dataset)).reason == "pre_process_function not defined in connector"


def test_guardrails_look_at_both_sides():
    """A payload or an answer that a pattern matches as a whole is refused."""
    rules = {
        "type": "local_regex",
        "input_guardrail": {"regex": [".*bad.*"]},
        "output_guardrail": {"regex": [".*evil.*"]},
    }
    action = {"request_body": '{"q": "${parameters.q}"}'}
    asked = [
        call(PlayedLink(body), Dataset("remote", {"q": q}), action=action, model={"guardrails": rules})
        for q, body in (("bad", {}), ("ok", {"a": "evil"}))
    ]
    assert [failed(one).reason for one in asked] == [
        "guardrails triggered for user input",
        "guardrails triggered for LLM output",
    ]


def test_an_input_that_does_not_fit_the_interface():
    """The complaint has the path, what was found, the instance and the schema."""
    schema = json.dumps({"properties": {"parameters": {"properties": {"n": {"type": "integer"}}, "required": ["m"]}}})
    error = failed(call(PlayedLink(), Dataset("remote", {"n": "x"}), model={"interface": {"input": schema}}))
    assert error.status == 400
    assert (
        "[$.parameters.n: string found, integer expected, $.parameters: required property 'm' not found]"
        in error.reason
    )


def test_a_bucket_empties_and_fills_again():
    """The limit is a number of calls in a unit of time."""
    now = [0.0]
    bucket, rule = Bucket(clock=lambda: now[0]), {"limit": "2", "unit": "SECONDS"}
    link = PlayedLink()
    link.bucket = bucket
    one = call(link, model={"rate_limiter": rule})
    assert answered(one)
    assert answered(one)
    assert failed(one).status == 429
    now[0] += 0.5
    assert answered(one)


def test_a_parameter_named_stream_is_never_answered():
    """The newer engines leave the call open and send nothing."""
    link = PlayedLink()
    with pytest.raises(NeverAnswers):
        answered(call(link, Dataset("remote", {"stream": False})))
    assert not link.asked
    assert answered(call(link, Dataset("remote", {"stream": False}), engine="2.19"))
