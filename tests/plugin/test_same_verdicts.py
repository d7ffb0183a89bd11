"""The same target gets the same verdicts: run after run, by many workers, in any order, with accounts and without."""

from __future__ import annotations

import functools
import json
import random
from pathlib import Path

import pytest

from .conftest import ACCOUNT, ALONE, READER, serving, text_of

#: Collects verdicts of the run, from workers too, and brings its tests into another order where that is asked for.
PLUGIN = """
import json, os, pathlib, random
ROWS = {}
def pytest_collection_modifyitems(items):
    if os.environ.get("ORDER"):
        items.sort(key=lambda item: item.nodeid)
        random.Random(os.environ["ORDER"]).shuffle(items)
def pytest_runtest_logreport(report):
    row = getattr(report, "polarsearch", None)
    if row:
        ROWS[row["id"]] = [row["verdict"], row["code"]]
def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        pathlib.Path("verdicts.json").write_text(json.dumps(ROWS))
"""


@pytest.fixture
def verdicts(pytester, run, monkeypatch):
    """Runs the suite and gives verdict and code of each requirement; the run must be green, also at SHOULD."""
    pytester.makepyfile(verdict_collector=PLUGIN)  # hooks of a conftest do not reach a suite that lies elsewhere
    pytester.syspathinsert()
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))  # for workers

    def judged(*arguments: str) -> dict[str, list[str]]:
        # pytest-xdist remembers sys.path from when it was imported: its workers need a process that begins with ours
        runs = functools.partial(pytester.runpytest_subprocess, *ALONE) if "-n" in arguments else run
        result = runs("--polarsearch", "--polarsearch-level", "should", "-q", "-p", "verdict_collector", *arguments)
        assert result.ret == 0, text_of(result)
        found = json.loads(Path("verdicts.json").read_text(encoding="utf-8"))
        assert len(found) > 200
        assert all(verdict == "pass" or code for verdict, code in found.values())
        return found

    return judged


def test_the_same_again_by_workers_and_in_any_order(verdicts, monkeypatch):
    """Twice, with -n 4, and in two random orders: every verdict is the same."""
    first = verdicts()
    assert verdicts("-p", "xdist", "-n", "4") == first
    for seed in random.Random(7).sample(range(1000), 2):
        monkeypatch.setenv("ORDER", str(seed))
        assert verdicts() == first


@pytest.mark.parametrize("engine", ["2.19", "3.3", "3.4"])
@pytest.mark.parametrize("nodes", ["1", "2"])
def test_accounts_change_no_verdict(verdicts, monkeypatch, engine, nodes):
    """Each engine is green with accounts; what is not judged has a reason for machines; nothing is skipped silently."""
    monkeypatch.setenv("USER_PASSWORD", ACCOUNT)
    monkeypatch.setenv("POLARSEARCH_READER", READER)
    found = verdicts("--polarsearch-engine", engine, "--polarsearch-nodes", nodes)
    assert {verdict for verdict, _ in found.values()} <= {"pass", "not-applicable"}
    assert {one for one, (verdict, _) in found.items() if one.startswith("accounts.") and verdict != "pass"} == set()


def test_without_accounts_their_requirements_are_named(verdicts):
    """Not judged, and why: the capability that is not there."""
    found = verdicts("-k", "not nothing")
    codes = {tuple(judged) for one, judged in found.items() if one.startswith("accounts.")}
    assert codes == {("not-applicable", "capability:accounts"), ("not-applicable", "capability:reader")}


def test_a_real_cluster_is_asked_as_a_reader(run, monkeypatch):
    """https, accounts and a reader of its own: the account that may do nothing is refused as recorded."""
    monkeypatch.setenv("USER_PASSWORD", ACCOUNT)
    monkeypatch.setenv("POLARSEARCH_READER", READER)
    with serving("--tls", "--user", ACCOUNT, "--reader", READER) as served:
        target = ("--polarsearch-host", served.polarsearch, "--polarsearch-ca", served.ca)
        result = run(*target, "--polarsearch-allow-settings", "-q", "-k", "accounts")
    assert result.ret == 0, text_of(result)
    assert result.parseoutcomes()["passed"] == 7
    assert "the body is looked at first" in text_of(result)


def test_a_reader_that_may_everything_is_found_out(run, monkeypatch):
    """The failure names the action; the script asks as the reader, by the variable and not by the password."""
    monkeypatch.setenv("USER_PASSWORD", ACCOUNT)
    monkeypatch.setenv("POLARSEARCH_READER", ACCOUNT)
    with serving("--user", ACCOUNT) as served:
        result = run(
            "--polarsearch-host", served.polarsearch, "--polarsearch-allow-settings", "-q", "-k", "reader-predict"
        )
    told = text_of(result)
    assert result.ret == 1
    assert "expected: HTTP 403" in told
    assert '--user "$POLARSEARCH_READER"' in told
    assert ACCOUNT.partition(":")[2] not in told


def test_a_reader_in_another_form_is_refused(run, monkeypatch):
    """A usage error that names the variable and not its value."""
    monkeypatch.setenv("POLARSEARCH_READER", "without-password")
    result = run("--polarsearch")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "POLARSEARCH_READER must have the form user:password" in text_of(result)
    assert "without-password" not in text_of(result)
