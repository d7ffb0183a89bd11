"""Runs compared: regressions, mended and disappeared checks, latencies beyond their noise, other targets."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch.cli import main
from pytest_polarsearch.reports.comparing import differences
from pytest_polarsearch.reports.comparison import names
from pytest_polarsearch.reports.operations import OPERATIONS, operation
from pytest_polarsearch.reports.reading import read_stream
from pytest_polarsearch.words import WORDS

from .streams import HEADER, PREDICT, failure, judgement, stream

A, B = "predict.chat-content", "predict.embedding-shape"


def kinds(tmp_path, old, new, status=0, **header):
    """What differs between two runs, as (kind, about)."""
    one = read_stream(stream(tmp_path / "old", old))
    other = read_stream(stream(tmp_path / "new", new, status, **header))
    return [(found.kind, found.about) for found in differences(one, other)]


def timed(*milliseconds):
    """A judgement whose predicts took so long."""
    return judgement(requests=[
        {"at": 1.0, "method": "POST", "path": PREDICT, "status": 200, "seconds": each / 1000} for each in milliseconds
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (judgement(A), failure(A), "newly-failing"),
        (judgement(A), judgement(A, "warn"), "newly-failing"),
        (failure(A), judgement(A), "mended"),
        (judgement(A), judgement(A, "not-applicable"), "disappeared"),
        (judgement(A), judgement(A, "blocked"), "disappeared"),
        (failure(A), judgement(A, "deviation"), "mended"),
        (judgement(A, "blocked"), failure(A), "moved-verdict"),
    ],
)
def test_what_became_of_a_requirement_is_named(tmp_path, old, new, kind):
    """By verdict then and now."""
    assert kinds(tmp_path, [old, judgement(B)], [new, judgement(B)]) == [(kind, A)]


def test_a_removed_check_is_noticed(tmp_path, capsys):
    """`compare` names it, and its exit status says so."""
    old, new = stream(tmp_path / "old", [judgement(A), judgement(B)]), stream(tmp_path / "new", [judgement(A)])
    assert main(["compare", str(old), str(new)]) == 1
    assert f"judged no longer: {B} (pass -> -)".replace("->", "→") in capsys.readouterr().out
    assert main(["compare", str(new), str(old)]) == 0
    assert f"newly judged: {B}" in capsys.readouterr().out


def test_latency_is_named_only_beyond_its_noise(tmp_path):
    """The same spread of values is no shift; ten times as long is one, in both directions."""
    calm, noisy, slow = (10, 11, 10, 12, 11, 10), (10, 14, 9, 17, 12, 8), (100, 110, 101, 120, 111, 104)
    assert kinds(tmp_path, [timed(*calm)], [timed(*noisy)]) == []
    assert kinds(tmp_path, [timed(*calm)], [timed(*slow)]) == [("slower", "predict")]
    assert kinds(tmp_path, [timed(*slow)], [timed(*calm)]) == [("faster", "predict")]
    assert kinds(tmp_path, [timed(10, 10)], [timed(100, 100)]) == []


def test_another_engine_or_setting_is_named(tmp_path):
    """What the run was made with; where it wrote does not matter."""
    changed = {"engine": {"name": "opensearch 3.4.0", "line": "3.4"}}
    settings = {
        **HEADER["settings"],
        "level": {"value": "should", "origin": "x"},
        "report": {"value": "b", "origin": "x"},
    }
    found = kinds(tmp_path, [judgement(A)], [judgement(A)], **changed, settings=settings)
    assert found == [("other-target", name) for name in ("engine.line", "engine.name", "settings.level")]


def test_a_cut_run_is_a_regression(tmp_path):
    """Nobody knows what the rest would have been."""
    assert kinds(tmp_path, [judgement(A)], [judgement(A)], None)[0][0] == "ends-cut"


def test_several_targets_stand_in_one_matrix(tmp_path, capsys):
    """Rows for what they do not agree on, a column a run; the terminal in Chinese."""
    runs = [
        stream(tmp_path / name, [judgement(A, verdict), judgement(B)])
        for name, verdict in (("one", "pass"), ("two", "fail"), ("three", "warn"))
    ]
    out = tmp_path / "c.md"
    assert main(["compare", *map(str, runs), "--markdown", str(out), "--lang", "zh"]) == 1
    assert "| `predict.chat-content` | pass | fail | warn |" in out.read_text(encoding="utf-8")
    assert "| `predict.embedding-shape`" not in out.read_text(encoding="utf-8")
    assert "新出现的失败" in capsys.readouterr().out


def test_equal_runs_have_no_difference(tmp_path, capsys):
    """Exit status 0, and a word that says so."""
    run = stream(tmp_path, [judgement(A)])
    assert main(["compare", str(run), str(run), "--markdown", str(tmp_path / "c.md")]) == 0
    assert "no difference" in capsys.readouterr().out


def three(tmp_path):
    """Streams of three targets that are not alike, one of them cut."""
    slow = [timed(100, 110, 101, 120, 111), judgement(B, "blocked", why="it stands on another")]
    targets = (
        ("one", [timed(10, 11, 10, 12, 11), judgement(B)], 0, {}),
        ("two", [failure(A), judgement(B)], 1, {"engine": {"name": "opensearch 3.4.0", "line": "3.4"}}),
        ("three", slow, None, {}),
    )
    return [str(stream(tmp_path / name, events, status, **more)) for name, events, status, more in targets]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_has_all_targets_in_one_matrix(tmp_path, capsys, lang):
    """Changes against the first run, facts and latencies that differ, every requirement, in both languages."""
    page = tmp_path / "c.html"
    assert main(["compare", *three(tmp_path), "--html", str(page), "--lang", lang]) == 1
    text = page.read_text(encoding="utf-8")
    assert f'data-lang="{lang}"' in text
    for row in (A, B):
        assert f'<tr id="{row}"' in text
    for key in ("newly-failing", "disappeared", "ends-cut", "slower", "other-target"):
        assert all(WORDS[one][key] in text for one in WORDS)
    assert "opensearch 3.4.0" in text
    assert "10.0 ms" in text
    assert not re.search(r"(src|href)=.?https?:", text)


def test_runs_of_one_name_are_told_apart(tmp_path):
    """By their paths, where their folders are called the same."""
    one, other = (stream(tmp_path / name / "reports", [judgement(A)]) for name in ("a", "b"))
    assert names([read_stream(one), read_stream(other)]) == [str(one), str(other)]
    assert names([read_stream(one), read_stream(stream(tmp_path / "c", []))]) == ["reports", "c"]


@pytest.mark.parametrize("arguments", [["missing", "missing"], ["run.ndjson", "missing"]])
def test_what_cannot_be_read_is_told(tmp_path, monkeypatch, capsys, arguments):
    """Exit status 4 with the file's name."""
    monkeypatch.chdir(tmp_path)
    stream(tmp_path, [])
    assert main(["compare", *arguments]) == 4
    assert "missing cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["--markdown", "--html"])
def test_the_comparison_must_be_writable(tmp_path, capsys, kind):
    """Otherwise exit status 4; its folder is made, or named."""
    run = stream(tmp_path, [judgement(A)])
    assert main(["compare", str(run), str(run), kind, str(tmp_path / "new" / "c")]) == 0
    assert (tmp_path / "new" / "c").is_file()
    assert main(["compare", str(run), str(run), kind, str(tmp_path)]) == 4
    assert "cannot be written" in capsys.readouterr().err
    assert main(["compare", str(run), str(run), kind, str(run / "c")]) == 4
    assert f"{kind} {run}/c: the folder {run} is not there and cannot be made" in capsys.readouterr().err


@given(st.text(max_size=40), st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]))
def test_every_request_has_one_operation(path, method):
    """Whatever its path."""
    assert operation(method, path) in {name for *_, name in OPERATIONS} | {"other"}


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", PREDICT, "predict"), ("POST", "/_plugins/_ml/_predict/text_embedding/a-b_c", "predict"),
        ("POST", "/_plugins/_ml/models/_register?deploy=true", "register model"), ("GET", "/", "other"),
        ("PUT", "/_cluster/settings", "trust"), ("POST", "/_plugins/_ml/models/x/_undeploy", "undeploy"),
        ("POST", "/_plugins/_ml/connectors/_create", "create connector"),
        ("POST", "http://m:1/v1", "ask the model service"),
    ],
)  # fmt: skip
def test_the_guides_steps_are_recognised(method, path, name):
    """Each by the request that the guide makes."""
    assert operation(method, path) == name
