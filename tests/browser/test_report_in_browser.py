"""The HTML report as people use it: languages, filter, search, links, keyboard, screen readers, hostile words."""

from __future__ import annotations

import base64
import json
import time

import pytest
from axe_selenium_python import Axe
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from pytest_polarsearch.reports.comparison_page import html as compared
from pytest_polarsearch.reports.making import write
from pytest_polarsearch.reports.reading import read_stream
from pytest_polarsearch.requirements.registry import load

from ..reports.streams import HOSTILE, failure, judgement, stream
from .conftest import ARTEFACTS

HOSTILE_TITLE = "<img src=x onerror=document.title='owned'>"


def written(folder, events, status=1, lang="en"):
    """An HTML report of these events."""
    path = folder / "report.html"
    write(read_stream(stream(folder, events, status)), "html", path, lang)
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Every requirement judged, some of them badly, with what a hostile target would say."""
    said = dict.fromkeys(("looked_at", "expected", "actual", "why", "script"), HOSTILE + HOSTILE_TITLE)
    rows = list(load().values())
    events = [
        judgement(row.id, level=row.level, notes=[HOSTILE_TITLE] * (number == 3)) for number, row in enumerate(rows)
    ]
    events[5] = failure(rows[5].id, **said)
    events[6] = judgement(rows[6].id, "warn", level="SHOULD", why="it was not", actual="x", expected="y")
    events[7] = judgement(rows[7].id, "not-applicable", level="SHOULD", why="no permission")
    return written(tmp_path_factory.mktemp("report"), events)


def shown(browser, selector):
    """Texts of what is displayed."""
    return [one.text for one in browser.find_elements(By.CSS_SELECTOR, selector) if one.is_displayed()]


def press(browser, selector):
    """Click one thing."""
    browser.find_element(By.CSS_SELECTOR, selector).click()


def test_the_language_is_switched_in_place(page, report):
    """Everything that people read, and the page's own language."""
    browser = page(report)
    assert shown(browser, "h1")[0].startswith("PolarSearch conformance")
    press(browser, "[data-set-lang=zh]")
    assert shown(browser, "h1")[0].startswith("PolarSearch 一致性")
    assert browser.execute_script("return document.documentElement.lang") == "zh"
    assert not [text for text in shown(browser, "h2") if text.isascii()]


def test_rows_are_filtered_and_searched(page, report):
    """By verdict, by words in either language, and both; the count is told."""
    browser = page(report)
    total = len(load())
    found = browser.find_element(By.ID, "found")
    assert found.text == f"{total} / {total}"
    press(browser, "[data-filter=broken]")
    assert found.text == f"1 / {total}"
    press(browser, "[data-filter=all]")
    browser.find_element(By.ID, "search").send_keys("predict.chat-content")
    assert found.text == f"1 / {total}"
    assert len(shown(browser, "tr[data-row]")) == 1
    browser.find_element(By.ID, "search").send_keys(" nothing-like-this")
    assert found.text == f"0 / {total}"


def test_a_link_to_a_requirement_leads_there(page, report):
    """Also where a filter hides it."""
    target = list(load())[40]
    browser = page(f"{report.as_uri()}#{target}")
    row = browser.find_element(By.ID, target)
    assert browser.switch_to.active_element == row
    press(browser, "[data-filter=broken]")
    assert not row.is_displayed()
    browser.execute_script("location.hash = ''; location.hash = arguments[0]", target)
    deadline = time.monotonic() + 5
    while not row.is_displayed() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert row.is_displayed()


def test_everything_is_reached_by_keyboard(page, report):
    """Tab goes from the skip link over the controls; Enter and Space press what has the focus."""
    browser = page(report)
    seen = []
    for _ in range(6):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        one = browser.switch_to.active_element
        seen.append(
            one.get_attribute("class") or one.get_attribute("data-set-lang") or one.get_attribute("data-set-theme")
        )
    assert seen[:5] == ["skip", "en", "zh", "light", "dark"]
    browser.find_element(By.CSS_SELECTOR, "[data-set-theme=dark]").send_keys(Keys.SPACE)
    assert browser.execute_script("return document.documentElement.dataset.theme") == "dark"
    browser.find_element(By.CSS_SELECTOR, "[data-set-lang=zh]").send_keys(Keys.ENTER)
    assert browser.execute_script("return document.documentElement.dataset.lang") == "zh"


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    """Three targets, one of them hostile."""
    folder, rows = tmp_path_factory.mktemp("compared"), list(load().values())[:40]
    events = [judgement(row.id, level=row.level) for row in rows]
    streams = [
        stream(folder / "first", events),
        stream(folder / "second", [*events[:20], failure(rows[20].id), *events[21:]], 1),
        stream(folder / "third", events[:30], None, engine={"name": HOSTILE + HOSTILE_TITLE, "line": "3.4"}),
    ]
    path = folder / "compare.html"
    path.write_text(compared([read_stream(one) for one in streams], "en"), encoding="utf-8", errors="backslashreplace")
    return path


@pytest.fixture(params=["report", "comparison"])
def any_page(request):
    """Each of the pages that we make."""
    return request.getfixturevalue(request.param)


def test_a_comparison_is_sifted_for_what_differs(page, comparison):
    """Rows in which the runs differ, a link from a change to its row, words in both languages."""
    browser = page(comparison)
    found = browser.find_element(By.ID, "found")
    assert found.text == "11 / 40"
    press(browser, "[data-filter=all]")
    assert found.text == "40 / 40"
    press(browser, f"article a[href='#{list(load())[20]}']")
    assert browser.switch_to.active_element.get_attribute("id") == list(load())[20]
    press(browser, "[data-set-lang=zh]")
    assert not [text for text in shown(browser, "h1, h2, h4") if text.isascii()]
    assert browser.find_elements(By.CSS_SELECTOR, "img") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(page, any_page, theme):
    """Roles, names, contrast, order: as axe-core judges them, in both themes."""
    browser = page(any_page)
    press(browser, f"[data-set-theme={theme}]")
    axe = Axe(browser)
    axe.inject()
    found = axe.run()["violations"]
    serious = [
        (one["id"], [node["html"][:120] for node in one["nodes"][:3]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("width", [380, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_the_window_and_talks_to_nobody(page, any_page, width, theme):
    """No error on the console, no request but for the file, nothing beyond the window's edge; a picture is kept."""
    browser = page(any_page, width)
    press(browser, f"[data-set-theme={theme}]")
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    ARTEFACTS.mkdir(exist_ok=True)
    assert browser.save_screenshot(str(ARTEFACTS / f"{any_page.stem}-{width}-{theme}.png"))
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith(("file:", "data:", "about:"))] == []


def test_what_is_folded_is_printed(page, report):
    """Printed by the browser itself, every fold is open; afterwards each is as it was."""
    browser = page(report)
    folds = "return [...document.querySelectorAll('details')].map((one) => one.open)"
    before = browser.execute_script(folds)
    assert False in before
    closed = "window.folds = [...document.querySelectorAll('details:not([open])')]"
    browser.execute_script(f"addEventListener('beforeprint', () => {{ {closed}; }});")
    sheets = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert base64.b64decode(sheets["data"]).startswith(b"%PDF")
    assert browser.execute_script("return window.folds.length") == 0
    assert browser.execute_script(folds) == before


def test_hostile_words_stay_words(page, report):
    """What a target said is shown, and does nothing."""
    browser = page(report)
    assert browser.title.startswith("PolarSearch")
    assert browser.find_elements(By.CSS_SELECTOR, "img, script[src], article script") == []
    assert HOSTILE_TITLE in browser.find_element(By.TAG_NAME, "article").text
    assert "\\x1b[31m" in browser.find_element(By.TAG_NAME, "article").text


def test_a_cut_run_says_so_at_the_top(page, tmp_path):
    """With what was judged until then."""
    browser = page(written(tmp_path, [judgement()], None))
    assert "not whole" in shown(browser, ".call.cut")[0]
    assert len(shown(browser, "tr[data-row]")) == 1


def test_two_thousand_judgements_stay_usable(page, tmp_path):
    """The page is made, opened and searched."""
    events = [judgement(f"predict.number-{number}", began=1.0 + number) for number in range(2000)]
    browser = page(written(tmp_path, events, 0))
    browser.find_element(By.ID, "search").send_keys("number-1999")
    assert browser.find_element(By.ID, "found").text == "1 / 2000"
