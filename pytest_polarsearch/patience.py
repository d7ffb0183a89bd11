"""Asking again: only after HTTP 429, and where no connection was made; bounded, counted, within the deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from .exchange import Exchange

#: Troubles (rows of `client.TROUBLE`) at which nothing was sent yet.
SET_UP = ("refused", "unreachable")
#: How often one request is asked again at most, in a conformance run.
MOST = 2
#: Seconds before the first retry where the answer names none; each further one waits twice as long.
FIRST_PAUSE = 0.5


@dataclass
class Patience:
    """How often a request may be asked again (`most`; 0: never), and how often any was (`retries`)."""

    most: int = 0
    retries: int = 0

    def pause(self, answer: Exchange, tries: int, left: float) -> float | None:
        """Seconds to wait before asking again after so many tries; None where this answer stands, or where waiting
        would take more than the `left` seconds until the deadline."""
        if tries > self.most or not (answer.status == 429 or answer.kind in SET_UP):
            return None
        seconds = retry_after(answer.headers.get("retry-after", ""))
        seconds = FIRST_PAUSE * 2 ** (tries - 1) if seconds is None else seconds
        if seconds > left:
            return None
        self.retries += 1
        return seconds


def retry_after(value: str, now: datetime | None = None) -> float | None:
    """The seconds that a Retry-After header asks for, in either of its forms (RFC 9110, 10.2.3); None for no such."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - (now or datetime.now(timezone.utc))).total_seconds())
