"""The script that repeats a failure: run in a real bash with a real curl, it sends what the check sent."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_polarsearch import Secret
from pytest_polarsearch.judging.evidence import Shell, describe, needed, printable, script
from pytest_polarsearch.judging.redaction import Redactor

from .standins import answer, cluster, exchange

NOTHING = Redactor({})
TEXTS = {
    "quotes": "he said \"hi\" and 'bye'",
    "newlines": "one\ntwo\r\n\tthree",
    "dollars": "$HOME ${HOME} $(id) $$ $1",
    "backticks": "`id` ``",
    "backslashes": "\\ \\\\ \\n \\$HOME",
    "the marker": "BODY\nBODY",
    "Chinese": "云原生数据库 PolarDB 🙂",
    "a template": "${parameters.input} ${credential.api_key}",
    "history": "!! !1 ~ * ? [a]",
    "percent": "%s %d %%",
}
pytestmark = pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")


def run(text, **environ):
    """What bash does with the script; no setting of this machine's curl or shell counts."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environ}
    return subprocess.run(["bash", "-c", text], env=env, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture(scope="module")
def fake():
    """A cluster that takes anything, and remembers it."""
    replies = {
        "POST /predict": answer(200, {}),
        "POST /connectors/_create": answer(200, {"connector_id": "new_connector-id_00"}),
        "POST /models/_register": answer(200, {"task_id": "new_task", "status": "CREATED", "model_id": "new-model"}),
        "POST /models/new-model/_deploy": answer(200, {}),
    }
    with cluster(replies) as (fake, ml):
        fake.url = ml.client.url
        yield fake


def sent_again(fake, exchanges, redact=NOTHING, **environ):
    """The requests that arrive when the script of these exchanges runs."""
    fake.asked.clear()
    done = run(script(exchanges, Shell(fake.url), redact), **environ)
    assert done.returncode == 0, done.stderr
    return list(fake.asked)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_body_arrives_as_it_was_sent(fake, text):
    """No character of it is taken by the shell."""
    one = exchange("POST /predict", {"parameters": {"prompt": text}})
    (request,) = sent_again(fake, [one])
    assert request.body.rstrip(b"\n") == one.request_body
    assert request.header("content-type") == "application/json"


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_arrives_as_it_was_sent(fake, text):
    """JSON escapes what a here-document cannot hold, and the rest survives the shell."""
    one = exchange("POST /predict", {"prompt": text})
    (request,) = sent_again(fake, [one])
    assert request.body.rstrip(b"\n") == one.request_body


def test_secrets_come_from_the_environment(fake):
    """The script holds the variable's name, and the variable's value arrives."""
    redact = Redactor({"YOUR_API_KEY": Secret("sk-very-secret")})
    one = exchange("POST /predict", {"credential": {"api_key": "sk-very-secret"}, "headers": "${credential.api_key}"})
    assert "sk-very-secret" not in script([one], Shell(fake.url), redact)
    (request,) = sent_again(fake, [one], redact, YOUR_API_KEY="sk-another-key")
    assert b'"api_key": "sk-another-key"' in request.body
    assert b'"${credential.api_key}"' in request.body


def test_the_account_is_a_variable(fake):
    """curl gets the account from USER_PASSWORD, as in the guide."""
    shell = Shell(fake.url, authenticated=True)
    fake.asked.clear()
    run(script([exchange("GET /predict")], shell, NOTHING), USER_PASSWORD="user:pass word$")
    assert fake.asked[0].header("authorization") == "Basic dXNlcjpwYXNzIHdvcmQk"


def test_ids_are_taken_from_the_answers(fake):
    """What the run created is created anew, and later requests name the new one."""
    story = [
        exchange("POST /connectors/_create", {"name": "x"}, got={"connector_id": "old_connector"}),
        exchange(
            "POST /models/_register", {"connector_id": "old_connector"}, got={"task_id": "t", "model_id": "old-model"}
        ),
        exchange("POST /models/old-model/_deploy", got={"task_id": "t2"}),
    ]
    requests = sent_again(fake, story)
    assert [one.path for one in requests] == ["/connectors/_create", "/models/_register", "/models/new-model/_deploy"]
    assert b'"connector_id": "new_connector-id_00"' in requests[1].body
    assert requests[2].body == b""


def test_trust_is_given_as_the_run_had_it():
    """The certificates' file, or the words that nothing is verified."""
    assert "--cacert '/a folder/ca.pem'" in script([exchange()], Shell("https://c", ca="/a folder/ca.pem"), NOTHING)
    assert "--insecure" in script([exchange()], Shell("https://c", insecure=True), NOTHING)
    plain = script([exchange()], Shell("https://c"), NOTHING)
    assert plain == 'curl -sS -X GET "https://c/"'


def test_only_what_leads_to_the_failure_is_repeated():
    """How the models were made and what changed something; never what only looked, nor what came after."""
    create, look, deploy = exchange("POST /c", {}), exchange("GET /m"), exchange("POST /m/_deploy")
    shown, later = exchange("POST /m/_predict", {}), exchange("DELETE /m")
    assert needed([create, look, deploy], [shown, later], [shown]) == [create, deploy, shown]


def test_what_the_check_made_itself_is_repeated_once():
    """A model that the check made is in its own requests, also where its story has it."""
    create, shown = exchange("POST /c", {}), exchange("POST /m/_predict", {})
    assert needed([create], [create, shown], [shown]) == [create, shown]


def test_an_exchange_is_described_for_people():
    """Request, body, status, time and answer, each line marked by its direction."""
    one = exchange("POST /x", {"a": "sk-very-secret"}, 400, {"error": "no"})
    lines = describe(one, Redactor({"YOUR_API_KEY": Secret("sk-very-secret")}))
    assert lines == ["> POST /x", '> {"a": "$YOUR_API_KEY"}', "< HTTP 400 application/json (1 ms)", '< {"error": "no"}']


def test_no_answer_is_described_as_such():
    """The sentence of the client stands where the answer would."""
    assert describe(exchange("GET /x", status=None, trouble="it hangs"), NOTHING)[-1] == "< no answer: it hangs"


def test_long_bodies_are_cut():
    """The reader sees how long the whole is."""
    (_, sent, _) = describe(exchange("POST /x", "y" * 5000), NOTHING, most=100)
    assert len(sent) < 150
    assert "5002 characters" in sent


@given(st.text(max_size=40))
def test_a_terminal_never_obeys_an_answer(text):
    """Control sequences of a hostile service are shown, not sent to the terminal."""
    assert all(c.isprintable() or c == "\t" for c in printable(text))
    assert printable("\x1b[2J云") == "\\x1b[2J云"


def test_a_secret_that_is_split_by_a_cut_is_not_shown():
    """Redaction comes before what shortens, or a beginning of the secret would stay."""
    body = "x" * 90 + "sk-very-very-secret-key"
    lines = describe(exchange("POST /x", body), Redactor({"YOUR_API_KEY": Secret("sk-very-very-secret-key")}), most=105)
    assert not any("sk-very-very" in line for line in lines)
