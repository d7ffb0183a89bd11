"""Parameters as texts, placeholders, escaping."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polarsearch_mock.mlcommons.dataset import Dataset
from polarsearch_mock.mlcommons.engines import engine_named
from polarsearch_mock.mlcommons.errors import EngineError
from polarsearch_mock.mlcommons.lenientjson import is_json
from polarsearch_mock.mlcommons.substitution import escape_json, stringify, substitute

from .predicting import PlayedLink, call, failed, sent_body

QUOTED, BARE = {"request_body": '{"q": "${parameters.q}"}'}, {"request_body": '{"q": ${parameters.q}}'}


def with_q(value, action=QUOTED, **more):
    """A predict whose one parameter has this value."""
    return call(PlayedLink(), Dataset("remote", {"q": value}), action=action, **more)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_a_quoted_slot(text):
    """What is neither JSON itself nor holds a placeholder reaches the service as it was."""
    if is_json(text) or "${parameters." in text:
        return
    assert json.loads(sent_body(with_q(text)))["q"] == text


@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.booleans() | st.text() | st.lists(st.text()), max_size=5)
)
def test_parameters_become_texts_that_hold_their_value(parameters):
    """Texts stay, all else is JSON of the same value."""
    texts = stringify(parameters, engine_named("3.3"))
    assert {name: v if isinstance(parameters[name], str) else json.loads(v) for name, v in texts.items()} == parameters


@given(st.text())
def test_escaped_text_is_ascii_and_reads_back(text):
    """Escaping leaves printable ASCII only."""
    escaped = escape_json(text)
    assert escaped.isascii()
    assert json.loads(f'"{escaped}"').encode("utf-16", "surrogatepass") == text.encode("utf-16", "surrogatepass")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${parameters.a}", "1"), ("${parameters.nope}", "${parameters.nope}"), ("${parameters.nope:-d}", "d"),
        ("${parameters.nope:-}", ""), ("$${parameters.a}", "${parameters.a}"), ("${parameters.b}", "<1>"),
        ("${parameters.a", "${parameters.a"), ("${other.a}", "${other.a}"), ("${parameters.A}", "${parameters.A}"),
        ("${parameters.nope:-${parameters.a}}", "${parameters.a}"),
    ],
)  # fmt: skip
def test_placeholders_follow_apaches_rules(text, filled):
    """Defaults, the dollar escape, values that hold placeholders, unknown names."""
    assert substitute(text, {"a": "1", "b": "<${parameters.a}>"}) == filled


def test_a_cycle_is_an_illegal_state():
    """A value that leads back to itself is told with its way."""
    with pytest.raises(EngineError) as caught:
        substitute("x ${parameters.a}", {"a": "${parameters.b}", "b": "${parameters.a}"})
    assert caught.value.status == 500
    assert caught.value.reason == "Infinite loop in property interpolation of x ${parameters.a}: a->b"


@pytest.mark.parametrize(
    ("value", "body"),
    [
        (["a", {"b": 1.0}], '{"q": ["a",{"b":1.0}]}'), ("hello", '{"q": hello}'), (5, '{"q": 5}'),
        (None, '{"q": null}'),
        ("[1,2]", '{"q": [1,2]}'), (True, '{"q": true}'),
    ],
)  # fmt: skip
def test_a_bare_slot_takes_json_and_one_bare_word(value, body):
    """What fits the lenient test leaves as it is."""
    assert sent_body(with_q(value, BARE)) == body


@pytest.mark.parametrize("value", ["two words", 'a "quote"', ""])
def test_a_bare_slot_refuses_other_texts(value):
    """The refusal shows the whole payload."""
    assert failed(with_q(value, BARE)).reason.startswith('Invalid payload: {"q": ')


def test_a_missing_parameter_is_named():
    """A quoted slot left open is another fault than a bare one."""
    action = {"request_body": '{"a": "${parameters.x}", "b": "${parameters.y}"}'}
    error = failed(call(PlayedLink(), action=action))
    assert (error.status, error.reason) == (400, "Some parameter placeholder not filled in payload: x, y")


def test_a_connectors_own_parameters_are_not_escaped():
    """A quote in one breaks every payload."""
    assert failed(call(PlayedLink(), parameters={"q": 'a"b'}, action=QUOTED)).reason == 'Invalid payload: {"q": "a"b"}'


def test_named_parameters_are_spared_where_the_engine_can():
    """`no_escape_params` is known from 3.0 on."""
    dataset = Dataset("remote", {"q": "x/中", "no_escape_params": "a, q"})
    assert sent_body(call(PlayedLink(), dataset, action=QUOTED)) == '{"q": "x/中"}'
    assert sent_body(call(PlayedLink(), dataset, action=QUOTED, engine="2.19")) == '{"q": "x\\/\\u4E2D"}'


def test_a_quoted_null_default_becomes_null():
    """`"${parameters.x:-null}"` loses its quotes when x is absent."""
    action = {"request_body": '{"x": "${parameters.x:-null}"}'}
    assert sent_body(call(PlayedLink(), action=action)) == '{"x": null}'
