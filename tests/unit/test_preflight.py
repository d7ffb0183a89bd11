"""The first look: everything that is no usable cluster is found and told."""

from __future__ import annotations

import re

import pytest

from pytest_polarsearch.client import Client
from pytest_polarsearch.preflight import TargetUnusable, look
from pytest_polarsearch.secret import Secret
from pytest_polarsearch.settings import Account
from pytest_polarsearch.verbs import MlCommons
from pytest_polarsearch.words import WORDS

from .standins import answer, cluster, refusal

SEARCH = "POST /_plugins/_ml/connectors/_search"
TAGLINE = "The OpenSearch Project: https://opensearch.org/"


def info(number="3.3.2", tagline=TAGLINE, **version):
    """What `GET /` answers."""
    return answer(200, {"name": "node", "tagline": tagline, "version": {"number": number, **version}})


OPENSEARCH = info(distribution="opensearch")
FOUND = answer(200, {"hits": {"hits": []}})
ACTION = "cluster:admin/opensearch/ml/connectors/search"
NO_PERMISSION = refusal(
    403,
    "security_exception",
    f"no permissions for [{ACTION}] and User [name=reader, backend_roles=[]]",
)
NO_HANDLER = answer(400, {"error": "no handler found for uri [/_plugins/_ml/connectors/_search] and method [POST]"})
PAGE = answer(200, b"<html>Welcome to nginx!</html>", headers=(("content-type", "text/html"),))

#: What the cluster does -> row of the registry, what the sentence must say.
CASES = {
    "wrong password": (
        {"GET /": answer(401, b"Unauthorized")},
        "unauthorized",
        ["USER_PASSWORD", "HTTP 401", "none was given"],
    ),
    "no permission to look": (
        {"GET /": NO_PERMISSION},
        "forbidden",
        [ACTION, "ask the administrator"],
    ),
    "no permission for ML": (
        {"GET /": OPENSEARCH, SEARCH: NO_PERMISSION},
        "forbidden",
        [ACTION, "ml_full_access"],
    ),
    "a web page": ({"GET /": PAGE}, "not-opensearch", ["not OpenSearch's", "text/html", "--polarsearch-host"]),
    "nothing there": ({"GET /": answer(404, {"detail": "Not Found"})}, "not-opensearch", ["HTTP 404"]),
    "a list": ({"GET /": answer(200, [1, 2])}, "not-opensearch", ["not OpenSearch's"]),
    "a version that is none": ({"GET /": info("latest")}, "not-opensearch", ["not OpenSearch's"]),
    "a version that is a text": ({"GET /": answer(200, {"version": "3.3"})}, "not-opensearch", ["not OpenSearch's"]),
    "Elasticsearch": (
        {"GET /": info("8.11.0", "You Know, for Search")},
        "elasticsearch",
        ["8.11.0", "PolarSearch 3.x"],
    ),
    "another distribution": ({"GET /": info(distribution="other")}, "elasticsearch", ["other than OpenSearch"]),
    "line 1.x": ({"GET /": info("1.3.20", distribution="opensearch")}, "too-old", ["1.3.20", "3.x"]),
    "before connectors": ({"GET /": info("2.8.0", distribution="opensearch")}, "too-old", ["2.8.0", "2.9"]),
    "no ML Commons": (
        {"GET /": OPENSEARCH, SEARCH: NO_HANDLER},
        "no-ml-commons",
        ["opensearch-ml"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_cluster_for_us_is_told(case):
    """Each finding is one sentence that names what was found and what to change."""
    replies, row, words = CASES[case]
    with cluster(replies) as (_, ml), pytest.raises(TargetUnusable) as unusable:
        look(ml)
    told = str(unusable.value)
    assert all(word in told for word in words)
    assert all(piece in told for piece in re.split(r"\{[^}]*\}", WORDS["en"][f"target.{row}"]))
    assert "\n" not in told


def test_every_finding_is_provoked():
    """A new row of the registry needs a case here; two rows are parts of others."""
    rows = {key.partition(".")[2] for key in WORDS["en"] if key.startswith("target.")}
    assert {row for _, row, _ in CASES.values()} == rows - {"no-account", "some-action"}


def test_a_cluster_that_does_not_answer_is_told():
    """What the client says about a silent cluster is the finding."""
    with cluster({}) as (_, ml):
        url = ml.client.url
    with pytest.raises(TargetUnusable, match=url.removeprefix("http://")):
        look(MlCommons(_closed(url)))


def _closed(url):
    return Client(url, timeout=1)


@pytest.mark.parametrize("number", ["2.9.0", "2.19.4", "3.3.2", "3.4.0-SNAPSHOT", "10.0.1"])
def test_a_cluster_with_connectors_is_taken(number):
    """Every line since 2.9 is looked at, and its line is major and minor."""
    with cluster({"GET /": info(number, distribution="opensearch"), SEARCH: FOUND}) as (_, ml):
        engine = look(ml)
    assert str(engine) == f"opensearch {number}"
    assert engine.line == ".".join(number.split(".")[:2])


def test_the_account_is_not_repeated():
    """The sentence about a refused account does not hold it."""
    account = Account("admin", Secret("s3cret"))
    with cluster({"GET /": answer(401, b"")}, account=account) as (_, ml), pytest.raises(TargetUnusable) as told:
        look(ml)
    assert "s3cret" not in str(told.value)
    assert "none was given" not in str(told.value)
