"""Known causes: each is found in the words that tell it, and in no others'."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_polarsearch.judging.diagnosis import causes, diagnose, roots, told
from pytest_polarsearch.judging.verdicts import Judgement, Verdict
from pytest_polarsearch.requirements.registry import load

from .standins import exchange

RECORDED = (Path(__file__).parents[1] / "parity" / "data" / "scenarios.jsonl").read_text(encoding="utf-8")
#: Cause -> words of refusal that it must be found in, as engine or service writes them.
TOLD = {
    "no-permission": "no permissions for [cluster:admin/opensearch/ml/predict] and User [name=reader]",
    "no-account": "Unauthorized",
    "no-ml-commons": "no handler found for uri [/_plugins/_ml/connectors/_create] and method [POST]",
    "untrusted": "Connector URL is not matching the trusted connector endpoint regex, URL is: http://x",
    "broken-pattern": "Dangling meta character '*' near index 13",
    "private-ip": "Remote inference host name has private ip address: 127.0.0.1",
    "misplaced-placeholder": "Illegal character in path at index 20: http://127.0.0.1:9/${credential.api_key}",
    "misspelt-url": "url can't be null",
    "scheme-twice": "http: Name or service not known",
    "unknown-host": "x.invalid: Name or service not known",
    "placeholder": "Some parameter placeholder not filled in payload: prompt",
    "payload": 'Invalid payload: { "input": ${parameters.input} }',
    "key": "Error from remote service: Incorrect API key provided.",
    "undecryptable": "javax.crypto.AEADBadTagException: Tag mismatch",
    "credential": "Connector credential is null or empty list",
    "content": "Input data may contain inappropriate content.",
    "arrears": "Access denied, please make sure your account is in good standing.",
    "unknown-model": "The model `x` does not exist or you do not have access to it.",
    "service-denied": "Model.AccessDenied",
    "batch": "batch size is invalid, it should not be larger than 10.",
    "model-throttled": "Request is throttled at model level.",
    "throttled": "Error from remote service: You exceeded your current requests list, limit_requests",
    "other-dialect": "Error from remote service: Field required: input.messages",
    "empty-answer": "Remote service returned empty response body",
    "error-page": "Error from remote service: <html><body>Bad gateway</body></html>",
    "rerank-short": "Index 2 out of bounds for length 2",
    "integer-score": "class java.lang.Integer cannot be cast to class java.lang.Double",
    "post-function": "Post process function input is not a List.",
    "script": "post_process_function [x] is no built-in function: the engine runs it as a Painless script",
    "connector-in-use": "1 models are still using this connector, please delete or update the models first: [m]",
    "model-deployed": "Model cannot be deleted in deploying or deployed state. Try undeploy model first then delete",
    "update-in-use": "1 models are still using this connector, please undeploy the models first: [m]",
    "not-deployed": "Model not ready yet. Please deploy the model first.",
    "disabled": "Remote Inference is currently disabled. To enable it, update the setting",
    "self-signed": "Error communicating with remote model: PKIX path building failed",
    "scheme-mismatch": "Error communicating with remote model: not an SSL/TLS record",
    "slow": "Error communicating with remote model: Read timed out",
    "unreachable-service": "Error communicating with remote model: Connection refused",
    "dimension": "Vector dimension mismatch. Expected: 1024, Given: 768",
    "chat-shape": "Unknown error or response.",
    "misspelt-setting": "persistent setting [plugins.ml_commons.trusted_endpoints], not recognized",
}
#: Words that two causes share: the more telling one stands first.
BOTH = {
    "private-list": "persistent setting [plugins.ml_commons.trusted_connector_private_endpoints_regex], not recognized",
}
#: Known by the requirement that broke, for there are no words.
SILENT = {"unescaped", "secret-shown", "rows-shuffled"}
#: Words that no recording has: security plugin, other engines, TLS, the service's own refusals.
UNRECORDED = {
    "no-permission", "no-account", "undecryptable", "disabled", "batch", "content", "arrears", "unknown-model",
    "service-denied", "script", "self-signed", "scheme-mismatch", "dimension", "chat-shape", "no-ml-commons",
    "error-page", "scheme-twice",
}  # fmt: skip


def broken(words="", requirement="a.b", status=400):
    """A judgement whose answer has these words."""
    shown = (exchange("POST /p", {}, status, {"error": {"reason": words}}),)
    return Judgement(requirement, "MUST", Verdict.FAIL, exchanges=shown)


def found(words, **how):
    """Ids of the causes."""
    return [cause.id for cause in diagnose(broken(words, **how))]


def test_every_cause_has_a_text():
    """A new row needs the words in which it is found, or requirements."""
    assert causes().keys() == TOLD.keys() | BOTH.keys() | SILENT


@pytest.mark.parametrize("cause", TOLD)
def test_a_cause_is_found_in_its_words_and_is_no_other(cause):
    """One refusal has one explanation."""
    assert found(TOLD[cause]) == [cause]


@pytest.mark.parametrize("cause", BOTH)
def test_the_more_telling_cause_stands_first(cause):
    """What two rows explain is explained best by the first."""
    assert found(BOTH[cause])[0] == cause


@pytest.mark.parametrize("cause", [one for one in TOLD if one not in UNRECORDED])
def test_a_causes_sign_is_recorded(cause):
    """A real engine has said it."""
    assert re.search(causes()[cause].sign, RECORDED, re.MULTILINE)


@pytest.mark.parametrize("cause", causes().values(), ids=lambda one: one.id)
def test_a_cause_is_whole(cause):
    """It has both languages, a sign or requirements that exist, and says which known failure it explains."""
    assert cause.en
    assert cause.zh
    assert cause.refers
    assert cause.sign or cause.requirements
    assert set(cause.requirements) <= load().keys()


def test_a_symptom_is_no_cause_where_there_are_words():
    """A chat answer that failed for its key is not blamed on its shape."""
    assert found(TOLD["key"], requirement="predict.chat-content") == ["key"]
    assert found("", requirement="predict.chat-content") == ["chat-shape"]


def test_a_good_answer_tells_no_cause():
    """What a model writes is no refusal."""
    assert found(TOLD["key"], status=200) == []


def test_the_request_of_the_administrator_is_told_where_it_helps():
    """The run's hint goes with causes of trust, and with no other."""
    assert told(["untrusted"], "en", ["PUT this"]) == [causes()["untrusted"].en, "PUT this"]
    assert told(["payload"], "zh", ["PUT this"]) == [causes()["payload"].zh]


def test_roots_count_what_they_explain():
    """The most telling cause comes first, whatever came first in the run."""
    assert roots([("payload",), ("untrusted", "payload"), (), ("payload",)]) == {"untrusted": 1, "payload": 2}
    assert list(roots([("payload",), ("untrusted",)])) == ["untrusted", "payload"]
