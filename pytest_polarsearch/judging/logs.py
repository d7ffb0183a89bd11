"""Takes secrets out of what the HTTP libraries log: at DEBUG they show headers of answers, which may echo ours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Loggers that show what was sent or answered. A filter acts on the logger itself only, not on those below it.
TALKATIVE = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy")


@contextmanager
def redacted_logs(redact: Callable[[str], str]) -> Iterator[None]:
    """Meanwhile what those libraries log has no secret in it, whoever listens."""

    def clean(record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True

    loggers = [logging.getLogger(name) for name in TALKATIVE]
    for one in loggers:
        one.addFilter(clean)
    try:
        yield
    finally:
        for one in loggers:
            one.removeFilter(clean)
