"""What a run costs the model service: planned, counted, limited; and what was asked again is said."""

from __future__ import annotations

import re

import pytest
from polarsearch_mock import Reply

from docs.prices import KEY, counting, measured
from pytest_polarsearch.requirements.prices import load_prices, total
from pytest_polarsearch.requirements.registry import load
from tests.targets.broken import serving, sound_service

from .conftest import text_of

AGAIN = "write it again: python docs/prices.py"
PART = "embeddings or chat.role or connectors.read-back"


@pytest.fixture(autouse=True)
def key(monkeypatch, clean_environment) -> None:
    """The run has the counting service's key."""
    monkeypatch.setenv("YOUR_API_KEY", KEY)


def planned(result: pytest.RunResult) -> int:
    """The number of calls that the run announced."""
    return int(re.search(r"^plan: (\d+) calls", result.stdout.str(), re.MULTILINE)[1])


def test_the_prices_are_current():
    """Every check costs what `requirements/prices.toml` says."""
    found, written = measured(), load_prices()
    assert {one: price.calls for one, price in found.items()} == {one: price.calls for one, price in written.items()}, (
        AGAIN
    )
    apart = {one: (price.tokens, written[one].tokens) for one, price in found.items() if price != written[one]}
    drawn = {one for one in found if "random-examples" in load()[one].needs}  # others for another Hypothesis
    assert {one: both for one, both in apart.items() if one not in drawn or not 0.5 < both[0] / both[1] < 2} == {}, (
        AGAIN
    )


@pytest.mark.parametrize(
    "chosen",
    [
        [],
        ["-k", PART],
        ["polarsearch::test_requirement[connectors.read-back]"],
        ["--polarsearch-budget", "2000"],
        ["-k", "properties", "--polarsearch-budget", "2000", "--polarsearch-examples", "3", "--polarsearch-seed", "9"],
    ],
)
def test_what_is_announced_is_what_is_asked(run, chosen):
    """All, a part, one that costs nothing but the probe, and with random examples: the count at the service equals
    the plan."""
    with counting() as (service, url):
        result = run("--polarsearch-endpoint", url, "-q", *chosen)
    assert result.ret == 0, text_of(result)
    assert service.price.calls == planned(result)
    used = re.search(r"calls to the model service: (\d+) of the 2000 that --polarsearch-budget allows", text_of(result))
    assert bool(used) is ("2000" in chosen)
    assert used is None or int(used[1]) == service.price.calls  # what the cluster refused itself was no call


def test_a_real_clusters_refusals_are_counted_and_said(run, plain):
    """Beyond this process nobody sees which predicts leave the cluster: the count errs on the safe side, in words."""
    with counting() as (service, url):
        at = ("--polarsearch-host", plain.polarsearch, "--polarsearch-endpoint", url, "--polarsearch-allow-settings")
        result = run(*at, "-q", "-k", "unknown-algorithm-refused", "--polarsearch-budget", "99")
    told = text_of(result)
    assert result.ret == 0, told
    counted = service.price.calls + 1
    assert f"at most {counted} of the 99 that --polarsearch-budget allows; what this cluster asks" in told
    assert service.price.calls == planned(result)


def test_the_plan_names_each_price_when_asked(run):
    """With -v: calls and tokens of each requirement, before the first is judged."""
    with counting() as (_, url):
        result = run("--polarsearch-endpoint", url, "-v", "-k", "chat.role")
    told = result.stdout.str()
    price = load_prices()["chat.role-is-assistant"]
    line = f"  chat.role-is-assistant: {price.calls} calls, about {price.tokens} tokens"
    assert line in told
    assert told.index(line) < told.index("PASSED")
    whole = total(["chat.role-is-assistant", *(one for one in load_prices() if one.startswith("honesty."))])
    assert f"plan: {whole.calls} calls to the model service, about {whole.tokens} tokens" in told


def test_the_built_in_service_costs_nothing(run):
    """No plan where nothing real is asked."""
    assert "plan:" not in run("--polarsearch", "-q", "-k", "chat.role").stdout.str()


def test_workers_announce_once(run):
    """-n 2: one plan, from the controller, and the count is the same."""
    with counting() as (service, url):
        result = run("-p", "xdist", "-n", "2", "--polarsearch-endpoint", url, "-q", "-k", PART)
    assert result.ret == 0, text_of(result)
    assert service.price.calls == planned(result)
    assert result.stdout.str().count("plan:") == 1


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "2"]])
def test_a_budget_is_never_exceeded(run, workers):
    """What does not fit is not judged, and says so with its code; what was judged before stands."""
    with counting() as (service, url):
        result = run(*workers, "--polarsearch-endpoint", url, "--polarsearch-budget", "16", "-q", "-k", PART)
    told = text_of(result)
    assert result.ret == 0, told
    assert 10 <= service.price.calls <= 16
    assert "--polarsearch-budget allows 16 calls" in told
    assert re.search(r"not judged \(\d+\): not-applicable: --polarsearch-budget 16 does not allow", told)


def test_a_budget_of_nothing_judges_what_costs_nothing(run):
    """Not one call; connectors are judged all the same."""
    with counting() as (service, url):
        result = run("--polarsearch-endpoint", url, "--polarsearch-budget", "0", "-q", "-k", PART)
    assert result.ret == 0, text_of(result)
    assert service.price.calls == 0
    assert result.parseoutcomes()["passed"] == 1


def test_a_rate_is_said_and_kept_to(run):
    """The announcement names it; a generous rate lets everything pass."""
    with counting() as (_, url):
        result = run("--polarsearch-endpoint", url, "--polarsearch-rate", "5000", "-q", "-k", "chat.role")
    assert result.ret == 0, text_of(result)
    assert "--polarsearch-rate allows 5000 a second" in result.stdout.str()


@pytest.mark.parametrize(("name", "value"), [("budget", "-1"), ("budget", "x"), ("rate", "0"), ("rate", "fast")])
def test_a_limit_that_is_none_is_refused(run, name, value):
    """A usage error that names the option and what it takes."""
    result = run("--polarsearch", f"--polarsearch-{name}", value)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"command line --polarsearch-{name}: '{value}' is not possible; it takes" in text_of(result)


def test_what_held_only_when_asked_again_is_said(run):
    """A service that throttles every other request: green, with the retries counted in the summary."""
    service, count = sound_service(), []

    def throttling(request):
        count.append(request)
        return Reply(429, b"{}", (("retry-after", "0"),)) if len(count) % 2 else service(request)

    with serving(throttling) as url:
        result = run("--polarsearch-endpoint", url, "-v", "-k", "chat.role or chat.usage")
        zh = run("--polarsearch-endpoint", url, "-v", "-k", "chat.role", "--polarsearch-lang", "zh")
    told = text_of(result)
    assert result.ret == 0, told
    assert "held only when asked again:\n  chat.role-is-assistant (1)\n" in told
    assert "[chat.role-is-assistant] PASSED, asked again 1×" in told
    assert "[chat.role-is-assistant] PASSED, 重试 1 次" in text_of(zh)
    assert result.parseoutcomes()["passed"] == 2


def test_a_failure_says_how_often_was_asked(run):
    """A service that always throttles is judged no further, after the retries that were made."""
    with serving(lambda _: Reply(429, b"{}", (("retry-after", "0"),))) as url:
        result = run("--polarsearch-endpoint", url, "-v", "-k", "chat.role or honesty")
    told = text_of(result)
    assert result.ret == 1
    assert "asked again 6 times, after HTTP 429" in told
    assert "[honesty.service-tells-nonsense] FAILED, asked again 6×" in told
    assert "refuses everything" in told
