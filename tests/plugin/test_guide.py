"""The guide itself: its curl blocks, word for word but for placeholders, in a bash against `serve --tls`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import ACCOUNT, ML, serving

GUIDE = (Path(__file__).parents[1] / "data" / "guide.zh.txt").read_text(encoding="utf-8")
BLOCK = re.compile(r"^curl .*?(?:'\n(?=\n)|\"\n(?=\n))", re.MULTILINE | re.DOTALL)
BLOCKS = [found[0].strip() for found in BLOCK.finditer(GUIDE)]
CLEAN_UP = re.findall(r"^ +(POST|DELETE) (/_plugins/_ml/\S+)$", GUIDE, re.MULTILINE)
KEY = "sk-the-readers-own-key"
SETTINGS, EMBEDDING, RERANK, CHAT, REGISTER, DEPLOY, ASK_EMBEDDING, ASK_RERANK, ASK_CHAT = range(9)

pytestmark = pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")


@pytest.fixture(scope="module", params=["2.19", "3.3", "3.4"])
def served(request):
    """A cluster with https and an account, as the guide has it."""
    with serving("--tls", "--user", ACCOUNT, "--api-key", KEY, "--engine", request.param) as served:
        yield served


@pytest.fixture
def shell(served):
    """Runs a block of the guide after its placeholders are filled in; gives curl's answer."""
    env = {
        "PATH": os.environ["PATH"],
        "POLARSEARCH_HOST_PORT": served.polarsearch.removeprefix("https://"),
        "USER_PASSWORD": ACCOUNT,
        "YOUR_API_KEY": KEY,
        "CURL_CA_BUNDLE": served.ca,
    }

    def shell(block: str, **filled: str) -> dict:
        for placeholder, value in filled.items():
            assert f"<{placeholder}>" in block
            block = block.replace(f"<{placeholder}>", value)
        done = subprocess.run(["bash", "-c", block], env=env, capture_output=True, text=True, timeout=30, check=True)
        return json.loads(done.stdout)

    return shell


def dashboard(block: str) -> str:
    """The block's body as the guide's Dashboard variant has it: the key as a placeholder."""
    return block.replace('"${YOUR_API_KEY}"', '"<your_api_key>"')


def trusting(block: str, endpoint: str) -> str:
    """Step one with the reader's own endpoint in place of the guide's `ep-***` name."""
    theirs = "ep-***.dashscope.cn-beijing.privatelink.aliyuncs.com"
    assert theirs in block
    return block.replace(theirs, endpoint)


def test_the_blocks_are_the_guides():
    """Nine commands and three lines of clean-up are found in the text."""
    assert len(BLOCKS) == 9
    assert "_cluster/settings" in BLOCKS[SETTINGS]
    assert [re.search(r'"name": "(.*?)"', BLOCKS[i])[1] for i in (EMBEDDING, RERANK, CHAT)] == [
        "text-embedding connector", "text-rerank connector", "qwen-llm connector",
    ]  # fmt: skip
    assert [verb for verb, _ in CLEAN_UP] == ["POST", "DELETE", "DELETE"]


def test_every_block_works_in_order(served, shell):
    """Trust, three connectors, register, deploy, predict, and the clean-up leave no model and no connector."""
    endpoint = served.dashscope.removeprefix("http://")
    assert shell(trusting(BLOCKS[SETTINGS], endpoint))["acknowledged"] is True
    made = {}
    for number in (EMBEDDING, RERANK, CHAT):
        body = dashboard(BLOCKS[number])
        connector = shell(body, your_model_endpoint=endpoint, your_api_key=KEY)["connector_id"]
        registered = shell(BLOCKS[REGISTER], connector_id=connector)
        assert registered["status"] == "CREATED"
        assert shell(BLOCKS[DEPLOY], model_id=registered["model_id"])["status"] == "COMPLETED"
        made[number] = connector, registered["model_id"]
    vector = shell(BLOCKS[ASK_EMBEDDING], embedding_model_id=made[EMBEDDING][1])["inference_results"][0]["output"][0]
    assert len(vector["data"]) == 1024
    ranked = shell(BLOCKS[ASK_RERANK], rerank_model_id=made[RERANK][1])["inference_results"][0]["output"][0][
        "dataAsMap"
    ]
    scores = [one["relevance_score"] for one in ranked["output"]["results"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 3
    said = shell(BLOCKS[ASK_CHAT], llm_model_id=made[CHAT][1])["inference_results"][0]["output"][0]["dataAsMap"]
    assert said["choices"][0]["message"]["content"]
    for connector, model in made.values():
        for verb, path in CLEAN_UP:
            answer = served.ask(verb, path.replace("<model_id>", model).replace("<connector_id>", connector))
            assert answer.status_code == 200, answer.text
    left = served.resources()
    assert (left["models"], left["connectors"]) == ([], [])


def test_the_key_in_single_quotes_is_not_filled_in(served, shell):
    """As the guide stands, bash stores the text ${YOUR_API_KEY}; the service refuses it at the first predict."""
    endpoint = served.dashscope.removeprefix("http://")
    shell(trusting(BLOCKS[SETTINGS], endpoint))
    connector = shell(BLOCKS[EMBEDDING], your_model_endpoint=endpoint)["connector_id"]
    model = shell(BLOCKS[REGISTER], connector_id=connector)["model_id"]
    shell(BLOCKS[DEPLOY], model_id=model)
    refused = shell(BLOCKS[ASK_EMBEDDING], embedding_model_id=model)
    assert refused["status"] == 401
    assert "Incorrect API key" in json.dumps(refused)
    served.ask("POST", f"{ML}/models/{model}/_undeploy")
    served.ask("DELETE", f"{ML}/models/{model}")
    served.ask("DELETE", f"{ML}/connectors/{connector}")


def test_the_guides_own_pattern_is_taken_and_refused_later(served, shell):
    """`ep-***` is no Java pattern: the setting takes it, and the next connector is refused."""
    assert shell(BLOCKS[SETTINGS])["acknowledged"] is True
    refused = shell(dashboard(BLOCKS[CHAT]), your_model_endpoint="other.example", your_api_key=KEY)
    assert refused["status"] in (400, 500)
    assert "error" in refused
