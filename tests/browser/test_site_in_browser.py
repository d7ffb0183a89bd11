"""The documentation site opens in a real browser, on a phone's width and a desk's, without an error."""

from __future__ import annotations

import pytest

from ..docs.test_site import site  # noqa: F401


@pytest.mark.parametrize("width", [380, 1440])
@pytest.mark.parametrize("name", ["index.html", "requirements.html", "zh/index.html", "zh/operators.html"])
def test_a_page_opens_without_an_error(page, site, name, width):  # noqa: F811
    """Nothing on the console, a title, and nothing beyond the window's edge but what scrolls by itself."""
    browser = page(site / name, width)
    severe = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert severe == []
    assert browser.title
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth + 1")
