"""Secrets are not seen by chance."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback

import pytest

from pytest_polarsearch import Secret
from pytest_polarsearch.settings import Account

VALUE = "sk-very-secret"


SHOWN = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": "{}".format,
    "padded": "{!r:>20}".format,
    "in a list": lambda one: repr([one]),
    "in a dictionary": lambda one: f"{ {'key': one} }",
    "in an account": lambda one: str(Account("admin", one)),
    "logged": lambda one: logging.LogRecord("", 0, "", 0, "%s %r", (one, one), None).getMessage(),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_no_way_of_showing_it_shows_it(show):
    """repr, str and format give a mask."""
    assert VALUE not in show(Secret(VALUE))


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_does_not_travel(copied):
    """It cannot be pickled, so no worker, cache or report gets it by chance."""
    with pytest.raises(TypeError, match="environment"):
        copied(Secret(VALUE))


def test_a_traceback_with_locals_does_not_show_it():
    """A failing function with the secret at hand shows a mask."""

    def failing(secret: Secret) -> None:
        raise ValueError(secret)

    try:
        failing(Secret(VALUE))
    except ValueError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "Secret(****)" in shown
    assert VALUE not in shown


def test_it_gives_itself_only_when_asked_to():
    """`reveal` is the only way, and equality compares without showing."""
    assert Secret(VALUE).reveal() == VALUE
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(VALUE) != Secret("other")
    assert Secret(VALUE) != VALUE
    assert len({Secret(VALUE), Secret(VALUE)}) == 1
