"""Conformance runs: what they judge, what they print, what their exit status says."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from pytest_polarsearch.judging.diagnosis import causes

from .conftest import ACCOUNT, ALONE, ML, PLAIN_KEY, serving, text_of

ONE = "connectors.read-back"
NODE = f"polarsearch::test_requirement[{ONE}]"
NO_TRUST = {"plugins.ml_commons.trusted_connector_endpoints_regex": ["^http://elsewhere/.*$"]}


@pytest.mark.parametrize(
    "engine", [["--polarsearch-engine", "2.19"], ["--polarsearch-nodes", "2"], ["--polarsearch-engine", "3.4"]]
)
def test_the_built_in_servers_hold_what_is_required(run, engine):
    """Every engine on one node and on two, in an empty folder, without a warning."""
    result = run("--polarsearch", "-q", *engine)
    assert result.ret == 0, text_of(result)
    told = result.stdout.str()
    judged = re.search(r"judged (\d+) of (\d+) requirements", told)
    assert int(judged[1]) >= 40
    assert "warning" not in told.lower()
    assert result.stderr.str() == ""


def test_the_header_says_what_is_judged(run):
    """Target, where it comes from, who answered, and the model service: one line."""
    result = run("--polarsearch", "-k", ONE)
    header = [line for line in result.stdout.lines if line.startswith("polarsearch:")]
    assert len(header) == 1
    assert re.match(
        r"polarsearch: cluster http://127\.0\.0\.1:\d+ \(built-in emulator 3\.3\), opensearch 3\.3\.\d+; "
        r"model service http://127\.0\.0\.1:\d+ \(built-in mock\)$",
        header[0],
    )


def test_the_suite_runs_when_a_target_stands_on_the_line(run, plain):
    """`pytest --polarsearch-host …` in any folder is a conformance run; -k and --polarsearch-allow-settings work."""
    result = run("--polarsearch-host", plain.polarsearch, "--polarsearch-allow-settings", "-k", ONE)
    assert result.ret == 0, text_of(result)
    assert "(command line --polarsearch-host)" in result.stdout.str()
    result.assert_outcomes(passed=1, deselected=result.parseoutcomes()["deselected"])


def test_a_target_does_not_bring_the_suite_where_tests_are_named(pytester, run, plain):
    """Whoever runs his own tests against a cluster gets his own tests."""
    pytester.makepyfile(test_mine="def test_it(polarsearch_client): polarsearch_client.info()")
    run("--polarsearch-host", plain.polarsearch, "test_mine.py").assert_outcomes(passed=1)


def test_the_suite_runs_beside_named_tests(pytester, run):
    """--polarsearch with paths runs both."""
    pytester.makepyfile(test_mine="def test_it(): pass")
    result = run("--polarsearch", "test_mine.py", "-k", f"test_it or {ONE}")
    assert result.parseoutcomes()["passed"] == 2, text_of(result)


@pytest.mark.parametrize("arguments", [[NODE], ["--polarsearch", NODE]])
def test_a_requirement_is_selected_by_its_node_id(run, arguments):
    """What a failure prints can be pasted after `pytest`."""
    result = run(*arguments)
    assert result.ret == 0, text_of(result)
    result.assert_outcomes(passed=1)


def test_workers_share_a_run(run, plain):
    """-n 2: the same verdicts, and nothing is left on the cluster."""
    before = plain.resources(), plain.persistent()
    both = ("--polarsearch-host", plain.polarsearch, "--polarsearch-allow-settings")
    result = run("-p", "xdist", "-n", "2", *both, "-k", "settings or teardown or embedding")
    assert result.ret == 0, text_of(result)
    assert re.search(r"judged \d{2,} of", result.stdout.str())
    assert (plain.resources(), plain.persistent()) == before


def test_workers_share_the_built_in_servers_options(run):
    """-n 2 without a cluster: each worker has servers of its own."""
    result = run("-p", "xdist", "-n", "2", "--polarsearch", "-k", "connectors")
    assert result.ret == 0, text_of(result)
    assert result.parseoutcomes()["passed"] >= 10


def test_a_folder_with_the_same_names_is_no_obstacle(pytester, run):
    """The user's own mock_server/ and conftest.py stay the user's."""
    pytester.mkpydir("mock_server")
    pytester.mkpydir("suite")
    pytester.makeconftest("import mock_server\nassert 'pytest_polarsearch' not in mock_server.__file__")
    result = run("--polarsearch", "-k", ONE)
    assert result.ret == 0, text_of(result)


def test_it_is_found_by_itself(pytester):
    """Installed beside other plugins nothing needs to be named."""
    result = pytester.runpytest_subprocess("--polarsearch", "-k", ONE)
    assert result.ret == 0, text_of(result)


def test_an_empty_selection_is_not_green(run):
    """-k that fits nothing: pytest's own exit status 5."""
    assert run("--polarsearch", "-k", "no_such_requirement").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_run_that_judged_nothing_is_not_green(run, plain):
    """Everything skipped is exit status 5 too: nobody may take it for a pass."""
    result = run("--polarsearch-host", plain.polarsearch, "-k", "covers-whole-url")
    assert result.parseoutcomes().get("passed", 0) == 0, text_of(result)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_what_is_not_judged_says_why(run, plain):
    """The reason names the option to give."""
    result = run("--polarsearch-host", plain.polarsearch, "-k", "covers-whole-url", "-rs")
    assert "give --polarsearch-allow-settings" in result.stdout.str()


def test_chinese_is_a_language_of_the_report(run):
    """--polarsearch-lang zh: the summary in Chinese."""
    result = run("--polarsearch", "--polarsearch-lang", "zh", "-k", ONE)
    assert "PolarSearch 一致性" in result.stdout.str()
    assert "条要求,已判定 1 条" in result.stdout.str()


def test_settings_come_from_ini_and_environment_too(pytester, run, plain, monkeypatch):
    """The same names in every place; the header says which it was."""
    pytester.makeini(f"[pytest]\npolarsearch = true\npolarsearch_host = {plain.polarsearch}")
    assert "(ini key polarsearch_host)" in run("-k", ONE).stdout.str()
    pytester.makeini("[pytest]")
    monkeypatch.setenv("POLARSEARCH_HOST", plain.polarsearch)
    assert "(environment variable POLARSEARCH_HOST)" in run("--polarsearch", "-k", ONE).stdout.str()


def test_a_real_service_is_judged_where_a_cluster_is_built_in(run, guarded, monkeypatch):
    """The vendor's set-up: the emulator calls the given address, with the key of the environment."""
    monkeypatch.setenv("YOUR_API_KEY", PLAIN_KEY)
    result = run("--polarsearch-endpoint", guarded.dashscope, "-k", "predict or connectors")
    assert result.ret == 0, text_of(result)
    assert f"model service {guarded.dashscope} (from command line --polarsearch-endpoint)" in result.stdout.str()
    assert PLAIN_KEY not in text_of(result)


def test_the_guides_set_up_leaves_no_trace(run, guarded, monkeypatch):
    """Real cluster over https with an account, real service with a key: green, and everything is as it was."""
    monkeypatch.setenv("USER_PASSWORD", guarded.user + ":" + guarded.auth[1])
    monkeypatch.setenv("YOUR_API_KEY", PLAIN_KEY)
    before = guarded.resources(), guarded.persistent()
    result = run(
        "--polarsearch-host", guarded.polarsearch.removeprefix("https://"), "--polarsearch-ca", guarded.ca,
        "--polarsearch-endpoint", guarded.dashscope, "--polarsearch-allow-settings",
    )  # fmt: skip
    assert result.ret == 0, text_of(result)
    assert (guarded.resources(), guarded.persistent()) == before
    assert guarded.auth[1] not in text_of(result)


def test_not_verifying_is_said_aloud(run, guarded, monkeypatch):
    """--polarsearch-insecure stands in the header."""
    monkeypatch.setenv("USER_PASSWORD", guarded.user + ":" + guarded.auth[1])
    result = run("--polarsearch-host", guarded.polarsearch, "--polarsearch-insecure", "-k", "id-form")
    assert "certificate NOT verified" in result.stdout.str()


# --- what a failure shows ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def broken():
    """A cluster that shows credentials, with an account, beside a service that takes one key."""
    faults = ("--fault", "credential-in-get", "--fault", "connector-read-back-changed")
    with serving(*faults, "--user", ACCOUNT, "--api-key", PLAIN_KEY) as served:
        yield served


@pytest.fixture
def red(run, broken, monkeypatch):
    """Runs two requirements of which both are broken, with an account and a key."""
    monkeypatch.setenv("USER_PASSWORD", ACCOUNT)
    monkeypatch.setenv("YOUR_API_KEY", PLAIN_KEY)

    def red(*arguments):
        return run(
            "--polarsearch-host", broken.polarsearch, "--polarsearch-endpoint", broken.dashscope,
            "--polarsearch-allow-settings", "-k", "credential-hidden-in-get or connectors.read-back", *arguments,
        )  # fmt: skip

    return red


def test_a_failure_tells_its_story(red):
    """The sentence, its source, expected, actual, the exchange, and how to repeat it; no traceback, no secret."""
    result = red("--polarsearch-level", "should")
    told = text_of(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.parseoutcomes()["failed"] == 2, told
    for word in ("source: ", "looked at: ", "expected: ", "actual: ", "exchange:", "to repeat it:", "curl -sS --user"):
        assert word in told
    assert "Traceback" not in told
    assert "conformance.py:" not in told
    assert PLAIN_KEY not in told
    assert ACCOUNT.partition(":")[2] not in told
    assert '"api_key": "${YOUR_API_KEY}"' in told
    assert '--user "$USER_PASSWORD"' in told


def test_a_broken_should_warns(red):
    """By default only a MUST fails the run; the SHOULD is counted as warned."""
    result = red("-rw")
    assert result.parseoutcomes()["failed"] == 1, text_of(result)
    assert result.parseoutcomes()["warned"] == 1


def test_the_first_failure_can_end_the_run(red):
    """-x."""
    outcomes = red("-x", "--polarsearch-level", "should").parseoutcomes()
    assert outcomes["failed"] == 1
    assert outcomes.get("passed", 0) == 0


def test_junit_gets_the_story_without_secrets(red, pytester):
    """--junitxml: one case a requirement, the failure's text inside."""
    red("--junitxml", "report.xml", "--polarsearch-level", "should")
    text = (pytester.path / "report.xml").read_text()
    cases = ET.fromstring(text).findall(".//testcase")
    assert len(cases) == 2
    assert all("expected: " in case.find("failure").text for case in cases)
    assert PLAIN_KEY not in text


def test_the_last_failed_are_run_again(pytester, broken, monkeypatch):
    """--lf repeats what was red."""
    monkeypatch.setenv("USER_PASSWORD", ACCOUNT)
    line = [one for one in ALONE if one not in ("-p", "no:cacheprovider", "polarsearch")]
    arguments = [*line, "-p", "polarsearch", "--polarsearch-host", broken.polarsearch, "--polarsearch-allow-settings"]
    pytester.runpytest_subprocess(*arguments, "-k", "connectors")
    again = pytester.runpytest_subprocess(*arguments, "--lf")
    assert again.parseoutcomes()["failed"] == 1, text_of(again)
    assert again.parseoutcomes().get("passed", 0) == 0


def test_a_broken_foundation_gives_one_red_and_a_grey_tail(run, serve):
    """What stands on a connector that cannot be made is blocked, not failed."""
    served = serve("--fault", "chat-connector-refused")
    result = run(
        "--polarsearch-host", served.polarsearch, "--polarsearch-allow-settings", "-k", "chat or deploy", "-rs"
    )
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] == 1, text_of(result)
    assert "blocked: " in result.stdout.str()
    assert "errors" not in outcomes


def test_what_could_not_be_removed_fails_a_green_run(pytester, run, serve):
    """The summary names it, the exit status is 1, and the hook hears of it."""
    served = serve("--fault", "deleted-connector-stays")
    pytester.makeconftest("def pytest_polarsearch_leaked(config, left):\n    print('HEARD', len(left), left[0][:9])\n")
    result = run("--polarsearch-host", served.polarsearch, "--polarsearch-allow-settings", "-k", "id-form", "-s")
    assert result.ret == pytest.ExitCode.TESTS_FAILED, text_of(result)
    assert "LEFT BEHIND" in result.stdout.str()
    assert f"DELETE {ML}/connectors/" in result.stdout.str()
    assert re.search(r"HEARD \d connector", result.stdout.str())


@pytest.mark.parametrize(("keep", "kept"), [("always", True), ("on-failure", False)])
def test_resources_are_kept_where_that_is_wanted(run, serve, keep, kept):
    """--polarsearch-keep: named in the summary, and no failure."""
    served = serve()
    result = run(
        "--polarsearch-host", served.polarsearch, "--polarsearch-allow-settings", "--polarsearch-keep", keep, "-k", ONE
    )
    assert result.ret == 0, text_of(result)
    assert (served.resources()["connectors"] != []) is kept
    assert ("as --polarsearch-keep says" in result.stdout.str()) is kept


def test_what_an_administrator_must_send_is_said(run, serve):
    """The trusted list may not be changed: the failure shows the request that would change it."""
    served = serve()
    served.ask("PUT", "/_cluster/settings", {"persistent": NO_TRUST})
    result = run("--polarsearch-host", served.polarsearch, "-k", "guide-chat-created")
    told = text_of(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "an administrator must send:" in told
    assert "PUT _cluster/settings" in told
    assert "trusted_connector_endpoints_regex" in told
    assert f"first cause, of 1 broken requirement(s): {causes()['untrusted'].en}" in told
    assert served.persistent() == NO_TRUST
