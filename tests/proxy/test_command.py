"""`pytest-polarsearch proxy` as a process: one JSON line, faults set and switched, an end on a signal."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
import trustme
from polarsearch_mock import Reply, ThreadedServer

from tests.plugin.conftest import COMMAND, ML, Served, guarded, plain  # noqa: F401  fixtures

Started = tuple["subprocess.Popen[str]", dict[str, object]]
EMBEDDINGS = "/compatible-mode/v1/embeddings"
QUESTION = {"model": "text-embedding-v4", "input": ["one", "two"]}


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """Starts a proxy process and gives what it printed; it ends with the test."""
    with ExitStack() as stack:

        def start(*options: str) -> Started:
            process = subprocess.Popen(
                [*COMMAND, "proxy", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            stack.callback(process.communicate)
            stack.callback(process.terminate)
            return process, json.loads(process.stdout.readline())

        yield start


def refused(*options: str) -> str:
    """What a proxy says that does not start."""
    done = subprocess.run([*COMMAND, "proxy", *options], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    return done.stderr


def ask(url: object, path: str, ca: object = None, **how: object) -> httpx.Response:
    """One request."""
    verify = ssl.create_default_context(cafile=str(ca)) if ca else False
    return httpx.request(how.pop("method", "GET"), f"{url}{path}", trust_env=False, verify=verify, timeout=20, **how)


def test_it_misbehaves_as_told_before_a_cluster_with_https(start, guarded: Served):  # noqa: F811
    """The line says where it stands and how; the fault acts, and accounts pass as they are; a signal ends it with 0."""
    to = ("--to", guarded.polarsearch, "--ca", guarded.ca)
    process, ready = start(*to, "--fault", "mlcommons.nonsense-taken")
    assert ready == {"proxy": ready["proxy"], "to": guarded.polarsearch, "faults": ["mlcommons.nonsense-taken"]}
    path = f"{ML}/models/no-such-model"
    assert ask(ready["proxy"], path).status_code == 401
    assert ask(ready["proxy"], path, auth=guarded.auth).json() == {}
    assert ask(guarded.polarsearch, path, guarded.ca, auth=guarded.auth).status_code == 404
    process.send_signal(signal.SIGTERM)
    assert (*process.communicate(timeout=20), process.returncode) == ("", "", 0)


def test_it_is_switched_while_it_runs(start, plain: Served):  # noqa: F811
    """Over the control API, before a model service, over https of its own; nothing that passed can be read there."""
    _, ready = start("--to", plain.dashscope, "--tls")
    url, ca, control = ready["proxy"], ready["ca"], "/__polarsearch_mock__/"
    post = {"method": "POST", "json": QUESTION, "headers": {"authorization": "Bearer sk-mine"}}

    def order() -> list[int]:
        return [row["index"] for row in ask(url, EMBEDDINGS, ca, **post).json()["data"]]

    assert order() == [0, 1]
    assert ask(url, f"{control}faults", ca, method="POST", json={"name": "dashscope.shuffled-rows"}).status_code == 201
    assert order() == [1, 0]
    assert ask(url, f"{control}faults", ca, method="DELETE").json() == {"faults": []}
    assert order() == [0, 1]
    assert ask(url, f"{control}calls", ca).json() == {"dropped": 0, "calls": []}


def test_what_a_cluster_sends_is_changed_before_a_service(start, plain: Served):  # noqa: F811
    """A fault of a cluster's own requests acts on what goes to the service; parameters stand behind a fault's name."""
    _, ready = start(
        "--to", plain.dashscope, "--fault", "mlcommons.own-headers-lost", "--fault", "dashscope.latency:seconds=0"
    )
    sent = {"authorization": "Bearer sk-mine", "x-own": "1"}
    assert ready["faults"] == ["mlcommons.own-headers-lost", "dashscope.latency"]
    for url in (ready["proxy"], plain.dashscope):
        assert ask(url, EMBEDDINGS, method="POST", json=QUESTION, headers=sent).status_code == 200
    calls = ask(plain.dashscope, "/__polarsearch_mock__/calls?kind=embedding").json()["calls"]
    assert ["x-own" in call["headers"] for call in calls[-2:]] == [False, True]


def test_an_unknown_fault_is_refused(plain: Served):  # noqa: F811
    """The closest name is told, also to who leaves the scope out."""
    told = refused("--to", plain.polarsearch, "--fault", "tensor-lots")
    assert told == "proxy: --fault: no fault is called 'tensor-lots'; did you mean 'mlcommons.tensor-lost'?\n"


def test_a_taken_port_is_named(plain: Served):  # noqa: F811
    """With the option that chooses another."""
    port = plain.polarsearch.rpartition(":")[2]
    assert "choose another port with --port" in refused("--to", plain.dashscope, "--port", port)


def test_an_unknown_issuer_is_refused(guarded: Served):  # noqa: F811
    """The target's certificate is blamed, and the option for its issuer named."""
    told = refused("--to", guarded.polarsearch)
    assert "is not trusted (" in told
    assert "; name its issuer with --ca FILE" in told


def test_another_name_is_refused(tmp_path):
    """A certificate for another name is not enough though its issuer is trusted."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca := tmp_path / "ca.pem")
    authority.issue_cert("other.invalid").private_key_and_cert_chain_pem.write_to_path(pem := tmp_path / "other.pem")
    with ThreadedServer(lambda _: Reply(200), tls=(str(pem), str(pem))) as server:
        told = refused("--to", server.url, "--ca", str(ca))
    assert "is for another name (" in told
    assert "; put the name that stands in it into --to" in told


def test_a_target_without_tls_is_told(plain: Served):  # noqa: F811
    """Who leaves out the scheme means https; where there is none, the plain address is named."""
    told = refused("--to", plain.polarsearch.removeprefix("http://"))
    assert f"; if it is plain http, give --to {plain.polarsearch}" in told
