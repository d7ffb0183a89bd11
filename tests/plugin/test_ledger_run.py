"""Runs with a ledger of deviations: outcomes, exit status, what is printed, and the first ledger."""

from __future__ import annotations

import pytest

from pytest_polarsearch.cli import main
from tests.targets.broken import SERVICES, serving

from .conftest import ALONE, text_of

GOOD = "connectors.read-back"
OWN = """
from pytest_polarsearch.checks.contract import Check, Failure
from pytest_polarsearch.requirements.registry import Requirement

def row(name):
    return Requirement("own." + name, "MUST", "It holds.", "成立。", "vendor", "us", "2026.1")

def broken(ctx):
    raise Failure("the colour", "red", "blue")

def harness(ctx):
    raise RuntimeError("ours")

def pytest_polarsearch_checks(config):
    return [(row(body.__name__), Check("own." + body.__name__, body, ())) for body in (broken, harness)]
"""


def entry(requirement, kind="known-failing", expiry="expiry = 2999-01-01"):
    """The text of an entry."""
    return f'[[deviation]]\nid = "{requirement}"\nkind = "{kind}"\nreason = "we know"\n{expiry}\n'


@pytest.fixture
def judged(pytester, run):
    """Runs own checks and one of the suite's with these entries in the ledger."""
    pytester.makeconftest(OWN)

    def judged(*entries, only=f"own.broken or {GOOD}", more=()):
        pytester.path.joinpath("ledger.toml").write_text("version = 1\n" + "".join(entries), encoding="utf-8")
        return run("--polarsearch", "--polarsearch-deviations", "ledger.toml", "-k", only, "-rA", *more)

    return judged


def test_a_declared_failure_does_not_fail_the_run(judged):
    """It is shown as xfailed with its reason, and counted beside the score."""
    result = judged(entry("own.broken"))
    assert result.ret == 0, text_of(result)
    assert result.parseoutcomes()["xfailed"] == 1
    result.stdout.fnmatch_lines(
        ["deviations declared: 1;*", "*known-failing: we know*the colour: expected red, found blue*"]
    )


def test_without_an_entry_it_fails(judged):
    """The ledger excuses nothing else."""
    assert judged().ret == pytest.ExitCode.TESTS_FAILED


def test_runxfail_shows_the_failure(judged):
    """pytest's option to ignore excuses ignores ours."""
    assert judged(entry("own.broken"), more=["--runxfail"]).ret == pytest.ExitCode.TESTS_FAILED


def test_an_error_of_the_kit_is_never_excused(judged):
    """A bug of a check says nothing of the target."""
    result = judged(entry("own.harness"), only="own.harness")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "xfailed" not in result.parseoutcomes()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (entry(GOOD), "unexpected-pass"),
        (entry(GOOD, "expected-skip", 'code = "capability:chat"'), "stale"),
        (entry(GOOD, "known-flaky", "expiry = 2020-01-01"), "expired on 2020-01-01"),
        (entry("connectors.read-bak"), "did you mean connectors.read-back?"),
        (entry("own.broken"), "already declared at"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_ledger_that_is_not_true_is_red(judged, wrong, words, lang):
    """File and line stand beside what is wrong."""
    result = judged(entry("own.broken"), wrong, more=["--polarsearch-lang", lang])
    told = text_of(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED, told
    assert "ledger.toml:7" in told
    words = words.replace("did you mean", "是否想写").replace("?", "?") if lang == "zh" else words
    if lang == "en" or words.startswith(("是否", "unexpected", "stale")):
        assert words in told


def test_what_did_not_run_is_not_stale(judged):
    """A selection leaves the other entries alone."""
    result = judged(entry("own.broken"), entry(GOOD), only="own.broken")
    assert result.ret == 0, text_of(result)
    assert "without a word from this run: 1" in result.stdout.str()


def test_workers_read_the_same_ledger(judged):
    """-n 2: the same verdicts and the same exit status."""
    result = judged(entry("own.broken"), more=["-p", "xdist", "-n", "2"])
    assert result.ret == 0, text_of(result)
    assert result.parseoutcomes()["xfailed"] == 1
    assert judged(entry("own.brokn"), only=GOOD, more=["-p", "xdist", "-n", "2"]).ret == 1


def test_a_ledger_with_a_mistake_is_wrong_use(judged):
    """Exit status 4, with the place, before anything is judged."""
    result = judged(entry("own.broken", "known-faling"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "ledger.toml:4: kind is 'known-faling'" in text_of(result)


def test_a_first_ledger_makes_the_next_run_green(pytester, judged, run, capsys, monkeypatch):
    """`deviations init` declares what fails; it writes over nothing."""
    pytester.makeconftest(OWN)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    command = ["deviations", "init", "first.toml", *ALONE[1:], "-k", f"own.broken or {GOOD}"]
    assert main(command) == 0
    assert "wrote 1 deviations" in capsys.readouterr().out
    result = run("--polarsearch", "--polarsearch-deviations", "first.toml", "-k", f"own.broken or {GOOD}")
    assert result.ret == 0, text_of(result)
    assert main(command) == 4
    assert "there already" in capsys.readouterr().err


def test_a_first_ledger_excuses_no_dishonesty(tmp_path, capsys, monkeypatch):
    """A target that is judged no further stays red whatever is declared: it is told, and no entry is written."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    path = tmp_path / "first.toml"
    with serving(SERVICES["echo"]()) as url:
        assert main(["deviations", "init", str(path), *ALONE[1:], "--polarsearch-endpoint", url, "-q"]) == 1
    told = capsys.readouterr().out
    assert "wrote 0 deviations" in told
    assert "no ledger excuses polarsearch::test_requirement[honesty.service-tells-nonsense]" in told
    assert "[[deviation]]" not in path.read_text("utf-8")


def test_a_first_ledger_has_a_place_before_the_run(tmp_path, capsys):
    """Its folder is made before anything is asked; where it cannot be, nothing is."""
    (tmp_path / "taken").touch()
    assert (
        main(["deviations", "init", str(tmp_path / "taken" / "first.toml"), "--polarsearch-host", "nowhere.invalid"])
        == 4
    )
    told = capsys.readouterr().err
    assert "deviations init" in told
    assert f"the folder {tmp_path / 'taken'} is not there and cannot be made (File exists)" in told
    assert main(["deviations", "init", str(tmp_path / "new" / "first.toml"), *ALONE[1:], "--collect-only", "-q"]) == 4
    assert "nothing was judged, so" in capsys.readouterr().err
    assert (tmp_path / "new").is_dir()
    assert not (tmp_path / "new" / "first.toml").exists()


def test_a_first_ledger_names_what_it_cannot_declare(pytester, capsys, monkeypatch):
    """An error of the kit is told, and the exit status is 1."""
    pytester.makeconftest(OWN)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    assert main(["deviations", "init", "first.toml", *ALONE[1:], "-k", "own.harness"]) == 1
    assert "no ledger excuses polarsearch::test_requirement[own.harness]" in capsys.readouterr().out
