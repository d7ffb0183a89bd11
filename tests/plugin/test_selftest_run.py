"""The self-test as a pytest run: a test for each fault, alone or over workers, red in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from polarsearch_mock import Reply, ThreadedServer

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.selftest import bench

from .conftest import ACCOUNT, text_of

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
    result.stdout.fnmatch_lines(["predict.embedding-shape ends as warn without any fault: one: expected 2, found 1*"])


@pytest.mark.parametrize("option", ["--polarsearch", "--polarsearch-record=there", "--polarsearch-budget=3"])
def test_it_does_nothing_else(run, option):
    """With an option that means another thing to do it ends with 4 and names that option."""
    result = run("--polarsearch-selftest", option)
    assert result.ret == 4
    assert f"and the target not at all; leave out {option.partition('=')[0]}\n" in result.stderr.str()


def test_it_runs_on_a_target_of_the_users_own(guarded, run, monkeypatch):
    """On a cluster with https and accounts two workers prove faults through their proxies, and leave nothing on it."""
    monkeypatch.setenv("USER_PASSWORD", ACCOUNT)
    before = guarded.persistent(), guarded.resources()
    target = (f"--polarsearch-host={guarded.polarsearch}", f"--polarsearch-ca={guarded.ca}")
    result = run("--polarsearch-selftest", *target, "--polarsearch-allow-settings", "-k", FEW, "-p", "xdist", "-n", "2")
    assert result.ret == 0, text_of(result)
    assert result.parseoutcomes()["passed"] == 3
    result.stdout.fnmatch_lines(["* checks cannot be judged on this target, because no account without permissions *"])
    assert (guarded.persistent(), guarded.resources()) == before


@pytest.fixture
def misnamed(tmp_path) -> Iterator[tuple[str, str]]:
    """The address of a server whose certificate is for another name, and the file of its issuer."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca := tmp_path / "ca.pem")
    authority.issue_cert("other.invalid").private_key_and_cert_chain_pem.write_to_path(pem := tmp_path / "other.pem")
    with ThreadedServer(lambda _: Reply(200), tls=(str(pem), str(pem))) as server:
        yield server.url, str(ca)


def check_unusable(result, told):
    """It ended with 4 before any test, and said what is wrong with the target in one sentence."""
    assert result.ret == 4, text_of(result)
    assert told in result.stderr.str()
    assert "Traceback" not in text_of(result)
    assert "collected" not in result.stdout.str()


def test_a_target_where_nobody_listens_is_told(run):
    """The address is named, and that nothing listens there."""
    result = run("--polarsearch-selftest", "--polarsearch-host=http://127.0.0.1:9")
    check_unusable(result, "nothing listens on 127.0.0.1:9 (connection refused)")


def test_a_target_of_an_unknown_issuer_is_told(guarded, run):
    """Without its issuer's file nothing is sent to it, and the option for that file is named."""
    result = run("--polarsearch-selftest", f"--polarsearch-host={guarded.polarsearch}")
    check_unusable(result, "name its issuer with --polarsearch-ca FILE")


def test_a_target_of_another_name_is_told(misnamed, run):
    """A certificate for another name is refused though its issuer is trusted."""
    url, ca = misnamed
    result = run("--polarsearch-selftest", f"--polarsearch-host={url}", f"--polarsearch-ca={ca}")
    check_unusable(result, "is for another name (")


def test_a_service_that_this_machine_cannot_reach_is_named(run):
    """The proxy stands here: a service that only the cluster reaches is refused in one sentence."""
    result = run("--polarsearch-selftest", "--polarsearch-endpoint=127.0.0.1:9")
    assert result.ret == 4, text_of(result)
    assert "cannot reach the model service http://127.0.0.1:9 (nothing listens on 127.0.0.1:9" in result.stderr.str()


def test_a_proxy_that_the_cluster_cannot_reach_is_said(run, monkeypatch):
    """A cluster elsewhere needs an address of this machine, and the option is named."""
    result = run("--polarsearch-selftest", "--polarsearch-host=cluster.invalid", "--polarsearch-endpoint=127.0.0.1:9")
    assert result.ret == 4, text_of(result)
    assert "must reach the self-test's proxy" in result.stderr.str()
    assert "--polarsearch-advertise HOST[:PORT]" in result.stderr.str()
