"""What a cluster says is shown as text: it moves no terminal, breaks no file, and runs nowhere."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest
from polarsearch_mock import Emulator, Reply, ThreadedServer

from tests.plugin.conftest import ALONE, text_of

INJECTED = (
    "\x1b[2J\x1b]0;owned\x07\x1b[31mred \x00\x08\x0b\x7f\x9b1m \ud800 \ufffe \u202e \u2028 \r\nFAILED "
    "</failure>]]><script>alert(1)</script> =cmd|' /C calc'!A1 | [x](javascript:alert(1)) ::error::owned"
)
#: What a terminal, or an XML reader, may be sent: printable text, line ends, tabs.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ufffe\ud800-\udfff]")


class Talkative:
    """An emulator whose version, refusals and models' answers are written by somebody who means harm."""

    def __init__(self, version: str = "3.3.2") -> None:
        self.emulator, self._version = Emulator(), version

    async def __call__(self, request):
        reply = await self.emulator(request)
        if request.path == "/":
            document = json.loads(reply.body)
            document["version"]["number"] = self._version + INJECTED
            return Reply(200, json.dumps(document).encode(), reply.headers)
        if request.path.endswith("_predict"):
            output = [{"name": INJECTED, "dataAsMap": {"choices": [{"message": {"content": INJECTED}}]}}]
            body = {"inference_results": [{"output": output, "status_code": 200}]}
            return Reply(200, json.dumps(body).encode(), reply.headers)
        if request.method == "GET" and "/connectors/" in request.path and reply.status == 200:
            body = {"error": {"type": INJECTED, "reason": INJECTED}, "status": 400}
            return Reply(400, json.dumps(body).encode(), (("content-type", f"text/{INJECTED[20:30]!a}"),))
        return reply


@pytest.fixture(scope="module")
def talkative():
    """Its address."""
    cluster = Talkative()
    with ThreadedServer(cluster, closing=cluster.emulator.close) as server:
        yield server.url


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_terminal_and_junit_show_it_as_text(pytester, talkative, lang):
    """-vv, all summaries: no character that acts; the file is XML that holds the story."""
    result = pytester.runpytest_inprocess(
        *ALONE, "--polarsearch-host", talkative, "--polarsearch-allow-settings", "--polarsearch-lang", lang, "-vv",
        "-rA", "--color=no", "--junitxml=junit.xml", "--polarsearch-timeout=2", "--polarsearch-report=reports",
        "-k", "predict or connectors.read-back or connectors.credential or chat",
    )  # fmt: skip
    told = text_of(result)
    assert result.parseoutcomes()["failed"] >= 4, told[-3000:]
    assert "owned" in told
    assert CONTROL.findall(told.replace("\n", "").replace("\t", "")) == []
    assert not any(line.startswith("::error::") for line in told.splitlines())
    cases = ET.parse(pytester.path / "junit.xml").findall(".//testcase")
    assert any("owned" in (failure.text or "") for case in cases for failure in case.findall("failure"))
    assert not [element for case in cases for element in case.iter("script")]


def test_a_refusal_to_run_shows_it_as_text(pytester):
    """The sentence of exit status 4 quotes the cluster's version, and moves nothing."""
    cluster = Talkative("2.4.0")
    with ThreadedServer(cluster, closing=cluster.emulator.close) as server:
        result = pytester.runpytest_inprocess(*ALONE, "--polarsearch-host", server.url)
    told = text_of(result)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "owned" in told
    assert CONTROL.findall(told.replace("\n", "").replace("\t", "")) == []


class Looking:
    """Looks at the end whether the items still hold what was exchanged."""

    def __init__(self) -> None:
        self.items = self.held = 0

    def pytest_sessionfinish(self, session):
        from pytest_polarsearch.session.cases import JUDGEMENT

        self.items = len(session.items)
        self.held = sum(JUDGEMENT in item.stash for item in session.items)


def test_exchanges_are_not_kept_for_the_whole_session(pytester):
    """A cluster that answers each request with megabytes must not fill the memory one requirement at a time."""
    looking = Looking()
    pytester.runpytest_inprocess(*ALONE, "--polarsearch", "-k", "connectors.id-form or chat-content", plugins=[looking])
    assert looking.items >= 2
    assert looking.held == 0
