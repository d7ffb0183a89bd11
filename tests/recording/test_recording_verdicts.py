"""Live and replayed verdicts of one run are the same, whatever the target was like."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.cli import main
from pytest_polarsearch.judging.verdicts import Judgement, Verdict
from pytest_polarsearch.recording.bench import Terms, judge_recording
from pytest_polarsearch.recording.findings import known_pairs
from pytest_polarsearch.recording.reading import read_recording
from pytest_polarsearch.requirements.registry import load
from pytest_polarsearch.selftest import judge_under

from ..plugin.conftest import (  # noqa: F401  fixtures
    PLAIN_KEY,
    clean_environment,
    guarded,
    run,
    serve,
    text_of,
)
from ..unit.standins import settings

#: Faults that act in every way there is: answers, states that never come, lost connections, the mock, the models.
FAULTS = (
    "mlcommons.never-deployed", "mlcommons.credential-in-get", "mlcommons.deployed-model-deleted",
    "mlcommons.chat-connector-refused", "mlcommons.quotes-lost", "mlcommons.settings-not-acknowledged",
    "dashscope.shuffled-rows", "dashscope.forced-base64",
)  # fmt: skip


def essence(judged: Judgement) -> tuple[object, ...]:
    """All that a judgement says, and what it shows."""
    shown = [(one.method, one.path, one.request_body, one.status, one.body, one.trouble) for one in judged.exchanges]
    said = (judged.looked_at, judged.expected, judged.actual, *judged.notes, *judged.left)
    return judged.verdict, judged.code, judged.why, *said, *shown


def live_and_replayed(file: Path, fault: str | None, **options: str) -> tuple[dict[str, object], dict[str, object]]:
    """The essence of every judgement of a run, and of its recording."""
    victims = [one for one, check in all_checks().items() if fault is None or fault in check.killed_by]
    neighbours = [one for one in all_checks() if one.startswith(("teardown.", "connectors.guide"))]
    only = victims if fault is None else {*victims, *neighbours}
    live = judge_under(settings(record=str(file), **options), fault, sorted(only))
    recording = read_recording(file)
    assert recording.missing == []
    replayed = {row.id: essence(judged) for row, judged in judge_recording(recording, known_pairs())}
    return {one: essence(judged) for one, judged in live.items()}, replayed


@pytest.mark.parametrize("engine", ["2.19", "3.3", "3.4"])
def test_a_sound_run_is_judged_the_same_again(tmp_path, engine):
    """Every check of every engine: verdict, words, notes, and what is left."""
    live, replayed = live_and_replayed(tmp_path / "run.rec", None, engine=engine)
    assert replayed == live
    assert len(live) > 200


@pytest.mark.parametrize("fault", FAULTS)
def test_a_red_run_is_judged_the_same_again(tmp_path, fault):
    """Also where a state is waited for in vain, a model cannot be made, or the mock is at fault."""
    live, replayed = live_and_replayed(tmp_path / "run.rec", fault)
    assert replayed == live
    assert any(found[0].value != "pass" for found in live.values())


def summary_of(text: str) -> list[str]:
    """The lines that count verdicts and say what was not judged, and why."""
    said = ("MUST ", "SHOULD ", "INFO ", "judged ", "not judged (")
    return [line for line in text.splitlines() if line.startswith(said)]


def test_a_run_against_real_addresses_is_judged_the_same_and_holds_no_secret(
    run, guarded, tmp_path, monkeypatch, capsys  # noqa: F811
):  # fmt: skip
    """Accounts, https, a service with a key of its own, workers: nothing secret is in the file."""
    monkeypatch.setenv("USER_PASSWORD", ":".join(guarded.auth))
    monkeypatch.setenv("YOUR_API_KEY", PLAIN_KEY)
    file = tmp_path / "run.rec"
    target = ("--polarsearch-host", guarded.polarsearch, "--polarsearch-ca", guarded.ca)
    service = ("--polarsearch-endpoint", guarded.dashscope, "--polarsearch-allow-settings")
    chosen = ("-k", "connectors or teardown or substitution or refusals or embeddings", "-p", "xdist", "-n", "2")
    result = run(*target, *service, *chosen, "--polarsearch-record", str(file))
    assert result.ret == 0, text_of(result)
    content = file.read_bytes()
    assert guarded.auth[1].encode() not in content
    assert PLAIN_KEY.encode() not in content
    assert b"$YOUR_API_KEY" in content
    capsys.readouterr()
    assert main(["judge", str(file)]) == 0
    told = capsys.readouterr().out
    assert summary_of(told) == summary_of(result.stdout.str())
    assert "judged otherwise" not in told
    assert "not whole" not in told


@pytest.mark.parametrize("engine", [("2.19", "--nodes", "1"), ("3.4", "--nodes", "2")], ids=["2.19", "3.4"])
def test_a_red_run_stays_red_and_says_the_same(run, serve, tmp_path, capsys, engine):  # noqa: F811
    """The exit status, every count, what was not judged and why, and the story of the failure, in Chinese too."""
    file = tmp_path / "run.rec"
    faults = ("tensor-lost", "credential-in-get", "settings-not-acknowledged")
    broken = serve("--engine", *engine, *(word for one in faults for word in ("--fault", one)))
    recorded = ("--polarsearch-allow-settings", "--polarsearch-record", str(file))
    chosen = ("-k", "one-tensor or connectors or settings or meaning or accounts")
    result = run("--polarsearch-host", broken.polarsearch, *chosen, *recorded)
    assert result.ret == 1, text_of(result)
    capsys.readouterr()
    assert main(["judge", str(file)]) == 1
    told = capsys.readouterr().out
    assert summary_of(told) == summary_of(result.stdout.str())
    assert " 3 fail" in told
    assert " warn" in told
    assert "judged otherwise" not in told
    assert "looked at: tensors for three texts" in told
    assert "looked at: tensors for three texts" in result.stdout.str()
    assert main(["judge", str(file), "--lang", "zh"]) == 1
    assert "检查对象: 三个文本所得的张量数" in capsys.readouterr().out


def test_a_requirement_of_a_newer_set_is_scored_where_that_set_is_asked_for(tmp_path):
    """What has entered since the run is shown only, as in a run, until it is judged by the set that scores it."""
    file, one = tmp_path / "run.rec", "connectors.credential-hidden-in-get"
    judge_under(settings(record=str(file)), "mlcommons.credential-in-get", [one])
    newer = [(replace(load()[one], since="2026.2"), all_checks()[one])]
    verdicts = [
        judged.verdict
        for terms in (Terms(), Terms(requirements="2026.1"), Terms(requirements="2026.2"))
        for _, judged in judge_recording(read_recording(file), newer, terms)
    ]
    assert verdicts == [Verdict.PROVISIONAL, Verdict.PROVISIONAL, Verdict.FAIL]


def test_a_recording_is_judged_by_a_named_set(tmp_path, capsys):
    """The set is an option, whose names are those of the run's."""
    file = tmp_path / "run.rec"
    judge_under(settings(record=str(file)), None, ["connectors.id-form"])
    assert main(["judge", str(file), "--requirements", "2026.1"]) == 0
    assert "1 pass" in capsys.readouterr().out
    assert main(["judge", str(file), "--requirements", "1999.1"]) == 4
    assert "'1999.1' is not possible; it takes one of 2026.1" in capsys.readouterr().err


def test_a_recording_is_judged_at_another_level(tmp_path, capsys):
    """What was a warning fails where SHOULD counts."""
    file = tmp_path / "run.rec"
    judge_under(settings(record=str(file)), "mlcommons.tensor-shape-wrong", ["predict.embedding-shape"])
    level = {row.id: row.level for row, _ in known_pairs()}["predict.embedding-shape"]
    assert level == "SHOULD"
    assert main(["judge", str(file)]) == 0
    assert "1 warn" in capsys.readouterr().out
    assert main(["judge", str(file), "--level", "should"]) == 1


def test_a_ledger_settles_recorded_verdicts(tmp_path, capsys):
    """What the target's owner has declared is no finding of a recording either."""
    file, ledger = tmp_path / "run.rec", tmp_path / "deviations.toml"
    judge_under(settings(record=str(file)), "mlcommons.credential-in-get", ["connectors.credential-hidden-in-get"])
    ledger.write_text(
        "version = 1\n[[deviation]]\n"
        'id = "connectors.credential-hidden-in-get"\nkind = "known-failing"\nreason = "we know"\n'
        "expiry = 2999-01-01\n"
    )
    assert main(["judge", str(file)]) == 1
    assert main(["judge", str(file), "--deviations", str(ledger)]) == 0
    assert "as declared in this run: 1" in capsys.readouterr().out
