"""Imitations of vendors' servers, judged with their profile on both ways: what sources predict is found, no more."""

from __future__ import annotations

import pytest

from pytest_polarsearch.judging.verdicts import Judgement, Verdict
from pytest_polarsearch.selftest import judge_under
from pytest_polarsearch.settings import resolve

from .cohere import Cohere
from .localai import LocalAi
from .serving import served
from .tei import Tei
from .vllm import Vllm

KEY = "sk-of-a-vendor"
SERVERS = {"openai-like": Vllm(), "tei": Tei(), "cohere-like": Cohere(KEY), "localai": LocalAi()}
LOCALAI = 'version = 1\ntitle = "LocalAI"\n[rerank]\nmodel = "jina-reranker-v1-base-en"\nflat = "/v1/rerank"\n'
#: Profile -> what is predicted: the requirement, its verdict, and what is said of it.
PREDICTED = {
    "openai-like": {
        "refusals.code-is-text": ("warn", "found 400"),
        "reranking.documents-unasked-absent": ("warn", "multi_modal"),
    },
    "tei": {
        "functions.rerank-fits": ("warn", "but index, score"),
        "refusals.broken-json-refused": ("warn", "text/plain"),
        "refusals.code-is-text": ("warn", "expected an object"),
        "refusals.missing-model-refused": ("warn", "found HTTP 200"),
        "refusals.request-has-an-id": ("warn", "found None"),
        "refusals.unknown-model-refused": ("fail", "found HTTP 200"),
        "reranking.usage-counted": ("warn", "found None"),
    },
    "cohere-like": {
        "refusals.code-is-text": ("warn", "expected an object"),
        "reranking.usage-counted": ("warn", "found None"),
    },
    "localai": {
        "refusals.code-is-text": ("warn", "no documents"),
        "refusals.request-has-an-id": ("warn", "found None"),
        "reranking.best-first": ("warn", "in their order"),
        "reranking.documents-unasked-absent": ("warn", "expected []"),
        "reranking.scores-in-range": ("warn", "0 to 1"),
        "reranking.top-n-honoured": ("warn", "expected 1, found 3"),
    },
}
#: Through the cluster and a connector: what must be judged and hold there.
CONNECTED = {
    "openai-like": ("meaning.batch-equals-singles", "processing.rerank-similarity", "predict.chat-content"),
    "tei": ("meaning.batch-equals-singles", "meaning.chinese-related-above-unrelated"),
    "cohere-like": ("processing.rerank-similarity", "processing.rerank-in-input-order"),
    "localai": ("processing.rerank-similarity",),
}


@pytest.fixture(scope="module", params=PREDICTED)
def judged(request, tmp_path_factory) -> tuple[str, dict[str, Judgement]]:
    """The judgements on one imitation, by requirement."""
    name = request.param
    path = tmp_path_factory.mktemp("profile") / "localai.toml"
    path.write_text(LOCALAI, encoding="utf-8")
    with served(SERVERS[name]) as address:
        given = {"endpoint": address, "profile": str(path) if name == "localai" else name}
        environ = {"YOUR_API_KEY": KEY} if SERVERS[name].key else {}
        return name, judge_under(resolve(lambda option: given.get(option.name), lambda _option: None, environ), None)


def test_exactly_the_predicted_is_found(judged):
    """No false green, no false accusation, and each finding for the stated reason."""
    name, verdicts = judged
    found = {
        one: (j.verdict.value, j.why) for one, j in verdicts.items()
        if j.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)
    }  # fmt: skip
    assert {one: verdict for one, (verdict, _) in found.items()} == {
        one: verdict for one, (verdict, _) in PREDICTED[name].items()
    }
    assert [one for one, (_, words) in PREDICTED[name].items() if words not in found[one][1]] == []


def test_the_way_through_a_connector_is_judged_too(judged):
    """What the profile declares is asked through the cluster, and holds there."""
    name, verdicts = judged
    assert {one: verdicts[one].verdict.value for one in CONNECTED[name]} == dict.fromkeys(CONNECTED[name], "pass")


def test_what_is_not_declared_is_not_applicable(judged):
    """With the capability as code, and the profile's name in the reason."""
    _, verdicts = judged
    skipped = [one for one in verdicts.values() if one.verdict is Verdict.NOT_APPLICABLE and "declare" in one.why]
    assert skipped
    assert all(one.code.startswith("capability:") for one in skipped)


def test_the_functions_that_fit_are_named(judged):
    """In one sentence: works with these, not with those, because."""
    name, verdicts = judged
    (told,) = verdicts["functions.rerank-fits"].notes
    works, _, reasons = told.partition("not with ")
    fit = "none: " if name == "tei" else "cohere.rerank; "
    assert works == f"of connector.post_process.*, this service works with {fit}"
    assert "cohere.rerank + response_filter $.output.results, because they find nothing where they look" in reasons
    assert "default.rerank, because a result has not a whole index and a relevance_score" in reasons
    assert "bedrock.rerank" in reasons


BOASTING = """version = 1
title = "TEI, declared beyond what it does"
key = true
[embedding]
path = "/v1/embeddings"
model = "text-embeddings-inference"
dimensions = [32]
rows = 40
base64 = true
[rerank]
model = "text-embeddings-inference"
flat = "/v1/rerank"
texts = "/rerank"
"""


def judge_only(tmp_path, text, *only):
    """Judgements of these requirements on TEI with a profile of this text."""
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    with served(Tei()) as address:
        given = {"endpoint": address, "profile": str(path)}
        settings = resolve(lambda option: given.get(option.name), lambda _option: None, {"YOUR_API_KEY": KEY})
        return judge_under(settings, None, only)


def test_what_is_declared_and_absent_fails(tmp_path):
    """Sizes, rows, keys and routes that the profile promises; what is declared and there passes."""
    judged = judge_only(
        tmp_path, BOASTING, "embeddings.dimensions-honoured", "embeddings.declared-rows-served",
        "embeddings.base64-decodes", "refusals.missing-key-is-401", "reranking.every-document-answered",
    )  # fmt: skip
    assert {one: (j.verdict.value, j.code) for one, j in judged.items()} == {
        "embeddings.dimensions-honoured": ("fail", "declared-but-absent"),
        "embeddings.declared-rows-served": ("fail", "declared-but-absent"),
        "embeddings.base64-decodes": ("pass", ""),
        "refusals.missing-key-is-401": ("fail", "declared-but-absent"),
        "reranking.every-document-answered": ("fail", "mismatch"),
    }


def test_what_is_there_and_not_declared_is_noted(judged):
    """vLLM's other rerank routes, by path, and documents that come unasked; the others have none."""
    name, verdicts = judged
    notes = verdicts["profile.undeclared-routes"].notes
    wanted = {"openai-like": ["/v2/rerank", "/rerank"], "localai": ["rerank.return-documents"]}
    assert [note.partition(" ")[0] for note in notes] == wanted.get(name, [])
