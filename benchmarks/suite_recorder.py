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
lines: list[str] = []
hear = Client._tell  # the one place that every exchange passes


def written(client: Client, exchange: Exchange) -> Exchange:
    """The exchange, written down."""
    asked = (exchange.request_body or b"").decode("utf-8", "surrogateescape")
    lines.append(json.dumps([exchange.method, exchange.path, asked, exchange.text]))
    return hear(client, exchange)


Client._tell = written  # type: ignore[assignment, method-assign]


def pytest_unconfigure() -> None:
    """Write the file: everything is removed and stopped by now."""
    holder = {"seconds": time.perf_counter() - BEGUN}
    Path(os.environ["SUITE_RECORD"]).write_text("\n".join([*lines, json.dumps(holder)]), encoding="utf-8")
