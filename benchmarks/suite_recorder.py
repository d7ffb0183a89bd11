"""A plugin that writes down the requests of a conformance run, their answers, and the seconds of the session.

`SUITE_RECORD` names the file. A line a request: method, path, body, answer; the last line has the sum.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_polarsearch.client import Client

if TYPE_CHECKING:
    from pytest_polarsearch.exchange import Exchange

BEGUN = time.perf_counter()
heard: list[Exchange] = []
hear = Client._tell  # the one place that every exchange passes


def kept(client: Client, exchange: Exchange) -> Exchange:
    """The exchange, kept: writing it down would count as the suite's own time."""
    heard.append(exchange)
    return hear(client, exchange)


def written(exchange: Exchange) -> str:
    """The line of an exchange."""
    asked = (exchange.request_body or b"").decode("utf-8", "surrogateescape")
    return json.dumps([exchange.method, exchange.path, asked, exchange.text])


Client._tell = kept  # type: ignore[assignment, method-assign]


def pytest_unconfigure() -> None:
    """Write the file: everything is removed and stopped by now."""
    ended = time.perf_counter()
    with Path(os.environ["SUITE_RECORD"]).open("w", encoding="utf-8") as file:
        file.writelines(f"{written(exchange)}\n" for exchange in heard)
        file.write(json.dumps({"seconds": ended - BEGUN, "writing": time.perf_counter() - ended}))
