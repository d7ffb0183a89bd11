"""The documentation site opens in a real browser, on a phone's width and a desk's, without an error."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ..docs.test_site import PAIRS, site  # noqa: F401


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


def test_every_page_opens_without_an_error(page, address, site):  # noqa: F811
    """On a desk and on a phone nothing on the console, a title, nothing beyond the edge but what scrolls by itself."""
    names = [*(path.name for path in sorted(site.glob("*.html"))), *(f"zh/{name}.html" for name in PAIRS)]
    assert len(names) > 30
    for name in names:
        browser = page(f"{address}/{name}", 1440)
        for width in (1440, 380):
            browser.set_window_size(width, 1000)
            assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth + 1"), (
                name,
                width,
            )
        wrong = [entry["message"] for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        assert (name, browser.title != "", wrong) == (name, True, [])


def test_a_requirement_is_found_by_its_address(page, address):
    """The anchor of an id brings its row into the window; commands wrap, so that all of them is seen."""
    browser = page(f"{address}/requirements.html#substitution.quotes-survive")
    place = "document.getElementById('substitution.quotes-survive').getBoundingClientRect().top"
    assert browser.execute_script(f"return {place} >= 0 && {place} < innerHeight")
    browser = page(f"{address}/operators.html", 380)
    blocks = "[...document.querySelectorAll('.language-sh code, .language-text code')]"
    assert browser.execute_script(f"return {blocks}.length") >= 10
    hidden = f"{blocks}.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
    assert browser.execute_script(f"return {hidden}") == []
