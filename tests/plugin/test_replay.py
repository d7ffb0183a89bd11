"""`--polarsearch-replay ID`: one requirement judged again, live, with what a recording has of it."""

from __future__ import annotations

import json

import pytest

from .conftest import run, serve, serving, text_of  # noqa: F401

LOST = "substitution.quotes-survive"


@pytest.fixture(scope="module")
def broken():
    """A cluster that loses quotes."""
    with serving("--fault", "mlcommons.quotes-lost") as served:
        yield served


@pytest.fixture(scope="module")
def recording(broken, tmp_path_factory):
    """What a run against it recorded, of a few requirements."""
    from pytest_polarsearch.cli import main

    file = tmp_path_factory.mktemp("recorded") / "run.rec"
    main([
        "check", "-q", "-p", "no:cacheprovider", "--polarsearch-host", broken.polarsearch, "-k", "survive",
        "--polarsearch-allow-settings", "--polarsearch-record", str(file),
    ])  # fmt: skip
    return file


def again(recording, *more, wanted=LOST):
    """The options of a replay."""
    return "--polarsearch-replay", wanted, "--polarsearch-record", str(recording), *more


def test_a_failure_fails_again_with_the_same_requests(run, broken, recording):  # noqa: F811
    """It alone, at the recorded cluster without naming it; what was sent is what was recorded, and the file stays."""
    before = recording.read_bytes()
    result = run(*again(recording, "--polarsearch-allow-settings"))
    told = text_of(result)
    assert result.ret == 1, told
    result.assert_outcomes(failed=1)
    assert f"cluster {broken.polarsearch} (recording {recording}" in told
    assert "then fail, now fail" in told
    assert "requests were sent as they were recorded" in told
    assert recording.read_bytes() == before


def test_a_mended_target_passes(run, serve, recording):  # noqa: F811
    """A cluster that is named stands for the recorded one."""
    sound = serve()
    result = run(*again(recording, "--polarsearch-host", sound.polarsearch, "--polarsearch-allow-settings"))
    told = text_of(result)
    assert result.ret == 0, told
    result.assert_outcomes(passed=1)
    assert "then fail, now pass" in told
    assert "NOT a replay" not in told


def test_workers_replay_too_and_in_chinese(run, recording):  # noqa: F811
    """What a worker found is said by the controller."""
    result = run(
        *again(recording, "--polarsearch-lang", "zh", "-p", "xdist", "-n", "1", "--polarsearch-allow-settings")
    )
    assert "当时 fail,现在 fail" in text_of(result)


def test_what_this_version_asks_otherwise_is_no_replay(run, serve, recording, tmp_path):  # noqa: F811
    """It is said, and the run does not end well even where the requirement holds."""
    other = tmp_path / "other.rec"
    other.write_text(recording.read_text().replace("he said", "she said"))
    sound = serve()
    result = run(*again(other, "--polarsearch-host", sound.polarsearch, "--polarsearch-allow-settings"))
    told = text_of(result)
    assert result.ret == 1
    result.assert_outcomes(passed=1)
    assert "NOT a replay: 1 requests are not in the recording" in told
    assert "_predict" in told.partition("NOT a replay")[2]


def test_the_engine_of_a_built_in_cluster_is_the_recorded_one(run, tmp_path):  # noqa: F811
    """Where the run had its own emulator, the replay has one like it."""
    file = tmp_path / "run.rec"
    run("--polarsearch", "--polarsearch-engine", "2.19", "-k", "connectors.id-form", "--polarsearch-record", str(file))
    result = run(*again(file, wanted="connectors.id-form"))
    assert result.ret == 0
    assert "opensearch 2.19" in text_of(result)


REFUSED = {
    "an unknown id": (["substitution.quote-survives"], "did you mean substitution.quotes-survive?"),
    "another requirement": (["chat.finish-reason"], "requirements and not chat.finish-reason"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_replayed_is_told(run, recording, case):  # noqa: F811
    """One sentence that names what is there, or what comes nearest."""
    [wanted], words = REFUSED[case]
    result = run(*again(recording, wanted=wanted))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in text_of(result)


def test_a_replay_needs_a_recording(run, tmp_path):  # noqa: F811
    """None named, none there, or a file that is none: each says what to give."""
    stream = tmp_path / "run.ndjson"
    stream.write_text(json.dumps({"event": "run", "format": 1}) + "\n")
    for arguments, words in (
        (("--polarsearch-replay", LOST), "name it with --polarsearch-record FILE"),
        (again(tmp_path / "missing.rec"), "missing.rec cannot be read"),
        (again(stream), "is no recording of a run"),
    ):
        result = run(*arguments)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert words in text_of(result)
