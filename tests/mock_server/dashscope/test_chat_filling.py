"""JSON for a schema: it must fit, whatever the schema, and cost little, whatever the conversation."""

import json

import pytest
from dashscope_asking import CHAT, ask


def filled(service, schema, question="What is 5?"):
    """What a model answers to a question with a schema, read as strict JSON."""
    body = {
        "model": "qwen-plus",
        "messages": [{"role": "user", "content": question}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}},
    }
    content = ask(service, CHAT, body)["choices"][0]["message"]["content"]
    return json.loads(content, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.mark.parametrize(
    "bad", ["abc", [1], {}, True, 10**400, None], ids=["text", "list", "object", "bool", "huge", "null"]
)
@pytest.mark.parametrize("name", ["minimum", "maximum", "exclusiveMinimum", "minItems", "maxLength"])
@pytest.mark.parametrize("kind", ["integer", "number", "array", "string"])
def test_a_limit_that_is_no_number_is_no_limit(service, kind, name, bad):
    """A schema with nonsense for a limit is answered as if the limit were not there."""
    plain = {"type": kind, "items": {"type": "string"}}
    assert filled(service, {**plain, name: bad}) == filled(service, plain)


def test_a_number_of_many_digits_stays_json(service):
    """Digits beyond any number never become Infinity."""
    assert filled(service, {"type": "number"}, "9" * 400) == 0


@pytest.mark.parametrize(
    ("schema", "good"),
    [
        ({"type": "integer", "minimum": 10}, lambda value: value == 10),
        ({"type": "integer", "maximum": 3}, lambda value: value == 3),
        ({"type": "integer", "exclusiveMinimum": 5}, lambda value: value == 6),
        ({"type": "integer", "exclusiveMaximum": 5}, lambda value: value == 4),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, lambda value: value == [5, 5]),
        ({"type": "string", "maxLength": 3}, lambda value: len(value) == 3),
        ({"type": "string", "minLength": 40}, lambda value: len(value) == 40),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, lambda value: value == 5),
        ({"$ref": "#/$defs/N", "$defs": {"N": {"type": "integer"}}}, lambda value: value == 5),
        ({"allOf": [{"type": "integer"}, {"minimum": 7}]}, lambda value: value == 7),
    ],
)
def test_the_answer_keeps_what_the_schema_asks(service, schema, good):
    """Limits, references, alternatives and parts of a schema are all kept."""
    assert good(filled(service, schema))


def test_a_schema_that_refers_to_itself_ends(service):
    """A tree of trees is filled to some depth and no further."""
    tree = {"type": "object", "properties": {str(i): {"$ref": "#/$defs/T"} for i in range(20)}}
    assert isinstance(filled(service, {"$ref": "#/$defs/T", "$defs": {"T": tree}}), dict)
    assert filled(service, {"$ref": "#"}) is not None


def test_a_long_question_is_not_told_for_every_property(service):
    """The answer stays small when a long question meets a wide schema."""
    wide = {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(1000)}}
    assert len(json.dumps(filled(service, wide, "word " * 100_000))) < 500_000
