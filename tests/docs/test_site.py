"""The documentation site: built strictly, whole, and the same in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from .walking import FENCED

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: Pages that stand in both languages.
PAIRS = sorted(path.name.removesuffix(".zh.md") for path in DOCS.glob("*.zh.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site as `mkdocs build --strict` makes it: a link or an anchor that leads nowhere ends it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_built_and_in_the_navigation(site):
    """What stands in the folder stands on the site, and can be found from its start."""
    names = {path.name.removesuffix(".md").removesuffix(".zh") for path in DOCS.glob("*.md")}
    assert {f"{name}.html" for name in names} <= {path.name for path in site.glob("*.html")}
    listed = set(re.findall(r": ([\w-]+)\.md$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.M))
    assert names == listed


def test_the_navigation_speaks_chinese():
    """Every title of it has its translation."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    titles = re.findall(r"^ +- ([^:\n]+):", text.partition("\nnav:")[2], re.MULTILINE)
    translated = re.findall(r"^ {12}([^:\n]+): .*[\u4e00-\u9fff]", text, re.MULTILINE)
    assert len(titles) > 25
    assert sorted({"Start", *titles}) == sorted(translated)


def test_each_page_that_is_translated_is_built_in_chinese(site):
    """Under /zh/, with Chinese text."""
    for name in PAIRS:
        assert re.search("[\u4e00-\u9fff]{4}", (site / "zh" / f"{name}.html").read_text(encoding="utf-8"))
    assert {"index", "applications", "operators", "vendors", "requirements"} <= set(PAIRS)


def test_every_requirement_has_an_anchor(site):
    """Reports and people link to ids."""
    from pytest_polarsearch.requirements.registry import load

    for page in ("requirements.html", "zh/requirements.html"):
        text = (site / page).read_text(encoding="utf-8")
        assert [one for one in load() if f'id="{one}"' not in text] == []


def test_nothing_is_fetched_from_elsewhere(site):
    """Scripts, styles and pictures come from the site itself."""
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r'<(?:script|img)[^>]* src="https?:|<link[^>]*stylesheet[^>]* href="https?:', text) == [], (
            path
        )


def test_every_link_of_the_site_leads_somewhere(site):
    """File and anchor, as a browser would resolve them; nobody is asked."""
    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html") if path.name != "404.html"}
    anchors = {path: set(re.findall(r'\bid="?([^"\s>]+)', text)) for path, text in pages.items()}
    lost = []
    for path, text in pages.items():
        for link in set(re.findall(r'<a\b[^>]*\bhref="?([^"\s>]+)', text)):
            where, _, anchor = unquote(link).partition("#")
            target = (path.parent / where).resolve() if where else path
            if re.match(r"[a-z]+:", link) or target == site.resolve() or target == (site / "zh").resolve():
                continue
            if not target.exists() or (anchor and target in anchors and anchor not in anchors[target]):
                lost.append(f"{path.relative_to(site)}: {link}")
    assert lost == []
    assert sum(map(len, anchors.values())) > 1000


def test_lines_of_a_chinese_paragraph_join(site):
    """Between two characters stands no space that nobody wrote."""
    for name in PAIRS:
        text = (site / "zh" / f"{name}.html").read_text(encoding="utf-8")
        assert re.findall(r"[\u4e00-\u9fff。,;:、]\n[\u4e00-\u9fff]", text) == [], name


@pytest.mark.parametrize("name", PAIRS)
def test_both_languages_say_the_same(name):
    """Equal code blocks, ids and options; as many titles, lists and rows of tables."""
    english, chinese = ((DOCS / f"{name}{suffix}.md").read_text(encoding="utf-8") for suffix in ("", ".zh"))
    assert FENCED.findall(english) == FENCED.findall(chinese)
    plain = [FENCED.sub("", text) for text in (english, chinese)]
    for what in (r"^#+ ", r"^- ", r"^\| "):
        assert len(re.findall(what, plain[0], re.M)) == len(re.findall(what, plain[1], re.M)), what
    codes = [sorted(re.findall(r"`[^`\n]+`", text)) for text in plain]
    assert codes[0] == codes[1]
