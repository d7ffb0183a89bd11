"""Whole broken servers: each is red for the stated reason, with one root cause and the rest blocked."""

from __future__ import annotations

import re

import pytest

from tests.plugin.conftest import clean_environment, run, text_of  # noqa: F401  fixtures

from .broken import CLUSTERS, KEY, SERVICES, serving

SERVICE, CLUSTER, ANSWERS = (
    "honesty.service-tells-nonsense", "honesty.cluster-tells-nonsense", "honesty.answers-follow-questions",
)  # fmt: skip
#: Service -> the requirement at the root, words of the reason.
DISHONEST_SERVICES = {
    "accept-all": (SERVICE, "accepts everything, nonsense too"),
    "echo": (SERVICE, "accepts everything, nonsense too"),
    "reject-all": (SERVICE, "refuses everything (the guide's chat: HTTP 401"),
    "always-503": (SERVICE, "refuses everything (the guide's chat: HTTP 503"),
    "slow": (SERVICE, "gave no whole answer"),
    "empty-200": (SERVICE, "answers the same whatever is asked (the guide's chat: HTTP 200 without a body"),
    "login-page": (SERVICE, "HTTP 200 <html><head><title>Sign in"),
    "cached-answer": (SERVICE, "answers the same whatever is asked"),
    "same-vector": (ANSWERS, "gives different texts the same vector"),
}
#: Service that lacks something -> the one requirement that says so, and its words.
HALF_BROKEN_SERVICES = {
    "wrong-order": ("embeddings.batch-equals-singles", "likeness of vectors made together and one by one"),
    "keyless": ("refusals.wrong-key-is-401", "expected HTTP 401, found HTTP 200"),
    "no-embeddings": ("embeddings.rows-in-order", "no such route"),
    "vectors-of-nothing": ("embeddings.rows-in-order", "index of the rows"),
    "no-rerank": ("reranking.every-document-answered", "HTTP 503"),
    "chat-down": ("chat.stream-false-taken", "HTTP 500: <html>oops"),
    "chat-without-choices": ("chat.stream-false-taken", "choices[0].message.content"),
    "answers-of-another-model": ("chat.stream-false-taken", "choices[0].message.content"),
}
DISHONEST_CLUSTERS = {
    "accept-all": (CLUSTER, "accepts everything, nonsense too"),
    "echo": (CLUSTER, "accepts everything, nonsense too"),
    "empty-200": (CLUSTER, "accepts everything, nonsense too"),
    "reject-all": (CLUSTER, "refuses everything (reading its settings: HTTP 400 no"),
    "cached-answer": (ANSWERS, "gives different texts the same vector"),
}
HALF_BROKEN_CLUSTERS = {
    "no-connectors": ("connectors.guide-chat-created", "POST /_plugins/_ml/connectors/_create"),
    "no-models": ("register.guide-chat-answer", "POST /_plugins/_ml/models/_register answered HTTP 400: no"),
    "never-deploys": ("deploy.answer-shape", "_deploy answered HTTP 400: no"),
    "no-predict": ("predict.chat-content", "HTTP 400"),
}
#: Cluster that is none -> words of the one sentence with which the run ends.
NO_CLUSTERS = {
    "login-page": "which is not OpenSearch's: '<html><head><title>Sign in",
    "always-503": "answered GET / with HTTP 503",
    "elasticsearch": "8.13.0 of a product other than OpenSearch",
    "no-ml-commons": "is OpenSearch 3.3.2 without ML Commons",
}
#: What is enough of the suite to see what stands on what; dishonest targets are judged with all of it.
PART = "honesty or embeddings or reranking or chat or predict or guide or deploy or meaning or refusals or processing"
#: Half-broken targets are judged by that part, and by its SHOULDs too.
STRICT = ("-q", "-k", PART, "--polarsearch-level", "should")


@pytest.fixture
def key(monkeypatch) -> None:
    """The run has the key of the services."""
    monkeypatch.setenv("YOUR_API_KEY", KEY)


def reds(result: pytest.RunResult) -> list[str]:
    """The requirements that the run failed."""
    return re.findall(r"^(?:FAILED|ERROR) polarsearch::test_requirement\[(.+?)\]", text_of(result), re.MULTILINE)


def assert_judged_no_further(result: pytest.RunResult, root: str, words: str) -> None:
    """Red for one reason, said first in the summary; all that is not the probe's is blocked by it."""
    told = text_of(result)
    assert result.ret == 1, told
    assert reds(result) == [root]
    summary = told.partition("PolarSearch conformance")[2].splitlines()
    assert summary[1].startswith(f"this target is judged no further: {root}: ")
    assert words in summary[1]
    outcomes = result.parseoutcomes()
    assert outcomes["skipped"] > 200
    assert outcomes.get("passed", 0) <= 2
    assert f"blocked: {root}: " in told


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("name", DISHONEST_SERVICES)
def test_a_service_that_says_the_same_to_everything_is_judged_no_further(run, name):  # noqa: F811
    """It is named as what it is, once, and nothing else is held against it."""
    with serving(SERVICES[name]()) as url:
        result = run("--polarsearch-endpoint", url, "--polarsearch-timeout", "0.5" if name == "slow" else "20", "-q")
    assert_judged_no_further(result, *DISHONEST_SERVICES[name])


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("name", DISHONEST_CLUSTERS)
def test_a_cluster_that_says_the_same_to_everything_is_judged_no_further(run, name):  # noqa: F811
    """It is named as what it is, once, and nothing else is held against it."""
    with serving(CLUSTERS[name]()) as url:
        result = run("--polarsearch-host", url, "--polarsearch-allow-settings", "-q")
    assert_judged_no_further(result, *DISHONEST_CLUSTERS[name])


def assert_one_root(result: pytest.RunResult, root: str, words: str) -> None:
    """One requirement is red and says why; what stands on it is blocked, the rest is judged and holds."""
    told = text_of(result)
    assert result.ret == 1, told
    assert reds(result) == [root]
    assert words in told
    assert f"blocked: {root}: " in told
    assert result.parseoutcomes()["passed"] >= 5
    assert "warned" not in result.parseoutcomes()  # what is only noted is a consequence too


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("name", HALF_BROKEN_SERVICES)
def test_a_half_broken_service_has_one_root_cause(run, name):  # noqa: F811
    """What it lacks is one red; what needs that is blocked by it."""
    with serving(SERVICES[name]()) as url:
        result = run("--polarsearch-endpoint", url, *STRICT)
    assert_one_root(result, *HALF_BROKEN_SERVICES[name])


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("name", HALF_BROKEN_CLUSTERS)
def test_a_half_broken_cluster_has_one_root_cause(run, name):  # noqa: F811
    """The step of the guide that it refuses is one red; what needs that is blocked by it."""
    with serving(CLUSTERS[name]()) as url:
        result = run("--polarsearch-host", url, "--polarsearch-allow-settings", *STRICT)
    assert_one_root(result, *HALF_BROKEN_CLUSTERS[name])


@pytest.mark.parametrize("name", NO_CLUSTERS)
def test_what_is_no_cluster_ends_the_run_before_any_test(run, name):  # noqa: F811
    """One sentence that says what was found, and exit status 4: it is a matter of options."""
    with serving(CLUSTERS[name]()) as url:
        result = run("--polarsearch-host", url, "-q")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert NO_CLUSTERS[name] in text_of(result)
    assert not reds(result)


@pytest.mark.usefixtures("key")
def test_a_filter_hides_no_cause(run):  # noqa: F811
    """Where what explains a red is not among what is judged, the red stays one."""
    with serving(SERVICES["wrong-order"]()) as url:
        result = run("--polarsearch-endpoint", url, "-q", "-k", "meaning", "--polarsearch-level", "should")
    assert result.ret == 1
    assert reds(result) == ["meaning.batch-equals-singles"]


def test_a_filter_hides_no_dishonesty(run):  # noqa: F811
    """Also where the probe is not among what is judged, the run is red and says why."""
    with serving(SERVICES["echo"]()) as url:
        result = run("--polarsearch-endpoint", url, "-q", "-k", "connectors.read-back")
    assert result.ret == 1
    assert "this target is judged no further: honesty.service-tells-nonsense" in text_of(result)
    assert result.parseoutcomes()["skipped"] == 1


@pytest.mark.usefixtures("key")
def test_workers_hear_what_the_probe_found(run):  # noqa: F811
    """-n 2: one root cause, found once by the controller."""
    with serving(SERVICES["reject-all"]()) as url:
        result = run("-p", "xdist", "-n", "2", "--polarsearch-endpoint", url, "-q")
    assert_judged_no_further(result, *DISHONEST_SERVICES["reject-all"])


def test_a_keyless_service_is_not_accused(run):  # noqa: F811
    """A service that takes any key, asked without one, is a lawful service: a note, no red."""
    with serving(SERVICES["keyless"]()) as url:
        result = run("--polarsearch-endpoint", url, "-q", "-k", "honesty")
    assert result.ret == 0, text_of(result)
    assert "asked without a key, so it was not asked with a wrong one" in text_of(result)
