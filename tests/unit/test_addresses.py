"""Addresses as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch.addresses import Address, AddressError, parse_address

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
HOSTS = st.one_of(
    st.lists(LABEL, min_size=1, max_size=4).map(".".join),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str),
)
SCHEMES = st.sampled_from(["http", "https"])


@given(SCHEMES, HOSTS, st.integers(1, 65535))
def test_an_address_survives_its_url(scheme, host, port):
    """Reading an address's own URL gives the address, whatever scheme is the default."""
    address = Address(scheme, host, port)
    for default in ("http", "https"):
        assert parse_address(address.url, default) == address


@given(SCHEMES, HOSTS, st.integers(1, 65535))
def test_without_a_scheme_the_default_is_meant(scheme, host, port):
    """`host:port` as the guide gives it takes the option's own scheme."""
    written = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    assert parse_address(written, scheme) == Address(scheme, host, port)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text):
    """Nothing that a person can write ends in another error."""
    try:
        found = parse_address(text, "https")
    except AddressError as refused:
        assert str(refused)
    else:
        assert found.host
        assert 0 < found.port < 65536


@given(st.text(st.characters(categories=["L", "N"]), min_size=4, max_size=12))
def test_an_account_is_never_repeated(password):
    """What stands before the @ is not in the refusal."""
    marked = f"pw{password}wp"
    with pytest.raises(AddressError) as refused:
        parse_address(f"https://user:{marked}@cluster:9200", "https")
    assert marked not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ftp://c:21", "scheme 'ftp'"),
        ("c:9200/_search", "without a path"),
        ("http://c/?x=1", "without a path"),
        ("c:0", "port 0"),
        ("c:70000", "1 to 65535"),
        ("c:nine", "1 to 65535"),
        (":9200", "names no host"),
        ("", "names no host"),
        ("a b", "names no host"),
        ("http://[::1", "cannot be read"),
        ("u:p@c", "account"),
    ],
)
def test_a_refusal_says_what_is_wrong(text, words):
    """Each way of going wrong has its own words."""
    with pytest.raises(AddressError, match=words.replace("(", r"\(")):
        parse_address(text, "https")


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("c.example", False),
    ],
)
def test_loopback_is_known(host, here):
    """Only addresses of this machine count as this machine."""
    assert Address("http", host, 80).on_loopback is here


@pytest.mark.parametrize(
    ("url", "netloc"), [("https://c", "c"), ("http://c:443", "c:443"), ("https://[::1]:1", "[::1]:1")]
)
def test_the_schemes_own_port_is_left_out(url, netloc):
    """`netloc` is what a URL and a Host header have."""
    assert parse_address(url, "http").netloc == netloc
