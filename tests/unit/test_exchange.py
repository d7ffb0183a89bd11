"""Exchanges: what they give of an answer, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch.exchange import Exchange, NotJson

from .standins import exchange

BODIES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"[" * 100_000, b'{"error": "text"}', b'{"error": {"reason": null}}', b"null", b"1", b'"x"']),
)


@given(BODIES)
def test_no_body_breaks_the_views(body):
    """Reason, type and excerpt can be asked of any answer."""
    one = Exchange("GET", "/", status=500, body=body)
    assert isinstance(one.reason, str)
    assert isinstance(one.error_type, str)
    assert len(one.excerpt(20)) <= 60


def test_a_body_is_read_once():
    """Whoever looks at an answer again is given the same value; one of many letters is not kept in memory."""
    small, large = (Exchange("GET", "/", status=200, body=b"[" + b"1," * count + b"1]") for count in (10, 200_000))
    assert small.json is small.json
    assert large.json is not large.json


@given(BODIES)
def test_a_body_is_json_or_said_to_be_none(body):
    """NotJson is the only error, and its sentence has the status."""
    one = Exchange("GET", "/x", status=502, body=body)
    try:
        _ = one.json
    except NotJson as refused:
        assert "GET /x answered HTTP 502" in str(refused)
        assert refused.exchange is one


@pytest.mark.parametrize(
    ("path", "value"),
    [(("a", 0, "b"), 1), (("a", 1, "b"), None), (("x",), None), (("a", "b"), None), (("a", 0, "b", "c"), None)],
)
def test_a_path_leads_to_a_value_or_to_nothing(path, value):
    """`get` never raises on a JSON answer."""
    assert exchange(got={"a": [{"b": 1}]}).get(*path) == value


def test_the_refusal_is_read_from_the_envelope():
    """`reason` and `error_type` are the engine's; without the envelope the text is the reason."""
    refused = exchange(status=400, got={"error": {"type": "illegal_argument_exception", "reason": "no"}})
    assert (refused.reason, refused.error_type) == ("no", "illegal_argument_exception")
    assert exchange(status=400, got=b"plain words").reason == "plain words"


def test_an_excerpt_says_how_long_the_whole_is():
    """Long bodies are cut, with their size."""
    assert exchange(got=b"x" * 1000).excerpt(10) == "xxxxxxxxxx… (1000 bytes)"


def test_the_repr_has_no_bodies():
    """Bodies may hold credentials: they are shown only through the redactor."""
    assert "s3cret" not in repr(exchange("POST /x", {"api_key": "s3cret"}, got={"echo": "s3cret"}))
