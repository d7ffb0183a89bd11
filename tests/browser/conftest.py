"""Chromium, driven by selenium: Debian's packages chromium and chromium-driver. Where they are missing, tests fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

#: Nothing but the page under test is talked to.
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip
#: Screenshots and other things to look at afterwards; not under version control.
ARTEFACTS = Path(__file__).parents[2] / "test-artefacts"


@pytest.fixture(scope="session")
def browser(tmp_path_factory) -> Iterator[webdriver.Chrome]:
    """One browser for all tests, with a profile of its own; it keeps a log of its console and its network."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_script_timeout(120)  # axe looks at every element, and the machine may be busy
    yield driver
    driver.quit()


@pytest.fixture
def page(browser):
    """Opens a file or an address at a size, with empty logs."""

    def page(where: Path | str, width: int = 1440, height: int = 1000) -> webdriver.Chrome:
        browser.get("about:blank")
        browser.get_log("browser"), browser.get_log("performance")
        browser.set_window_size(width, height)
        browser.get(where if isinstance(where, str) else where.as_uri())
        return browser

    return page
