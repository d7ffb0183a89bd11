"""The self-test as a pytest run: a test for each fault, alone or over workers, red in plain sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.selftest import bench

from .conftest import text_of

SHAPE = "mlcommons.tensor-shape-wrong"
FEW = f"sound or {SHAPE} or mlcommons.tensor-lost"
CHOSEN = (f"| `{SHAPE}`", "| `mlcommons.tensor-lost`")
PAGE = Path(__file__).parents[2] / "docs" / "kill-matrix.md"
SPOILT = """
from dataclasses import replace
import pytest_polarsearch.selftest.bench as bench

sound = bench.all_checks

def spoilt():
    found = dict(sound())
    one = "predict.embedding-shape"
    return {**found, one: replace(found[one], body=lambda ctx: None)}

bench.all_checks = spoilt
"""


@pytest.mark.parametrize("how", [(), ("-p", "xdist", "-n", "2")], ids=["one process", "two workers"])
def test_it_proves_each_fault(run, how, tmp_path):
    """A test for the sound run and one for each chosen fault pass, are counted, and give lines of the published matrix,
    in one process and in two."""
    result = run("--polarsearch-selftest", "-k", FEW, "--polarsearch-report", str(tmp_path / "out"), *how)
    assert result.ret == 0, text_of(result)
    assert result.parseoutcomes()["passed"] == 3
    result.stdout.fnmatch_lines(["2 faults, * pairs of a fault and a check that it turns red"])
    assert "warning" not in result.stdout.str().lower()
    published = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(CHOSEN)]
    written = (tmp_path / "out" / "kill-matrix.md").read_text("utf-8")
    assert written.splitlines()[-len(published) :] == published
    assert f"{len(all_checks())} checks, 2 faults, {len(published)} pairs" in written


def test_a_folder_that_cannot_be_made_is_named(run, tmp_path):
    """With its option, before anything is judged."""
    (tmp_path / "taken").write_text("")
    result = run("--polarsearch-selftest", "--polarsearch-report", str(tmp_path / "taken" / "out"))
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--polarsearch-report *out cannot be made (Not a directory), where kill-matrix.md*"])


@pytest.fixture
def spoiling(pytester, monkeypatch):
    """Spoils the check of one requirement for runs of this test, and for no other's."""
    monkeypatch.setattr(bench, "all_checks", bench.all_checks)
    return pytester.makeconftest


def test_a_check_that_cannot_fail_is_named(spoiling, run):
    """A spoilt check turns the run red; the reader sees one sentence with fault and check, and no traceback."""
    spoiling(SPOILT)
    result = run("--polarsearch-selftest", "-k", SHAPE)
    assert result.ret == 1, text_of(result)
    result.stdout.fnmatch_lines([f"{SHAPE} did not turn predict.embedding-shape red"])
    assert "Traceback" not in text_of(result)
    assert "prove_fault" not in text_of(result)


def test_a_check_that_is_red_without_a_fault_is_named(spoiling, run):
    """The sound run's test fails with the check and its reason."""
    spoiling(SPOILT.replace("lambda ctx: None", "lambda ctx: ctx.equal(1, 2, 'one')"))
    result = run("--polarsearch-selftest", "-k", "test_sound")
    assert result.ret == 1, text_of(result)
    result.stdout.fnmatch_lines(["predict.embedding-shape ends as fail without any fault: one: expected 2, found 1*"])


@pytest.mark.parametrize("option", ["--polarsearch", "--polarsearch-host=127.0.0.1:9", "--polarsearch-budget=3"])
def test_it_takes_no_target(run, option):
    """With an option that means another thing to do it ends with 4 and names that option."""
    result = run("--polarsearch-selftest", option)
    assert result.ret == 4
    assert f"on the built-in emulator and mock; leave out {option.partition('=')[0]}\n" in result.stderr.str()
