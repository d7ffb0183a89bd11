"""JUnit, Markdown, badge and JSON: made of the stream alone, valid to their readers, inert, honest where it is cut."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import jsonschema
import junitparser
import pytest
import xmlschema
from markdown_it import MarkdownIt
from referencing import Registry, Resource

from pytest_polarsearch.cli import main
from pytest_polarsearch.reports.making import KINDS
from pytest_polarsearch.reports.reading import read_stream

from .streams import HOSTILE, failure, judgement, stream

XSD = xmlschema.XMLSchema(str(Path(__file__).parents[1] / "data" / "junit-10.xsd"))
SHOULD = {"level": "SHOULD"}
ALL = [
    judgement(),
    failure("failures.wrong-key-is-401"),
    judgement("embeddings.usage-counted", "warn", why="none", **SHOULD),
    judgement("settings.cleared-is-gone", "not-applicable", why="no permission", code="capability:settings", **SHOULD),
    judgement("chat.usage-adds-up", "blocked", code="blocked:predict.chat-content", why="it failed", **SHOULD),
    judgement("connectors.id-form", "setup-failed", why="no"),
    judgement("deploy.twice-allowed", "harness-error", why="KeyError"),
    judgement("predict.embedding-shape", "deviation", why="declared"),
    judgement("predict.integers", notes=["31.0"], level="INFO"),
]


def made(kind, path, lang="en"):
    """A report of that kind."""
    return KINDS[kind].make(read_stream(path), lang)


def hostile(tmp_path):
    """A stream in which everything that a target said is hostile."""
    said = dict.fromkeys(("why", "looked_at", "expected", "actual"), HOSTILE)
    return stream(tmp_path, [failure(**said, script=HOSTILE, notes=[HOSTILE])], 1)


def test_junit_is_read_by_a_real_reader(tmp_path):
    """Every verdict as the element that readers know; the id is the name."""
    text = made("junit", stream(tmp_path, ALL, 1))
    assert XSD.is_valid(text), list(XSD.iter_errors(text))
    [suite] = junitparser.JUnitXml.fromstring(text.encode())
    kinds = {case.name: [type(one).__name__ for one in case.result] for case in suite}
    assert kinds["predict.chat-content"] == []
    assert kinds["failures.wrong-key-is-401"] == ["Failure"]
    assert kinds["embeddings.usage-counted"] == []
    assert kinds["settings.cleared-is-gone"] == kinds["chat.usage-adds-up"] == ["Skipped"]
    assert kinds["predict.embedding-shape"] == ["Skipped"]
    assert kinds["connectors.id-form"] == kinds["deploy.twice-allowed"] == ["Error"]
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (9, 1, 2, 3)
    failed = next(case for case in suite if case.name == "failures.wrong-key-is-401")
    assert "curl" in failed.result[0].text
    assert failed.result[0].type == "fail:mismatch"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_cut_run_is_an_error_in_junit(tmp_path, lang):
    """A CI system must not take the part for the whole."""
    text = made("junit", stream(tmp_path, [judgement()], None), lang)
    assert XSD.is_valid(text)
    [suite] = junitparser.JUnitXml.fromstring(text.encode())
    assert suite.errors == 1


def test_hostile_words_leave_junit_readable(tmp_path):
    """What XML cannot hold is shown as text, and nothing ends an element early."""
    text = made("junit", hostile(tmp_path))
    assert XSD.is_valid(text)
    [suite] = junitparser.JUnitXml.fromstring(text.encode())
    [case] = suite
    assert "<script>alert(1)</script> ]]> \\x1b[31m \\x00\\x07" in case.result[0].text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_summary_says_what_matters_first(tmp_path, lang):
    """State, first cause, counts, failures with a script, what was not judged, what the target does."""
    text = made("markdown", stream(tmp_path, ALL, 1), lang)
    order = ["FAIL", "> ", "| MUST |", "`failures.wrong-key-is-401`", "curl", "`settings.cleared-is-gone`", "31.0"]
    places = [text.find(part) for part in order]
    assert -1 not in places
    assert places == sorted(places)


def test_hostile_words_stay_inert_in_markdown(tmp_path):
    """Rendered by a real renderer with HTML switched on, no tag of theirs and no control character comes out."""
    text = made("markdown", hostile(tmp_path))
    html = MarkdownIt("commonmark", {"html": True}).render(text)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", text.replace("\n", " "))
    assert not re.search(r"<(?!/?(details|summary|p|h\d|ul|li|code|pre|blockquote|strong|em)\b)", html)


def test_the_badge_is_red_where_the_run_is(tmp_path):
    """Grey where nobody knows the end."""
    ends = {0: "brightgreen", 1: "red", None: "lightgrey"}
    for status, color in ends.items():
        shown = json.loads(made("badge", stream(tmp_path, [judgement(), failure("predict.embedding-shape")], status)))
        assert (shown["schemaVersion"], shown["color"]) == (1, color)
        assert shown["label"] == "PolarSearch 2026.1"
        assert shown["message"] == "MUST 1/2"


@pytest.mark.parametrize("status", [0, None])
def test_the_document_fits_its_published_schema(tmp_path, status):
    """With and without an end."""
    folder = resources.files("pytest_polarsearch.reports")
    schemas = [json.loads((folder / name).read_text()) for name in ("report.schema.json", "events.schema.json")]
    registry = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in schemas)
    document = json.loads(made("json", stream(tmp_path, ALL, status)))
    checker = jsonschema.Draft202012Validator(schemas[0], registry=registry)
    assert list(checker.iter_errors(document)) == []
    assert document["cut"] is (status is None)
    assert not checker.is_valid({**document, "counts": {"PERHAPS": {}}})


def test_reports_are_made_later_too(tmp_path, capsys):
    """`pytest-polarsearch report RUN.ndjson` makes those that are asked for."""
    path = stream(tmp_path / "run", ALL, 1)
    assert main(["report", str(path), "--junit", str(tmp_path / "new" / "j.xml"), "--lang", "zh"]) == 0
    assert "j.xml" in capsys.readouterr().out
    assert re.search("[\u4e00-\u9fff]", (tmp_path / "new" / "j.xml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.ndjson", "--junit", "j.xml"], "missing.ndjson cannot be read"),
        (["run.ndjson"], "give one of --html FILE"),
        (["run.ndjson", "--junit", "run.ndjson/j.xml"], "cannot be written"),
    ],
)
def test_wrong_use_of_report_is_told(tmp_path, monkeypatch, capsys, arguments, told):
    """Exit status 4 and a sentence."""
    monkeypatch.chdir(tmp_path)
    stream(tmp_path, [])
    assert main(["report", *arguments]) == 4
    assert told in capsys.readouterr().err
