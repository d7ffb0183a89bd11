"""Numbers and JSON in Java's forms."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polarsearch_mock.mlcommons.engines import engine_named
from polarsearch_mock.mlcommons.gsonreader import GsonError, GsonReader, joined, read_lenient
from polarsearch_mock.mlcommons.javajson import double_text, gson, java_class, number_text, to_float32, xcontent
from polarsearch_mock.mlcommons.jsonpath import smart_json, smart_number
from polarsearch_mock.mlcommons.lenientjson import is_json

OLD, NEW = engine_named("2.19"), engine_named("3.3")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1712345678.0, "1.712345678E9"), (1e-5, "1.0E-5"), (0.0, "0.0"), (-0.0, "-0.0"), (1e7, "1.0E7"), (0.001, "0.001"),  # noqa: E501
        (9999999.5, "9999999.5"), (100.0, "100.0"), (1e22, "1.0E22"), (5e-324, "4.9E-324"), (123456.789, "123456.789"),
    ],
)  # fmt: skip
def test_doubles_are_spelled_as_java_spells_them(value, text):
    """Scientific below a thousandth and from ten million on, always with a fraction."""
    assert double_text(value) in (text, "5.0E-324")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_reads_back_as_itself(value):
    """No digit that matters is lost in a double's text."""
    assert float(double_text(value)) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_reads_back_as_the_same_float(value):
    """What crossed to another node is spelled as short as a float allows."""
    crossed = to_float32(value)
    assert to_float32(float(double_text(crossed))) == crossed


@given(JSON)
def test_what_is_written_reads_back_equal(value):
    """gson's and x-content's JSON hold the value they were given."""
    for text in (gson(value, NEW), xcontent(value)):
        assert json.loads(text) == value


@given(JSON)
def test_gson_reads_what_json_is(value):
    """The lenient reader agrees with a strict one on JSON."""
    assert read_lenient(json.dumps(value), smart_number) == json.loads(json.dumps(value), parse_float=float)


def test_older_gson_drops_nulls_in_objects_and_escapes_html():
    """2.19 writes neither a null member nor `<`, newer engines both."""
    value = {"a": None, "b": [None, "<&>='"]}
    assert gson(value, OLD) == '{"b":[null,"\\u003c\\u0026\\u003e\\u003d\\u0027"]}'
    assert gson(value, NEW) == '{"a":null,"b":[null,"<&>=\'"]}'


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "[hello]",
        "{a:1}",
        "{'a':'b'}",
        '{"q": NaN}',
        '{"a":1;"b":2}',
        "[1,]",
        "[,]",
        '{"a": 01}',
        '{"a":"\t"}',
    ],
)
def test_these_count_as_json(text):
    """The engine's test is lenient."""
    assert is_json(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "hello", "123", '"x"', "null", "{abc}", '{"a":1,}', '{"a":1} x', '{"a":1,"a":2}', '{"a"=1}', '{"a":"\n"}',
     "[hello world]", "[1] // c", "<html>", "{", "[", '[]"', '{"a":"\\x"}', "[" * 5000],
)  # fmt: skip
def test_these_do_not(text):
    """Scalars, doubled keys, trailing text and raw newlines are refused."""
    assert not is_json(text)


@given(st.text())
def test_any_text_is_judged_without_failing(text):
    """No text breaks the test itself."""
    assert is_json(text) in (True, False)


@given(JSON.filter(lambda value: isinstance(value, (dict, list))))
def test_every_object_and_list_counts(value):
    """JSON proper always passes."""
    assert is_json(json.dumps(value))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": [1, 2', "End of input at line 1 column 12 path $.a[2]"),
        ("hello world, no", "at line 1 column 8 path $"),
        ('{"a": 1}\n{"b": 2}', "at line 2 column 2 path $"),
    ],
)
def test_faults_name_line_column_and_path(text, told):
    """gson says where it gave up."""
    with pytest.raises(GsonError) as caught:
        read_lenient(text)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("literal", "name"),
    [
        ("1", "java.lang.Integer"), ("3000000000", "java.lang.Long"), ("9" * 30, "java.math.BigInteger"),
        ("0.9334521178273196", "java.lang.Double"), ("0.34100082352597356", "java.math.BigDecimal"),
    ],
)  # fmt: skip
def test_the_class_of_a_number_follows_its_literal(literal, name):
    """A fraction of more than 18 characters is a BigDecimal."""
    assert java_class(smart_number(literal)) == name


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)
TEXTS = st.text(st.sampled_from('ab "\\é\U0001f600 -0123456789.eE'), max_size=30).map(json.dumps)


@given(st.lists(NUMBERS | TEXTS, max_size=6))
def test_the_quick_way_through_a_text_finds_the_numbers_of_the_slow_one(elements):
    """Read by the standard library, each number has the class and the spelling that our own reader gives it."""
    text = f"[{','.join(elements)}]"
    slow = joined(GsonReader(text, smart_number).read())
    assert [(java_class(one), spelled(one)) for one in smart_json(text)] == [
        (java_class(one), spelled(one)) for one in slow
    ]


def spelled(value):
    """A number as Java spells it, a text as it is."""
    return value if isinstance(value, str) else number_text(value)


@given(st.lists(st.floats() | st.floats(width=32).map(to_float32), max_size=5))
def test_a_list_of_doubles_is_written_like_its_elements(values):
    """A vector takes a way of its own through the writer: what comes out is each element alone, in a list."""
    assert xcontent(values) == f"[{','.join(xcontent(one) for one in values)}]"
