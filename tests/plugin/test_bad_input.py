"""Bad input, end to end: one clear sentence, exit status 4, no traceback, no secret."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack

import pytest
from polarsearch_mock import Reply, ThreadedServer

from ..unit.standins import answer, closed_port, raw_server, refusal
from .conftest import ACCOUNT, COMMAND, READER, text_of

SEARCH = "/_plugins/_ml/connectors/_search"
INFO = {"version": {"distribution": "opensearch", "number": "3.3.2"}, "tagline": "The OpenSearch Project"}
PASSWORDS = ("pass-word-1", "pass-word-2", "s3cret-pw")


def refused(result: pytest.RunResult, *words: str) -> str:
    """The one line that a refused run prints; it holds these words."""
    told = text_of(result)
    assert result.ret == pytest.ExitCode.USAGE_ERROR, told
    errors = [line for line in told.splitlines() if line.startswith(("ERROR:", "Exit:"))]
    assert len(errors) == 1, told
    for word in words:
        assert word in errors[0]
    assert "Traceback" not in told
    assert "INTERNALERROR" not in told
    assert not any(password in told for password in PASSWORDS)
    return errors[0]


OPTIONS = {
    "out of range": (["--polarsearch-nodes", "3"], ["--polarsearch-nodes", "from 1 to 2"]),
    "no number": (["--polarsearch-timeout", "soon"], ["--polarsearch-timeout", "a number from 0.1 to 3600"]),
    "no choice": (["--polarsearch-engine", "3.33"], ["--polarsearch-engine", "did you mean 3.3?"]),
    "no file": (["--polarsearch-ca", "nowhere.pem"], ["--polarsearch-ca", "existing file"]),
    "no certificate": (["--polarsearch-host", "c:1", "--polarsearch-ca", os.devnull], ["--polarsearch-ca"]),
    "a password in a URL": (
        ["--polarsearch-host", "https://admin:s3cret-pw@c:3001"],
        ["--polarsearch-host", "USER_PASSWORD"],
    ),
    "a path in a URL": (["--polarsearch-host", "https://c:3001/x"], ["--polarsearch-host", "without a path"]),
    "both kinds of trust": (["--polarsearch-ca", __file__, "--polarsearch-insecure"], ["--polarsearch-ca", "exclude"]),
    "unknown key": (["-o", "polarsearch_hots=c"], ["polarsearch_hots", "did you mean polarsearch_host?"]),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_an_option_that_cannot_be_used_is_refused(run, case):
    """The sentence names the option and what it takes."""
    arguments, words = OPTIONS[case]
    refused(run("--polarsearch", *arguments), *words)


#: Option, from where the language is known -> words of the sentence.
IN_CHINESE = {
    "out of range": (["--polarsearch-nodes", "3"], "命令行 --polarsearch-nodes:'3' 不可用;它应为 1 到 2 之间的整数"),
    "no choice": (["--polarsearch-engine", "3.33"], "3.3, 3.4 之一(是否想写 3.3?)"),
    "a path in a URL": (["--polarsearch-host", "c:1/x"], "命令行 --polarsearch-host 的值在端口之后还有内容"),
    "unknown key": (["-o", "polarsearch_hots=c"], "未知的 ini 键 polarsearch_hots(是否想写 polarsearch_host?)"),
    "no profile": (["--polarsearch-profile", "teii"], "'teii' 既不是文件,也不是自带的档案(是否想写 tei?)"),
    "no ledger": (["--polarsearch-deviations", "nowhere.toml"], "没有可读取的此文件;请给出已有文件的路径"),
    "no certificate": (["--polarsearch-host=c:1", f"--polarsearch-ca={__file__}"], "中没有 PEM 格式的证书"),
    "a replay of nothing": (["--polarsearch-replay", "chat.tools"], "需要包含它的录制文件"),
    "a self-test of a recording": (
        ["--polarsearch-selftest", "--polarsearch-record", "x"],
        "请去掉 --polarsearch",
    ),
}


@pytest.mark.parametrize("case", IN_CHINESE)
@pytest.mark.parametrize("place", ["command line", "ini", "environment"])
def test_what_is_wrong_is_told_in_chinese(pytester, run, monkeypatch, case, place):
    """Wherever the language was asked for."""
    arguments, words = IN_CHINESE[case]
    if place == "ini":
        pytester.makeini("[pytest]\npolarsearch_lang = zh")
    elif place == "environment":
        monkeypatch.setenv("POLARSEARCH_LANG", "zh")
    asked = ["--polarsearch-lang", "zh"] if place == "command line" else []
    refused(run("--polarsearch", *arguments, *asked), words)


@pytest.mark.parametrize("what", ["", "-selftest"])
def test_one_port_is_not_enough_for_workers(run, plain, what):
    """Each has a mock of its own: the option, how many workers, and both ways out."""
    chosen = ("--polarsearch-advertise", "127.0.0.1:9", "--polarsearch-host", plain.polarsearch)
    refused(
        run(f"--polarsearch{what}", *chosen, "-p", "xdist", "-n", "2"), "command line --polarsearch-advertise",
        "the port 9", "2 worker(s)", "leave out the port (--polarsearch-advertise 127.0.0.1)", "or leave out -n",
    )  # fmt: skip


def test_workers_find_free_ports_where_none_is_named(run, plain):
    """The address alone is enough for two workers."""
    chosen = ("--polarsearch-advertise", "127.0.0.1", "--polarsearch-host", plain.polarsearch)
    result = run(
        *chosen, "--polarsearch-allow-settings", "-p", "xdist", "-n", "2", "-q", "-k", "predict.embedding-shape"
    )
    assert result.ret == 0, text_of(result)
    assert result.parseoutcomes() == {"passed": 1}


def test_an_unknown_key_in_the_ini_is_refused(pytester, run):
    """A misspelt key must not be silently without effect."""
    pytester.makeini("[pytest]\npolarsearch_ednpoint = x")
    refused(run("--polarsearch"), "polarsearch_ednpoint", "did you mean polarsearch_endpoint?")


@pytest.mark.parametrize("raw", ["s3cret-pw", ":s3cret-pw"])
def test_half_an_account_is_refused(run, monkeypatch, raw):
    """The variable is named, its value is not."""
    monkeypatch.setenv("USER_PASSWORD", raw)
    refused(run("--polarsearch"), "USER_PASSWORD", "user:password")


def hang(connection, over):
    """Take the request and say nothing."""
    connection.recv(65536)
    over.wait(30)


def page(connection, _over):
    """Speak HTTP, and no JSON."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>")


def fake(replies):
    """An application that answers by path."""

    def app(request) -> Reply:
        return replies.get(request.path) or refusal(404, "x", "nothing is there")

    return app


FAKES = {
    "line 1.x": (
        {"/": answer(200, {**INFO, "version": {"distribution": "opensearch", "number": "1.3.20"}})},
        ["1.3.20", "3.x"],
    ),
    "Elasticsearch": (
        {"/": answer(200, {"version": {"number": "8.1.0"}, "tagline": "You Know, for Search"})},
        ["8.1.0", "3.x"],
    ),
    "no ML Commons": (
        {"/": answer(200, INFO), SEARCH: answer(400, {"error": "no handler found"})},
        ["without ML Commons", "3.x"],
    ),
    "something else": ({"/": answer(200, {"hello": "world"})}, ["not OpenSearch's", "--polarsearch-host"]),
}


@pytest.mark.parametrize("case", FAKES)
def test_what_is_no_cluster_for_the_guide_is_refused(run, case):
    """The sentence says what it is instead, and what the guide needs."""
    replies, words = FAKES[case]
    server = ThreadedServer(fake(replies))
    server.start()
    try:
        refused(run("--polarsearch-host", server.url), *words)
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("talk", "words"), [(hang, ["within 0.5 s", "--polarsearch-timeout"]), (page, ["text/html", "not OpenSearch"])]
)
def test_a_server_that_does_not_answer_properly_is_refused(run, talk, words):
    """A hanging one after the deadline, one without JSON at once."""
    with raw_server(talk) as port:
        refused(run("--polarsearch-host", f"http://127.0.0.1:{port}", "--polarsearch-timeout", "0.5"), *words)


def test_a_closed_port_is_refused(run):
    """Nothing listens: address and option."""
    port = closed_port()
    refused(run("--polarsearch-host", f"127.0.0.1:{port}"), f"127.0.0.1:{port}", "--polarsearch-host")


def test_an_unknown_host_is_refused(run):
    """The name, and where to look."""
    refused(
        run("--polarsearch-host", "no-such-node.invalid:3001", "--polarsearch-endpoint", "m.invalid"),
        "no-such-node.invalid", "not known", "--polarsearch-host",
    )  # fmt: skip


def test_an_untrusted_certificate_is_refused(run, guarded, monkeypatch):
    """The option that trusts it is named."""
    monkeypatch.setenv("USER_PASSWORD", ACCOUNT)
    refused(run("--polarsearch-host", guarded.polarsearch), "not trusted", "--polarsearch-ca")


def test_plain_http_where_https_is_meant_is_refused(run, plain):
    """Without a scheme https is meant; the sentence gives the address to write."""
    address = plain.polarsearch.removeprefix("http://")
    refused(run("--polarsearch-host", address), "does not speak TLS", f"--polarsearch-host http://{address}")


ACCOUNTS = {
    "none": (None, ["HTTP 401", "USER_PASSWORD", "none was given"]),
    "a wrong password": ("polarsearch_user:s3cret-pw", ["HTTP 401", "USER_PASSWORD"]),
    "no permission": (READER, ["HTTP 403", "lacks the permission cluster:", "administrator"]),
}


@pytest.mark.parametrize("case", ACCOUNTS)
def test_an_account_that_is_not_enough_is_refused(run, guarded, monkeypatch, case):
    """Wrong and missing accounts name the variable; missing permissions their name and whom to ask."""
    account, words = ACCOUNTS[case]
    if account:
        monkeypatch.setenv("USER_PASSWORD", account)
    refused(run("--polarsearch-host", guarded.polarsearch, "--polarsearch-ca", guarded.ca), *words)


def test_a_strange_capability_in_a_marker_is_refused(pytester, run):
    """The marker's error names what it takes."""
    pytester.makepyfile("import pytest\n@pytest.mark.polarsearch('teleport')\ndef test_it(): pass")
    told = text_of(run())
    assert "no capability 'teleport'" in told
    assert "upstream-observed" in told


def test_a_cluster_that_dies_in_mid_run_gives_verdicts(pytester, run):
    """Every requirement that found no answer fails in words; nothing is an internal error."""
    calls = 0
    lock = threading.Lock()

    def app(request) -> Reply:
        nonlocal calls
        with lock:
            calls += 1
        if calls > 6:
            return Reply(200, abort="request")
        return {"/": answer(200, INFO)}.get(request.path) or answer(200, {"hits": {"hits": []}})

    server = ThreadedServer(app)
    server.start()
    with ExitStack() as stack:
        stack.callback(server.stop)
        result = run("--polarsearch-host", server.url, "--polarsearch-timeout", "0.5", "-k", "connectors")
    told = text_of(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED, told
    assert "closed the connection" in told
    assert "Traceback" not in told
    assert "INTERNALERROR" not in told


COMMANDS = {
    "sweep without a cluster": (["sweep"], ["--host"]),
    "sweep with a closed port": (["sweep", "--host", "http://127.0.0.1:9"], ["127.0.0.1:9"]),
    "sweep with a strange run": (["sweep", "--run-id", "last night's"], ["no run's id", "8 to 32"]),
    "sweep with a strange age": (["sweep", "--older-than", "soon"], ["no age", "2h"]),
    "a password in a URL": (["sweep", "--host", "https://a:s3cret-pw@c"], ["USER_PASSWORD"]),
    "no command": ([], ["COMMAND"]),
    "a proxy before nothing": (["proxy"], ["--to"]),
    "a proxy before a closed port": (
        ["proxy", "--to", "http://127.0.0.1:9"],
        ["127.0.0.1:9 (connection refused); check --to"],
    ),
    "a proxy with a password": (["proxy", "--to", "https://a:s3cret-pw@c"], ["USER_PASSWORD"]),
    "a self-test of an unknown fault": (
        ["selftest", "tensor-lots"],
        ["'tensor-lots'", "did you mean mlcommons.tensor-lost?"],
    ),
    "a self-test of a closed port": (["selftest", "--host", "http://127.0.0.1:9"], ["nothing listens on 127.0.0.1:9"]),
    "a matrix in a folder that cannot be made": (
        ["selftest", "--matrix", "/dev/null/out/page.md"],
        ["--matrix /dev/null/out/page.md", "the folder /dev/null/out is not there and cannot be made"],
    ),
    "a sweep in Chinese": (["sweep", "--lang", "zh", "--host", "c:x"], ["--polarsearch-host 的值的端口不是"]),
    "a sweep of nothing in Chinese": (["sweep", "--lang", "zh"], ["sweep 需要知道集群地址"]),
    "serve with a strange port": (["serve", "--port", "99999"], ["65535"]),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_the_command_refuses_in_words(pytester, case):
    """The same holds for `pytest-polarsearch`."""
    arguments, words = COMMANDS[case]
    result = pytester.run(*COMMAND, *arguments)
    told = text_of(result)
    assert result.ret == pytest.ExitCode.USAGE_ERROR, told
    assert all(word in told for word in words), told
    assert "Traceback" not in told
    assert "s3cret-pw" not in told
