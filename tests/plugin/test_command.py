"""The command `pytest-polarsearch`, in this process where no signal is needed."""

from __future__ import annotations

import json

import pytest

from pytest_polarsearch.cli import main
from pytest_polarsearch.requirements.registry import load

from .conftest import ML, PLAIN_KEY

MARKED = "x connector (pytest-polarsearch run abcdefabcdef main 1)"
BODY = {
    "name": MARKED, "version": "1", "protocol": "http", "credential": {"api_key": PLAIN_KEY},
    "actions": [{"action_type": "predict", "method": "POST", "url": "http://127.0.0.1:9/x", "request_body": "{}"}],
}  # fmt: skip
TRUST = {"persistent": {"plugins.ml_commons.trusted_connector_endpoints_regex": ["^http://127.0.0.1:9/.*$"]}}


@pytest.fixture
def littered(serve):
    """A cluster with one connector of a run that is gone, and one of somebody else."""
    served = serve()
    served.ask("PUT", "/_cluster/settings", TRUST)
    for name in (MARKED, "somebody's connector"):
        assert served.ask("POST", f"{ML}/connectors/_create", {**BODY, "name": name}).status_code == 200
    return served


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_requirements_are_printed_as_a_table(capsys, lang):
    """One line a requirement, in either language."""
    assert main(["requirements", "--lang", lang]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(load()) + 2
    assert all(row.sentence(lang) in line for row, line in zip(load().values(), lines[2:], strict=True))


def test_the_requirements_are_printed_as_json(capsys):
    """For machines: every field of every row."""
    assert main(["requirements", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == list(load())


def test_sweep_removes_a_named_run(littered, capsys, tmp_path):
    """Only what bears the run's mark goes, and each thing is named."""
    arguments = ["sweep", "--host", littered.polarsearch, "--journal", str(tmp_path), "--run-id", "abcdefabcdef"]
    assert main([*arguments, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "would remove connector" in told
    assert told.endswith("would remove 1\n")
    assert main([*arguments, "--dry-run", "--lang", "zh"]) == 0
    assert capsys.readouterr().out.endswith("将删除 1\n")
    assert len(littered.resources()["connectors"]) == 2
    assert main(arguments) == 0
    assert "removed 1 of 1" in capsys.readouterr().out
    assert littered.resources()["connectors"] == ["somebody's connector"]


def test_sweep_takes_what_is_old_enough(littered, capsys, tmp_path):
    """--older-than spares what is younger, as runs that still go on."""
    arguments = ["sweep", "--host", littered.polarsearch, "--journal", str(tmp_path), "--older-than"]
    assert main([*arguments, "1h"]) == 0
    told = capsys.readouterr().out
    assert "removed 0 of 0" in told
    assert "is younger than 3600 s" in told
    assert main([*arguments, "0s"]) == 0
    assert littered.resources()["connectors"] == ["somebody's connector"]


def test_sweep_says_what_stays(serve, capsys, tmp_path):
    """What cannot be removed is named, and the exit status is 1."""
    served = serve("--fault", "deleted-connector-stays")
    served.ask("PUT", "/_cluster/settings", TRUST)
    served.ask("POST", f"{ML}/connectors/_create", BODY)
    arguments = ["sweep", "--host", served.polarsearch, "--journal", str(tmp_path), "--run-id", "abcdefabcdef"]
    assert main(arguments) == 1
    assert "left: connector" in capsys.readouterr().out


def test_sweep_takes_the_address_from_the_environment(littered, capsys, tmp_path, monkeypatch):
    """The same variables as a run has."""
    monkeypatch.setenv("POLARSEARCH_HOST", littered.polarsearch)
    assert main(["sweep", "--journal", str(tmp_path), "--older-than", "0s", "--dry-run"]) == 0
    assert "would remove connector" in capsys.readouterr().out


def test_check_is_pytest_with_the_suite(pytester, monkeypatch):
    """`check` gives its arguments to pytest, and pytest's exit status back."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    assert main(["check", "-p", "polarsearch", "-q", "-k", "connectors.id-form"]) == 0
    assert main(["check", "-p", "polarsearch", "-q", "-k", "no_such"]) == pytest.ExitCode.NO_TESTS_COLLECTED
