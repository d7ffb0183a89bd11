"""The guide's three connectors are the guide's, word for word."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pytest_polarsearch.blueprints import GUIDE, Endpoint
from pytest_polarsearch.secret import Secret

TEXT = (Path(__file__).parents[1] / "data" / "guide.zh.txt").read_text(encoding="utf-8")
ENDPOINT = Endpoint("http", "<your_model_endpoint>", Secret("<your_api_key>"))


def bodies(route: str) -> list[dict]:
    """The bodies of the guide's Dashboard blocks for a route."""
    found = re.finditer(rf"^POST {re.escape(route)}\n(\{{.*?^\}})$", TEXT, re.MULTILINE | re.DOTALL)
    return [json.loads(one[1]) for one in found]


@pytest.mark.parametrize(("number", "kind"), list(enumerate(GUIDE)))
def test_a_connector_is_the_guides(number, kind):
    """Every field, in the guide's own values."""
    assert GUIDE[kind].connector(ENDPOINT) == bodies("/_plugins/_ml/connectors/_create")[number]


@pytest.mark.parametrize("kind", ["embedding", "rerank", "chat"])
def test_a_sample_is_the_guides(kind):
    """What is asked of the model is what the guide asks."""
    placeholder = {"embedding": "embedding", "rerank": "rerank", "chat": "llm"}[kind]
    (asked,) = bodies(f"/_plugins/_ml/models/<{placeholder}_model_id>/_predict")
    assert dict(GUIDE[kind].sample) == asked["parameters"]
