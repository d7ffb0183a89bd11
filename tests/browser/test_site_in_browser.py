"""The documentation site opens in a real browser, on a phone's width and a desk's, without an error."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ..docs.test_site import site  # noqa: F401


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:  # noqa: F811
    """The site over http: a browser lets no page read files beside it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("width", [380, 1440])
@pytest.mark.parametrize("name", ["index.html", "requirements.html", "zh/index.html", "zh/operators.html"])
def test_a_page_opens_without_an_error(page, address, name, width):
    """Nothing on the console, a title, and nothing beyond the window's edge but what scrolls by itself."""
    browser = page(f"{address}/{name}", width)
    severe = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert severe == []
    assert browser.title
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth + 1")
