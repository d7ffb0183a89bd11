"""The plugin in a run that does not use it, or only looks: it costs nothing and asks nobody."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest

from .conftest import text_of

HEAVY = ("httpx", "werkzeug", "hypothesis", "jsonpath_ng", "uvicorn", "asyncio", "polarsearch_mock", "ssl")
LISTING = """
import json, pathlib, sys

def pytest_unconfigure(config):
    pathlib.Path("modules.json").write_text(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture
def silent_host() -> Iterator[tuple[str, list[object]]]:
    """An address on this machine, and everybody who has ever connected to it."""
    visitors: list[object] = []
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            visitors.append(connection)
            connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", visitors
    over.set()
    thread.join()
    listener.close()


def modules_after(pytester, *arguments: str) -> set[str]:
    """What is loaded when a run without any other plugin ends."""
    pytester.makeconftest(LISTING)
    pytester.makepyfile("def test_it(): pass")
    result = pytester.runpytest_subprocess("--disable-plugin-autoload", "-p", "no:cacheprovider", *arguments)
    assert result.ret == 0, text_of(result)
    return set(json.loads((pytester.path / "modules.json").read_text()))


def test_a_run_that_does_not_use_it_loads_nothing_heavy(pytester):
    """At the end of the session the plugin has added two light modules of its own, and none of the libraries."""
    without = modules_after(pytester)
    added = modules_after(pytester, "-p", "polarsearch") - without
    assert {name for name in added if name.split(".")[0] in HEAVY} == set()
    assert {name for name in added if name.startswith("pytest_polarsearch")} == {
        "pytest_polarsearch", "pytest_polarsearch.plugin", "pytest_polarsearch.fixtures",
        "pytest_polarsearch.options", "pytest_polarsearch.hookspecs",
    }  # fmt: skip
    assert len(added) < 10, sorted(added)


def test_a_run_that_does_not_use_it_prints_nothing_of_it(pytester, run):
    """No header, no summary."""
    pytester.makepyfile("def test_it(): pass")
    result = run()
    result.assert_outcomes(passed=1)
    told = [
        line for line in result.stdout.lines if "polarsearch" in line and not line.startswith(("plugins:", "rootdir:"))
    ]
    assert told == []


LOOKING = {
    "--help": 0, "--version": 0, "--markers": 0, "--fixtures": 0, "--collect-only": 0, "--setup-plan": 0,
    "--fixtures-per-test": 0,
}  # fmt: skip


@pytest.mark.parametrize("option", LOOKING)
def test_looking_asks_no_cluster(run, silent_host, option):
    """With a cluster set and the suite wanted, options that only look connect to nobody."""
    address, visitors = silent_host
    result = run(option, "--polarsearch", "--polarsearch-host", address)
    assert result.ret == LOOKING[option], text_of(result)
    assert visitors == []
    assert "Traceback (most recent" not in text_of(result)


@pytest.mark.parametrize("option", ["--help", "--version"])
@pytest.mark.parametrize("wrong", [["--polarsearch-nodes", "9"], ["-o", "polarsearch_hots=x"]])
def test_help_works_with_a_broken_configuration(run, option, wrong):
    """Who asks for help is helped, whatever else is wrong."""
    assert run(option, *wrong).ret == 0


def test_help_lists_every_option_and_key(run):
    """Each row of the option table stands in --help, once as an option and once as an ini key."""
    from pytest_polarsearch.options import OPTIONS

    told = run("--help").stdout.str()
    for option in OPTIONS:
        assert option.flag in told
        assert f"{option.dest} (string)" in told or f"{option.dest} (" in told


def test_every_fixture_is_documented(run):
    """`pytest --fixtures` knows what each of ours is for."""
    lines = run("--fixtures").stdout.lines
    ours = [i for i, line in enumerate(lines) if line.startswith("polarsearch_")]
    assert len(ours) >= 9
    for i in ours:
        assert "no docstring available" not in lines[i + 1]
        assert lines[i + 1].strip().endswith(".") or lines[i + 2].strip()


def test_the_marker_is_documented(run):
    """Its signature and one sentence."""
    assert "@pytest.mark.polarsearch(*capabilities): skip" in run("--markers").stdout.str()


def test_collect_only_lists_requirements(run):
    """The ids of the suite are short, and the same on every machine."""
    result = run("--polarsearch", "--collect-only", "-q")
    assert "polarsearch::test_requirement[connectors.read-back]" in result.stdout.lines
    assert result.ret == 0


def test_setup_plan_makes_nothing(pytester, run, plain):
    """The fixtures are planned; nothing is made on the cluster."""
    pytester.makepyfile("def test_it(polarsearch_chat_model): raise RuntimeError")
    result = run("--setup-plan", "--polarsearch-host", plain.polarsearch, "test_setup_plan_makes_nothing.py")
    assert result.ret == 0
    assert "polarsearch_chat_model" in result.stdout.str()
    assert plain.resources() == {"models": [], "connectors": [], "model_groups": []}


def test_it_can_be_switched_off(pytester):
    """-p no:polarsearch: no options, no fixtures, no marker; everything else goes on."""
    pytester.makepyfile("def test_it(): pass")
    pytester.runpytest_subprocess("-p", "no:polarsearch").assert_outcomes(passed=1)
    refused = pytester.runpytest_subprocess("-p", "no:polarsearch", "--polarsearch")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    assert "--polarsearch" in refused.stderr.str()


def test_the_suite_says_so_when_it_is_run_without_the_plugin(pytester):
    """Whoever collects the suite by hand is told how to run it, whether the plugin is off or only not asked."""
    for off in (["-p", "no:polarsearch"], []):
        result = pytester.runpytest_subprocess(*off, "--pyargs", "pytest_polarsearch.suite")
        assert "runs with `pytest --polarsearch` only" in text_of(result)
        assert result.ret not in (0, 5)


EXIT = """
import atexit, gc, sys

atexit.register(lambda: sys.stderr.write(f"frozen at exit: {gc.get_freeze_count() > 0}\\\\n"))
"""


@pytest.mark.parametrize(("options", "frozen"), [(["--polarsearch", "--collect-only"], True), ([], False)])
def test_the_interpreter_ends_at_once_after_the_suite(pytester, options, frozen):
    """What lives at the end of the suite is not looked through on the way out; other runs end as they always did."""
    pytester.makeconftest(EXIT)
    pytester.makepyfile("def test_it(): pass")
    ran = pytester.runpytest_subprocess(*options)
    assert f"frozen at exit: {frozen}" in ran.stderr.str()
