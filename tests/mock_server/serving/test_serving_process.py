"""The serve process: one JSON line, an end on a signal, and a sentence for whatever is in the way."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable

import pytest
from polarsearch_mock.certificates import Certificates

COMMAND = [sys.executable, "-m", "polarsearch_mock"]
SECRETS = ("first-password", "second-password", "sk-only-this")


@pytest.fixture
def start(stack) -> Callable[..., tuple[subprocess.Popen[str], dict[str, str]]]:
    """Starts a serve process and gives what it printed; it is ended with the test."""

    def start(*options: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
        process = subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        stack.callback(process.communicate)
        stack.callback(process.terminate)
        return process, json.loads(process.stdout.readline())

    return start


def ask(url: str, cafile: str | None = None) -> int:
    """The status at a URL."""
    context = ssl.create_default_context(cafile=cafile) if cafile else None
    try:
        with urllib.request.urlopen(url, timeout=10, context=context) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_it_serves_both_and_prints_where(start):
    """One JSON line, when both answer."""
    _, ready = start()
    assert list(ready) == ["polarsearch", "dashscope"]
    assert ask(ready["polarsearch"]) == 200
    assert ask(ready["dashscope"] + "/nowhere") == 404


@pytest.mark.parametrize("only", ["polarsearch", "dashscope"])
def test_one_server_can_be_started_alone(start, only):
    """`--only` leaves the other out of the line."""
    assert list(start("--only", only)[1]) == [only]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_status_0(start, number):
    """Within a second or so, whatever connections are open, silently."""
    process, ready = start("--only", "dashscope")
    port = int(ready["dashscope"].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10):
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (0, "", "")


def test_tls_and_accounts(start):
    """https with a CA file for the emulator, plain http for the mock; the user is named, no secret is printed."""
    accounts = ("--user", "first:first-password", "--reader", "second:second-password", "--api-key", "sk-only-this")
    process, ready = start("--tls", *accounts)
    assert ready["polarsearch"].startswith("https://")
    assert ready["dashscope"].startswith("http://")
    assert ready["user"] == "first"
    assert ask(ready["polarsearch"], ready["ca"]) == 401
    process.terminate()
    output, errors = process.communicate(timeout=10)
    assert not any(secret in json.dumps(ready) + output + errors for secret in SECRETS)


def test_a_fault_can_be_set_from_the_start(start):
    """`--fault` reaches the server that knows it, scoped or not."""
    _, ready = start("--fault", "html-error-page", "--only", "dashscope")
    assert ask(ready["dashscope"] + "/compatible-mode/v1/models") == 502


def run(*options: str) -> tuple[int, str]:
    """Status and error text of a call that must fail."""
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.parametrize("option", ["--dashscope-port", "--port"])
def test_a_taken_port_is_one_sentence_and_status_4(option):
    """It names the port and the option, without a traceback; of one server alone `--port` is the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, text = run("--only", "dashscope", option, port)
    assert status == 4
    assert port in text
    assert "--dashscope-port" in text
    assert text.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--fault", "latncy"], "did you mean 'latency'"),
        (["--fault", "latency:second=1"], "no parameter 'second'"),
        (["--fault", "latency:1"], "has no '='"),
        (["--port", "70000"], "between 0 and 65535"),
        (["--nodes", "3"], "1 or 2 nodes"),
        (["--engine", "1.3"], "invalid choice"),
        (["--user", "justaname"], "USER:PASSWORD"),
        (["--bind", "203.0.113.1"], "--bind"),
        (["--only", "both"], "invalid choice"),
    ],
)
def test_wrong_calls_are_one_sentence_and_status_4(options, sentence):
    """Each names what is wrong; none prints a traceback."""
    status, text = run(*options)
    assert status == 4
    assert sentence in text
    assert "Traceback" not in text


def test_a_refused_account_does_not_repeat_the_password():
    """A mistyped account may be half a secret."""
    assert "hunter2" not in run("--user", ":hunter2")[1]


def test_certificates_name_where_the_server_is_reached():
    """The names of loopback, and an address it is bound to."""
    with Certificates("192.0.2.7") as made:
        names = ssl._ssl._test_decode_cert(made.server[0])["subjectAltName"]
    assert {name for _, name in names} >= {"localhost", "127.0.0.1", "192.0.2.7"}
