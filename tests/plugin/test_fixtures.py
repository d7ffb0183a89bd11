"""The fixtures as people write tests with them: lazy, scoped, removed, told to hooks."""

from __future__ import annotations

import sys

import pytest

from .conftest import ACCOUNT, PLAIN_KEY, text_of

EMPTY = {"models": [], "connectors": [], "model_groups": []}


@pytest.fixture
def outcome(pytester, monkeypatch):
    """Runs a test file in this process, on the built-in servers or with more arguments; gives the result."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def outcome(source: str, *arguments: str, conftest: str = "") -> pytest.RunResult:
        pytester.makepyfile(test_mine=source)
        if conftest:
            pytester.makeconftest(conftest)
        return pytester.runpytest_inprocess("-p", "polarsearch", "-p", "no:cacheprovider", "test_mine.py", *arguments)

    return outcome


def test_the_guides_models_answer(outcome):
    """Embedding, rerank and chat: each fixture is a deployed model that can be asked."""
    outcome("""
        def test_embedding(polarsearch_client, polarsearch_embedding_model):
            answer = polarsearch_client.predict(polarsearch_embedding_model.model_id, {"input": ["hello world"]})
            assert len(answer.get("inference_results", 0, "output", 0, "data")) == 1024

        def test_rerank(polarsearch_client, polarsearch_rerank_model):
            asked = {"query": "cats", "documents": ["cats", "stones"], "top_n": 1}
            answer = polarsearch_client.predict(polarsearch_rerank_model.model_id, asked)
            results = answer.get("inference_results", 0, "output", 0, "dataAsMap", "output", "results")
            assert results[0]["index"] == 0

        def test_chat(polarsearch_client, polarsearch_chat_model):
            asked = {"messages": [{"role": "user", "content": "What is PolarSearch?"}]}
            answer = polarsearch_client.predict(polarsearch_chat_model.model_id, asked)
            assert answer.get("inference_results", 0, "output", 0, "dataAsMap", "choices", 0, "message", "content")
    """).assert_outcomes(passed=3)


def test_only_what_is_needed_is_made(outcome):
    """A test that needs embeddings registers no chat model."""
    outcome("""
        def test_it(polarsearch_client, polarsearch_embedding_model):
            found = polarsearch_client.search("connectors", {"match_all": {}})
            names = [hit["_source"]["name"] for hit in found.get("hits", "hits")]
            assert len(names) == 1 and names[0].startswith("text-embedding connector (pytest-polarsearch run ")
    """).assert_outcomes(passed=1)


def test_a_model_is_shared_for_the_session(outcome):
    """The factory gives the same model for the same name, and others for other fields."""
    outcome("""
        def test_it(polarsearch_chat_model, polarsearch_model_factory):
            assert polarsearch_model_factory("chat") is polarsearch_chat_model
            other = polarsearch_model_factory("chat", description="another")
            assert other.model_id != polarsearch_chat_model.model_id
            assert [one.ok for one in other.story] == [True, True, True]
    """).assert_outcomes(passed=1)


def test_a_temporary_model_goes_with_its_test(outcome):
    """It is there in its test and gone in the next one, also where the test failed."""
    result = outcome("""
        made = []

        def test_first(polarsearch_tmp_model):
            made.append(polarsearch_tmp_model("chat").model_id)
            raise ValueError("this test fails")

        def test_second(polarsearch_client):
            assert polarsearch_client.model(made[0]).status == 404
    """)
    result.assert_outcomes(passed=1, failed=1)


@pytest.mark.parametrize(("scope", "count"), [("function", 2), ("module", 1)])
def test_a_model_fixture_lives_as_long_as_its_scope(outcome, scope, count):
    """`model_fixture(…, scope=…)` makes one for each scope, and removes it at its end."""
    outcome(f"""
        import pytest_polarsearch

        mine = pytest_polarsearch.model_fixture("prompt", scope="{scope}", description="mine")
        ids = set()

        def test_first(mine):
            ids.add(mine.model_id)

        def test_second(mine, polarsearch_client):
            ids.add(mine.model_id)
            assert len(ids) == {count}
            assert polarsearch_client.connector(mine.connector_id).get("description") == "mine"
    """).assert_outcomes(passed=2)


@pytest.mark.parametrize(("scope", "count"), [("function", 2), ("module", 1)])
def test_a_connector_fixture_lives_as_long_as_its_scope(outcome, scope, count):
    """`connector_fixture(…, scope=…)` gives the id of one for each scope, and removes it at its end."""
    outcome(f"""
        import pytest_polarsearch

        mine = pytest_polarsearch.connector_fixture("chat", scope="{scope}", description="mine")
        ids = set()

        def test_first(mine):
            ids.add(mine)

        def test_second(mine, polarsearch_client):
            ids.add(mine)
            assert len(ids) == {count}
            assert polarsearch_client.connector(mine).get("description") == "mine"
            assert all(polarsearch_client.connector(one).ok == (one == mine) for one in ids)
    """).assert_outcomes(passed=2)


def test_a_connector_that_is_refused_says_why(outcome):
    """The error of the fixture has the engine's words."""
    result = outcome("""
        import pytest_polarsearch

        mine = pytest_polarsearch.connector_fixture("chat", protocol="")

        def test_it(mine):
            pass
    """)
    result.assert_outcomes(errors=1)
    assert "connector" in result.stdout.str()


def test_opensearch_client_without_its_library(outcome, monkeypatch):
    """The test fails with the command that installs it."""
    monkeypatch.setitem(sys.modules, "opensearchpy", None)
    result = outcome("""
        def test_it(opensearch_client):
            pass
    """)
    result.assert_outcomes(errors=1)
    assert "pip install opensearch-py" in result.stdout.str()


def test_opensearch_client_has_the_runs_account_and_trust(outcome, guarded, monkeypatch):
    """On a cluster with https and accounts it asks as the run does."""
    monkeypatch.setenv("USER_PASSWORD", ACCOUNT)
    monkeypatch.setenv("YOUR_API_KEY", PLAIN_KEY)
    outcome(
        """
        def test_it(opensearch_client):
            assert opensearch_client.info()["version"]["distribution"] == "opensearch"
        """,
        "--polarsearch-host", guarded.polarsearch, "--polarsearch-ca", guarded.ca,
        "--polarsearch-endpoint", guarded.dashscope,
    ).assert_outcomes(passed=1)  # fmt: skip


def test_the_mock_is_seen_and_led_by_the_test(outcome):
    """polarsearch_dashscope shows what reached the service, and answers as the test says."""
    outcome("""
        ASKED = {"messages": [{"role": "user", "content": "hi"}]}

        def test_seen(polarsearch_client, polarsearch_chat_model, polarsearch_dashscope):
            polarsearch_client.predict(polarsearch_chat_model.model_id, ASKED)
            (call,) = polarsearch_dashscope.calls("chat")
            assert call.json["messages"] == ASKED["messages"]

        def test_led(polarsearch_client, polarsearch_chat_model, polarsearch_dashscope):
            assert polarsearch_dashscope.calls("chat") == []
            expected = polarsearch_dashscope.expect_request("/compatible-mode/v1/chat/completions", method="POST")
            expected.respond_with_json({"choices": [{"message": {"content": "led"}}]})
            answer = polarsearch_client.predict(polarsearch_chat_model.model_id, ASKED)
            assert "led" in answer.text

        def test_clean_again(polarsearch_client, polarsearch_chat_model, polarsearch_dashscope):
            answer = polarsearch_client.predict(polarsearch_chat_model.model_id, ASKED)
            assert "led" not in answer.get("inference_results", 0, "output", 0, "dataAsMap", "choices", 0)["message"]
    """).assert_outcomes(passed=3)


def test_the_settings_are_given(outcome):
    """polarsearch_settings has every value with its origin."""
    outcome(
        """
        def test_it(polarsearch_settings, polarsearch_cluster):
            assert polarsearch_settings["timeout"] == 7.0
            assert polarsearch_settings.origin("timeout") == "command line --polarsearch-timeout"
            assert polarsearch_cluster.version.startswith("2.19")
        """,
        "--polarsearch-timeout", "7", "--polarsearch-engine", "2.19",
    ).assert_outcomes(passed=1)  # fmt: skip


def test_a_test_that_needs_what_the_target_lacks_is_skipped(outcome, plain):
    """The marker polarsearch(capability) skips with the reason, and lets others through."""
    result = outcome(
        """
        import pytest

        @pytest.mark.polarsearch("settings")
        def test_settings(): pass

        @pytest.mark.polarsearch("upstream-observed")
        def test_observed(): pass
        """,
        "--polarsearch-host", plain.polarsearch, "-rs", "--strict-markers",
    )  # fmt: skip
    assert result.parseoutcomes()["skipped"] >= 1
    assert "give --polarsearch-allow-settings" in text_of(result)


HOOKS = """
import pytest_polarsearch
from pytest_polarsearch.blueprints import CHAT
from dataclasses import replace

def pytest_polarsearch_blueprints(config):
    return {"mine": replace(CHAT, name="my connector", model="qwen-plus")}

def pytest_polarsearch_provisioned(config, model):
    print("PROVISIONED", model.name)
"""


def test_hooks_bring_blueprints_and_hear_of_models(outcome):
    """A conftest adds a blueprint by name; the provisioned hook hears of each model that is made."""
    result = outcome(
        """
        def test_it(polarsearch_model_factory, polarsearch_client):
            model = polarsearch_model_factory("mine")
            assert polarsearch_client.connector(model.connector_id).get("parameters", "model") == "qwen-plus"
        """,
        "-s", conftest=HOOKS,
    )  # fmt: skip
    result.assert_outcomes(passed=1)
    assert "PROVISIONED" in result.stdout.str()


def test_a_name_that_is_no_blueprint_is_told(outcome):
    """The error names those there are."""
    result = outcome("def test_it(polarsearch_model_factory): polarsearch_model_factory('embeding')")
    result.assert_outcomes(failed=1)
    assert "there is no blueprint 'embeding'; there are embedding, rerank, chat" in text_of(result)


CHECK_HOOK = """
from pytest_polarsearch import check
from pytest_polarsearch.requirements.registry import Requirement

ROW = Requirement("mine.answers", "MUST", "It answers.", "有响应。", "inferred", "ours", "1")

@check("mine.answers", killed_by=["none"])
def answers(ctx):
    ctx.equal(ctx.ml.info().status, STATUS, "the status of GET /")

def pytest_polarsearch_checks(config):
    return [(ROW, answers)]
"""


@pytest.mark.parametrize(("status", "ret"), [(200, 0), (201, 1)])
def test_hooks_bring_requirements(pytester, monkeypatch, status, ret):
    """A vendor's own requirement is judged beside ours, in the same words."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(CHECK_HOOK.replace("STATUS", str(status)))
    result = pytester.runpytest_inprocess("-p", "polarsearch", "--polarsearch", "-k", "mine.answers")
    assert result.ret == ret, text_of(result)
    assert ("expected: 201" in text_of(result)) is bool(ret)


def test_a_run_on_a_real_cluster_leaves_nothing(outcome, plain):
    """Session models, temporary models and a failing test: all is removed at the end, settings too."""
    result = outcome(
        """
        def test_good(polarsearch_chat_model, polarsearch_tmp_model): polarsearch_tmp_model("embedding")
        def test_bad(polarsearch_rerank_model): raise ValueError
        """,
        "--polarsearch-host", plain.polarsearch, "--polarsearch-allow-settings",
    )  # fmt: skip
    result.assert_outcomes(passed=1, failed=1)
    assert plain.resources() == EMPTY
    assert plain.persistent() == {}


@pytest.mark.parametrize(("keep", "count"), [("never", 0), ("on-failure", 1), ("always", 1)])
def test_a_failed_tests_model_can_be_kept(outcome, serve, keep, count):
    """--polarsearch-keep on-failure and always leave what the failed test made; never does not."""
    served = serve()
    result = outcome(
        "def test_bad(polarsearch_tmp_model):\n    polarsearch_tmp_model('chat')\n    raise ValueError",
        "--polarsearch-host", served.polarsearch, "--polarsearch-allow-settings", "--polarsearch-keep", keep,
    )  # fmt: skip
    result.assert_outcomes(failed=1)
    assert len(served.resources()["models"]) == count


def test_a_model_that_cannot_be_made_is_an_error_in_words(outcome, serve):
    """The fixture's error has the engine's reason and no secret."""
    served = serve("--fault", "chat-connector-refused")
    result = outcome(
        "def test_it(polarsearch_chat_model): pass",
        "--polarsearch-host", served.polarsearch, "--polarsearch-allow-settings",
    )  # fmt: skip
    result.assert_outcomes(errors=1)
    assert "/_plugins/_ml/connectors/_create answered HTTP 500" in text_of(result)


def test_no_fixture_is_used_unasked(outcome):
    """None is autouse: a plain test opens no run, and prints nothing of it."""
    result = outcome("def test_it(request): assert 'polarsearch_cluster' not in request.fixturenames")
    result.assert_outcomes(passed=1)
    assert "polarsearch:" not in result.stdout.str()
