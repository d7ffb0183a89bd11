"""Trusted addresses, private ones, and addresses that are none."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polarsearch_mock.mlcommons.endpoint import checked_addresses, checked_uri
from polarsearch_mock.mlcommons.engines import engine_named
from polarsearch_mock.mlcommons.errors import EngineError
from polarsearch_mock.mlcommons.trust import Resolver, check_trusted, is_private, java_pattern

OLD, NEW = engine_named("2.19"), engine_named("3.3")


def refusal(act):
    """The failure that calling `act` ends in."""
    with pytest.raises(EngineError) as caught:
        act()
    return caught.value


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("^http://ep-***.a", "Dangling meta character '*' near index 12\n^http://ep-***.a\n            ^"),
        ("(", "Unclosed group near index 1\n("),
        ("*a", "Dangling meta character '*' near index 0\n*a\n^"),
        ("[a", "Unclosed character class near index 1\n[a\n ^"),
    ],
)
def test_broken_patterns_are_told_as_java_does(pattern, reason):
    """The text names the place and draws a caret."""
    error = refusal(lambda: java_pattern(pattern))
    assert (error.type, error.reason) == ("pattern_syntax_exception", reason)


@given(st.text(max_size=30))
def test_any_text_is_a_pattern_or_a_syntax_error(pattern):
    """No pattern breaks the check otherwise."""
    try:
        java_pattern(pattern)
    except EngineError as error:
        assert error.type == "pattern_syntax_exception"


def test_the_whole_url_must_match():
    """A prefix is not enough; the older engine shows the URL."""
    check_trusted("http://a/x", ["^https://b$", "http://a/.*"], NEW)
    assert refusal(lambda: check_trusted("http://a/x", ["http://a"], NEW)).reason.endswith("endpoint regex")
    assert refusal(lambda: check_trusted("http://a/x", [], OLD)).reason.endswith("regex, URL is: http://a/x")


def test_a_broken_pattern_counts_only_when_it_is_reached():
    """The list is tried in order."""
    check_trusted("http://a/", [".*", "("], NEW)
    assert refusal(lambda: check_trusted("http://a/", ["x", "("], NEW)).type == "pattern_syntax_exception"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.1.1",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "::ffff:10.0.0.1",
    ],
)
def test_private_addresses(address):
    """Loopback, link-local and site-local ones, in IPv6's clothes too."""
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "2001:4860:4860::8888"])
def test_public_addresses(address):
    """All others may be called."""
    assert not is_private(address)


class Names(Resolver):
    async def addresses(self, host):
        if host == "unknown":
            raise OSError("no such name")
        return ["8.8.8.8", "10.0.0.1"]


def test_one_private_address_of_several_is_enough():
    """A name that also leads inside is refused, unless that is allowed."""
    error = refusal(lambda: asyncio.run(checked_addresses("many", Names(), private_allowed=False, engine=NEW)))
    assert error.reason == "Remote inference host name has private ip address: many"
    assert asyncio.run(checked_addresses("many", Names(), private_allowed=True, engine=NEW))


def test_an_unknown_host_by_engine():
    """400 with a cause, or wrapped in 500."""
    look_up = [
        lambda e=e: asyncio.run(checked_addresses("unknown", Names(), private_allowed=True, engine=e))
        for e in (OLD, NEW)
    ]
    assert [refusal(one).status for one in look_up] == [500, 400]


@pytest.mark.parametrize(
    ("url", "below"),
    [
        ("http://127.0.0.1:9/a b", "Illegal character in path at index 20: http://127.0.0.1:9/a b"),
        ("127.0.0.1:9/echo", "Illegal character in scheme name at index 0: 127.0.0.1:9/echo"),
        ("http://127.0.0.1:40000\\/x", "Illegal character in authority at index 22: http://127.0.0.1:40000\\/x"),
        ("http://h/?q={", "Illegal character in query at index 12: http://h/?q={"),
        ("http://h/%zz", "Malformed escape pair at index 9: http://h/%zz"),
    ],
)
def test_bad_urls_are_told_as_java_does(url, below):
    """The place stands two levels down."""
    assert refusal(lambda: checked_uri(url, NEW)).caused_by["reason"] == below


@given(st.text(max_size=40))
def test_any_text_is_a_url_or_refused(url):
    """No text breaks the check, on any engine."""
    for engine in (OLD, NEW):
        try:
            assert checked_uri(url, engine).scheme in ("http", "https")
        except EngineError as error:
            assert error.status in (400, 500)
