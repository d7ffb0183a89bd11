"""No secret in anything that a run writes or says; and where one stands, the run is red and names the file."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from polarsearch_mock import Emulator, Reply, ThreadedServer
from polarsearch_mock.dashscope.mock import DashScopeMock

from pytest_polarsearch import Secret
from pytest_polarsearch.judging.canaries import Scanner
from pytest_polarsearch.plugin import SETTINGS
from pytest_polarsearch.session.artefacts import ARTEFACTS, wrote

from .conftest import ALONE, text_of

ONE = "connectors.id-form"
PASSWORD, KEY = 'pa55"wörd/+very-secret', "sk-very/secret+key"
#: Kind -> the file of that kind that a careless writer leaves a secret in; `named` is one that was named.
FILES = {
    "journal": "journals/some-main.jsonl",
    "recording": "run.ndjson",
    "report": "reports/index.html",
    "JUnit file": "junit.xml",
    "log file": "log.txt",
    "cache": ".pytest_cache/v/x",
    "Hypothesis database": ".hypothesis/examples/ab/cd",
    "named": "named/deep/file.gz",
}


class Careless:
    """Leaves a canary in a file when the run is over."""

    def __init__(self, path: str, canary: str) -> None:
        self._path, self._canary = path, canary

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        config = session.config
        path = config.rootpath / self._path
        path.parent.mkdir(parents=True, exist_ok=True)
        wrote(config, "named", config.rootpath / "named")
        value = config.stash[SETTINGS].canaries[self._canary].reveal().encode()
        with path.open("ab") as file:
            file.write(gzip.compress(value) if path.suffix == ".gz" else value)


def options(path: Path) -> list[str]:
    """Options that make a run write every kind of file."""
    return [
        f"--polarsearch-journal={path}/journals", f"--polarsearch-record={path}/run.ndjson",
        f"--polarsearch-report={path}/reports", f"--junitxml={path}/junit.xml", f"--log-file={path}/log.txt",
        "--log-level=DEBUG",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_planted_secret_is_found_in_every_kind_of_file(pytester, kind):
    """The run is red, the file and its kind are named, the value is not."""
    names = ["CANARY_PASSWORD", "CANARY_API_KEY", "CANARY_CREDENTIAL", "CANARY_HEADER"]
    canary = names[list(FILES).index(kind) % len(names)]
    path = pytester.path
    given = options(path)
    plugins = [Careless(FILES[kind], canary)]
    result = pytester.runpytest_inprocess(*ALONE, "--polarsearch", "-k", ONE, *given, plugins=plugins)
    told = text_of(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED, told
    assert "SECRETS IN FILES" in told
    assert f"{path / FILES[kind]} ({kind}) holds a password" in told
    assert not re.search("canary-[a-z_]+-[0-9a-f]{8}", told)


def test_every_kind_of_artefact_has_a_planted_leak():
    """A new row of the registry needs one here."""
    assert FILES.keys() - {"named"} == ARTEFACTS.keys()


class Echo:
    """A cluster with the worst manners: lets a run make and remove its models, and answers everything else, refusals
    too, with what it was asked, headers and all: in the body, in a header, in a cookie."""

    def __init__(self) -> None:
        self.emulator = Emulator()

    async def __call__(self, request):
        reading = request.method in ("GET", "DELETE") and "/connectors/" not in request.path
        if reading or request.method == "DELETE" or re.search(r"_(undeploy|search|settings)$|/settings$", request.path):
            return await self.emulator(request)
        if re.search(r"_(create|register|deploy)$", request.path):
            reply = await self.emulator(request)
            if reply.status == 200:
                return reply
        return self.echo(request)

    def echo(self, request):
        said = f"you sent {dict(request.headers)} {request.body.decode('utf-8', 'replace')}"
        authorization = request.header("authorization") or ""
        body = {"error": {"type": "echo", "reason": said, "root_cause": [authorization]}, "status": 500}
        headers = (("content-type", "application/json"), ("x-echo", authorization), ("set-cookie", f"a={KEY}"))
        return Reply(500, json.dumps(body).encode(), headers)


def test_a_run_in_which_everything_fails_shows_no_secret(pytester, monkeypatch, record_property):
    """--showlocals, DEBUG logs, two workers, against a cluster that echoes what it was sent: no output, no file."""
    monkeypatch.setenv("USER_PASSWORD", f"admin:{PASSWORD}")
    monkeypatch.setenv("YOUR_API_KEY", KEY)
    pytester.makepyfile(test_own=OWN)
    pytester.makeconftest(CHANNEL)
    echo = Echo()
    with ThreadedServer(echo, closing=echo.emulator.close) as cluster, DashScopeMock(api_keys=(KEY,)) as service:
        result = pytester.runpytest_subprocess(
            "-p", "no:cacheprovider", "-n2", "--showlocals", "--log-level=DEBUG", "--tb=long", "-vv", "-rA",
            "--polarsearch", "--polarsearch-allow-settings", "--polarsearch-timeout=1", "--polarsearch-level=should",
            "test_own.py",
            f"--polarsearch-host={cluster.url}", f"--polarsearch-endpoint=http://127.0.0.1:{service.port}",
            *options(pytester.path),
        )  # fmt: skip
    told = text_of(result)
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] >= 50, told[-3000:]
    assert "SECRETS IN FILES" not in told, told[-3000:]
    (pytester.path / "output.txt").write_text(told)
    files = [path for path in pytester.path.rglob("*") if path.is_file() and path.name != "test_own.py"]
    wanted = {"output.txt", "junit.xml", "log.txt", "run.ndjson", "channel-gw0.txt", "channel-gw1.txt"}
    assert wanted <= {path.name for path in files}
    assert Scanner([Secret(PASSWORD), Secret(KEY)]).hits(files) == []
    record_property("artefacts scanned", len(files))


#: Writes down what workers send to their controller.
CHANNEL = """
import json, os, pathlib
from execnet.gateway_base import Channel

worker = os.environ.get("PYTEST_XDIST_WORKER")
if worker:
    send, file = Channel.send, pathlib.Path(__file__).with_name(f"channel-{worker}.txt")

    def heard(self, item):
        with file.open("a", encoding="utf-8", errors="backslashreplace") as lines:
            lines.write(json.dumps(item, ensure_ascii=False, default=repr) + "\\n")
        send(self, item)

    Channel.send = heard
"""
#: Tests of a user that hold everything that a run gives them, and fail.
OWN = """
import logging


def test_holding_all(polarsearch_settings, polarsearch_cluster, polarsearch_client, polarsearch_chat_model):
    account, key, service = polarsearch_settings.account, polarsearch_settings.api_key, polarsearch_cluster.service
    client, target, redact = polarsearch_client.client, polarsearch_cluster.target, polarsearch_cluster.redact
    trust, whole = target.trust, vars(polarsearch_cluster)
    logging.getLogger("mine").debug("%s %r %s", polarsearch_settings, account, service)
    answer = polarsearch_client.connector(polarsearch_chat_model.connector_id)
    assert answer == polarsearch_settings


def test_with_a_chain(polarsearch_model_factory):
    try:
        raise ValueError("first")
    except ValueError:
        polarsearch_model_factory("chat", credential={"openAI_key": ""}, name="")
        polarsearch_model_factory("no such")
"""
