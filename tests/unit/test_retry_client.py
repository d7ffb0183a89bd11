"""Asking again: only after 429 and where no connection was made; bounded, counted, within the deadline."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timezone

import pytest

from pytest_polarsearch.client import Client, NoAnswer
from pytest_polarsearch.patience import Patience, retry_after
from pytest_polarsearch.verbs import MlCommons

from .standins import answer, closed_port, cluster, exchange
from .test_budget_toll import FakeClock

BUSY, FINE = answer(429, {"error": {"reason": "busy"}}), answer(200, {})


@contextmanager
def asked(*replies, most: int = 2, timeout: float = 30.0):
    """A cluster that answers `GET /` so, one after the other, and a patient client of it."""
    clock = FakeClock()
    with cluster({"GET /": list(replies)}, clock=clock, timeout=timeout) as (fake, ml):
        ml.client.patience = Patience(most)
        yield fake, ml, clock


def test_a_throttled_request_is_asked_again():
    """Once busy, then fine: the second answer counts, the retry is counted, the first pause is half a second."""
    with asked(BUSY, FINE) as (fake, ml, clock):
        assert ml.info().ok
        assert (len(fake.asked), ml.client.patience.retries, clock.pauses) == (2, 1, [0.5])


def test_asking_again_ends():
    """Always busy: three tries, each pause twice as long, and the 429 is the answer."""
    with asked(BUSY) as (fake, ml, clock):
        assert ml.info().status == 429
        assert (len(fake.asked), clock.pauses) == (3, [0.5, 1.0])


def test_nobody_asks_again_unless_told():
    """Outside of conformance runs an answer is an answer."""
    with asked(BUSY, FINE, most=0) as (fake, ml, _):
        assert ml.info().status == 429
        assert (len(fake.asked), ml.client.patience.retries) == (1, 0)


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_other_refusals_stand(status):
    """A failure that is not about the rate is never glossed over."""
    with asked(answer(status, {}), FINE) as (fake, ml, _):
        assert ml.info().status == status
        assert len(fake.asked) == 1


def test_retry_after_is_honoured():
    """The server's own pause, where it names one."""
    busy = answer(429, {}, headers=(("retry-after", "7"),))
    with asked(busy, FINE) as (_, ml, clock):
        assert ml.info().ok
        assert clock.pauses == [7.0]


def test_no_pause_beyond_the_deadline():
    """A server that asks for more time than the request has is taken at its 429."""
    busy = answer(429, {}, headers=(("retry-after", "31"),))
    with asked(busy, FINE) as (fake, ml, clock):
        assert ml.info().status == 429
        assert (len(fake.asked), clock.pauses) == (1, [])


def test_every_try_is_heard_of():
    """Reports show the refused tries too."""
    with asked(BUSY, FINE) as (_, ml, _clock):
        heard = []
        ml.client.listen(heard.append)
        ml.info()
        assert [one.status for one in heard] == [429, 200]


def test_every_try_is_paid_for():
    """What stands before requests sees each of them."""
    with asked(BUSY, FINE) as (_, ml, _clock):
        paid = []
        ml.client.before.append(paid.append)
        ml.info()
        assert len(paid) == 2


def test_a_connection_that_is_not_made_is_tried_again():
    """Nothing was sent, so nothing is done twice; in the end the trouble is told."""
    clock = FakeClock()
    client = Client(f"http://127.0.0.1:{closed_port()}", clock=clock)
    client.patience = Patience(2)
    with pytest.raises(NoAnswer, match="connection refused"):
        MlCommons(client).info()
    client.close()
    assert (clock.pauses, client.patience.retries) == ([0.5, 1.0], 2)


def test_a_dropped_connection_is_not_tried_again():
    """The request may have been carried out."""
    assert Patience(2).pause(exchange(status=None, trouble="gone", kind="dropped"), 1, 30) is None
    assert Patience(2).pause(exchange(status=None, trouble="late", kind="deadline"), 1, 30) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0), ("12", 12), (" 3 ", 3), ("Mon, 23 Nov 2026 08:00:05 GMT", 5), ("Mon, 23 Nov 2026 07:00:00 GMT", 0),
        ("Mon, 23 Nov 2026 08:00:05 -0000", 5), ("", None), ("soon", None), ("-1", None), ("²", None),
    ],
)  # fmt: skip
def test_retry_after_has_two_forms(value, seconds):
    """Seconds or a date; anything else is as if it were not there."""
    assert retry_after(value, datetime(2026, 11, 23, 8, 0, 0, tzinfo=timezone.utc)) == seconds
