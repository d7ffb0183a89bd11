"""Secrets in texts that are shown: every form in which they can stand there."""

from __future__ import annotations

import base64
import json
import logging
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch import Secret
from pytest_polarsearch.judging.logs import redacted_logs
from pytest_polarsearch.judging.redaction import Redactor, forms

#: Not a part of the name that stands for it: Hypothesis knows that name from our sources.
SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x4FFF, exclude_categories=["Cs", "Cn"]), min_size=8, max_size=24
).filter(lambda value: value not in "$YOUR_API_KEY")
AROUND = st.binary(max_size=7)


def redact(value, text):
    """`text` as it is shown in a run whose key is `value`."""
    return Redactor({"YOUR_API_KEY": Secret(value)})(text)


@given(SECRETS)
def test_raw_escaped_and_percent_forms_are_replaced(value):
    """As it is, as JSON has it, and as a URL has it."""
    for form in (value, json.dumps(value)[1:-1], quote(value, safe="")):
        assert redact(value, f"<{form}>") == "<$YOUR_API_KEY>"


@given(SECRETS, AROUND, AROUND)
def test_base64_is_replaced_at_every_offset(value, before, after):
    """A Basic header, or any longer base64 that holds the secret, shows nothing that gives the whole of it."""
    text = base64.b64encode(before + value.encode() + after).decode()
    shown = redact(value, text)
    assert "$YOUR_API_KEY" in shown
    assert not any(form in shown for form in forms(value))


def test_the_wire_form_of_json_is_replaced_too():
    """Bodies leave with ensure_ascii off: quotes are escaped, other letters are not."""
    value = 'sk-"密钥"-long'
    assert value not in redact(value, json.dumps({"key": value}, ensure_ascii=False)).replace('\\"', '"')


def test_each_secret_has_its_own_name():
    """The reader sees which variable to set."""
    both = Redactor({"PASSWORD": Secret("pass-word"), "YOUR_API_KEY": Secret("sk-api-key")})
    assert both("pass-word sk-api-key") == "$PASSWORD $YOUR_API_KEY"


def test_a_secret_inside_another_does_not_hide_it():
    """The longer form goes first."""
    both = Redactor({"A": Secret("secret"), "B": Secret("secret-and-more")})
    assert both("secret-and-more") == "$B"


@pytest.mark.parametrize("value", ["", "a", "admin"])
def test_a_short_word_is_left_alone(value):
    """A dummy of few letters would be replaced all over a report and make it unreadable."""
    assert redact(value, "an admin reads a report") == "an admin reads a report"


def test_a_text_without_secrets_stays():
    """Nothing else is touched."""
    assert redact("sk-something", "plain $text \\ here") == "plain $text \\ here"


@pytest.mark.parametrize("mark", ["…", "..."])
def test_a_piece_of_a_secret_at_a_cut_is_replaced(mark):
    """Who shortens a text for people may cut through a secret: neither piece stays."""
    value = "sk-0123456789abcdef"
    for size in range(4, len(value)):
        assert redact(value, f"key {value[:size]}{mark}end") == f"key $YOUR_API_KEY{mark}end"
        assert redact(value, f"key {mark}{value[-size:]} end") == f"key {mark}$YOUR_API_KEY end"
    assert redact(value, f"sk{mark}") == f"sk{mark}"


def test_what_http_libraries_log_has_no_secret(caplog):
    """At DEBUG they show the headers of answers; afterwards they log as before."""
    value = "sk-0123456789abcdef"
    logger = logging.getLogger("httpcore.http11")
    with caplog.at_level(logging.DEBUG, "httpcore"), redacted_logs(Redactor({"YOUR_API_KEY": Secret(value)})):
        logger.debug("headers %r", [(b"x-echo", value.encode())])
    assert caplog.messages == ["headers [(b'x-echo', b'$YOUR_API_KEY')]"]
    assert logger.filters == []


def test_what_python_shows_of_a_secret_is_replaced():
    """Quotes and backslashes as `repr` writes them, of texts and of bytes."""
    value = 'it\'s \\ "so" here'
    assert redact(value, repr(value)) == "'$YOUR_API_KEY'"
    assert redact(value, repr(value.encode())) == "b'$YOUR_API_KEY'"


@pytest.mark.parametrize(("cut", "shown"), [("sk-…", "sk-…"), ("sk-s…", "$YOUR_API_KEY…")])
def test_a_piece_before_a_cut_is_one_from_four_letters_on(cut, shown):
    """Less says nothing, and stands in other words too."""
    assert redact("sk-secret-1234", cut) == shown
