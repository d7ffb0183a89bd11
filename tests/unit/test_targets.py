"""From settings to a target: which servers are started, what is lacking and in which words."""

from __future__ import annotations

import json
import socket

import pytest

from pytest_polarsearch.blueprints import NO_KEY
from pytest_polarsearch.opening import open_run
from pytest_polarsearch.preflight import TargetUnusable
from pytest_polarsearch.preparing import request_for_administrator
from pytest_polarsearch.provision.cluster_settings import PRIVATE_IP, TRUSTED
from pytest_polarsearch.run import Part
from pytest_polarsearch.targets import (
    MOCK_KEY,
    NO_ACCOUNT,
    NO_BUDGET,
    NO_BUILT_IN_ACCOUNTS,
    NO_PERMISSION,
    NO_READER,
    NO_SERVICE,
    NO_WAY_BACK,
    NOT_PRIVATE,
    is_private,
    open_target,
)

from .standins import answer, cluster, settings

REMOTE = "http://cluster.example:9200"
LOOPBACK = "http://127.0.0.1:9200"
KEY = {"YOUR_API_KEY": "sk-real", "USER_PASSWORD": "admin:pass-word"}


def target(environ=None, **given):
    """What stands for these settings."""
    with open_target(settings(environ, **given)) as found:
        return found


def test_by_default_everything_is_built_in():
    """An emulator that ends with the run, judged with the mock; no account goes to it."""
    found = target(KEY)
    assert found.ephemeral
    assert found.service == found.observed
    assert found.service.key == MOCK_KEY
    assert found.account is None
    assert found.origin == "built-in emulator 3.3"
    assert found.lacking == {"accounts": NO_BUILT_IN_ACCOUNTS, "reader": NO_BUILT_IN_ACCOUNTS}


def test_an_account_and_a_reader_guard_the_emulator():
    """Both given: the built-in emulator refuses strangers, lets the account in, and the reader see nothing."""
    found = target({**KEY, "POLARSEARCH_READER": "reader:pass-word"})
    assert found.account.user == "admin"
    assert found.reader.user == "reader"
    assert found.lacking == {}


def test_a_cluster_on_this_machine_reaches_the_mock():
    """Only the permission to change settings is lacking, and the account goes along."""
    found = target(KEY, host=LOOPBACK)
    assert not found.ephemeral
    assert "mlcommons" not in found.faulty
    assert found.service == found.observed
    assert found.account.user == "admin"
    assert found.lacking == {"settings": NO_PERMISSION, "reader": NO_READER, "random-examples": NO_BUDGET}
    assert target(host=LOOPBACK, allow_settings="true").lacking == {
        "accounts": NO_ACCOUNT, "reader": NO_READER, "random-examples": NO_BUDGET,
    }  # fmt: skip


@pytest.mark.parametrize("place", ["host", "endpoint"])
def test_random_examples_are_for_real_addresses_with_a_budget(place):
    """Nothing is drawn for what somebody else pays, unless they say how much."""
    given = {place: LOOPBACK}
    assert target(KEY, **given).lacking["random-examples"] == NO_BUDGET
    assert "random-examples" not in target(KEY, **given, budget="100").lacking


def test_without_hypothesis_nothing_is_drawn(monkeypatch):
    """The reason has the command that mends it."""
    monkeypatch.setattr("pytest_polarsearch.targets.find_spec", lambda _name: None)
    assert "pip install 'pytest-polarsearch[properties]'" in target(host=LOOPBACK).lacking["hypothesis"]


def test_a_cluster_elsewhere_needs_a_way_back():
    """Without an address of this machine no mock is started, and what it would show is lacking."""
    found = target(KEY, host=REMOTE, endpoint="models.example")
    assert found.observed is None
    assert found.observer is None
    assert {found.lacking[one] for one in ("upstream-observed", "faults", "private-service")} == {NO_WAY_BACK}
    assert found.service.url == "http://models.example"
    assert found.service.key.reveal() == "sk-real"
    assert target(host=REMOTE).service is None


def test_a_given_address_of_this_machine_is_the_way_back():
    """--polarsearch-advertise: the mock is named by it, on a port of its own unless one is given."""
    found = target(host=REMOTE, advertise="127.0.0.1", allow_settings="true")
    assert found.service == found.observed
    assert found.observed.netloc.startswith("127.0.0.1:")
    assert not found.observed.netloc.endswith(":80")


def test_a_port_of_somebody_else_is_named():
    """Which port, from which option, and what to give in its place."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TargetUnusable) as refused:
            target(host=REMOTE, advertise=f"127.0.0.1:{port}")
    assert str(refused.value) == (
        f"command line --polarsearch-advertise: the built-in mock cannot listen on 127.0.0.1:{port} (Address already "
        "in use); name another port, or none (--polarsearch-advertise 127.0.0.1) for a free one"
    )


def test_a_real_service_beside_built_in_cluster_has_its_own_key():
    """The mock's key never goes to a real service; a keyless one gets a dummy."""
    assert target(KEY, endpoint="127.0.0.1:1").service.key.reveal() == "sk-real"
    assert target(endpoint="127.0.0.1:1").service.key == NO_KEY


@pytest.mark.parametrize(
    ("netloc", "private"),
    [
        ("127.0.0.1:80", True), ("10.1.2.3", True), ("192.168.0.1:1", True), ("172.16.0.1:1", True), ("[::1]:80", True),
        ("169.254.1.1:1", True), ("localhost:1", True), ("8.8.8.8:53", False), ("no-such-name.invalid:1", False),
    ],
)  # fmt: skip
def test_private_addresses_are_known(netloc, private):
    """Those that an engine refuses until it is told otherwise."""
    assert is_private(netloc) is private


def test_a_public_way_back_shows_nothing_of_private_addresses(monkeypatch):
    """The requirement about private addresses is then not judged, and says why."""
    monkeypatch.setattr("pytest_polarsearch.targets.is_private", lambda _netloc: False)
    assert target().lacking["private-service"] == NOT_PRIVATE


INFO = {"version": {"distribution": "opensearch", "number": "3.3.2"}, "tagline": "The OpenSearch Project"}
SEARCH = "POST /_plugins/_ml/connectors/_search"
SETTINGS = "/_cluster/settings"


def fake_replies(**changed):
    """A cluster that can be looked at."""
    empty = answer(200, {"hits": {"hits": []}})
    plain = answer(200, {"persistent": {}, "transient": {}, "defaults": {TRUSTED: [], PRIVATE_IP: "false"}})
    return {"GET /": answer(200, INFO), SEARCH: empty, f"GET {SETTINGS}": plain, **changed}


def opened(url, tmp_path, **given):
    """An open run on that cluster."""
    return open_run(settings(host=url, journal=str(tmp_path), **given), Part("0123456789ab"), lambda _id: True)


def test_a_run_without_permission_says_what_must_be_sent(tmp_path):
    """The hint is the guide's request with the addresses of this run, and nothing was changed."""
    with cluster(fake_replies()) as (fake, ml), opened(ml.client.url, tmp_path, endpoint="models.example:8000") as run:
        (hint,) = run.hints
        assert "models\\\\.example:8000" in hint
        assert "PUT _cluster/settings" in hint
        assert "--polarsearch-allow-settings" in run.lacking["settings"]
        assert "does not trust the built-in mock" in run.lacking["faults"]
    assert not any(line.startswith("PUT") for line in fake.lines)


def test_a_refused_change_is_a_reason_and_no_crash(tmp_path):
    """The account may not change settings, though the run may: the reason is the cluster's."""
    refused = answer(403, {"error": {"type": "security_exception", "reason": "no permissions for [x]"}, "status": 403})
    replies = fake_replies(**{f"PUT {SETTINGS}": refused})
    with cluster(replies) as (_, ml), opened(ml.client.url, tmp_path, allow_settings="true") as run:
        assert "no permissions for [x]" in run.lacking["settings"]
        assert run.hints


def test_settings_that_cannot_be_read_are_no_crash(tmp_path):
    """The run goes on: what needs settings fails in its own words."""
    replies = fake_replies(**{f"GET {SETTINGS}": answer(500, {})})
    with cluster(replies) as (_, ml), opened(ml.client.url, tmp_path) as run:
        assert run.hints == []


def test_a_run_elsewhere_without_a_service_is_unusable(tmp_path, monkeypatch):
    """There is nothing to judge with, and the sentence names both ways out."""
    monkeypatch.setattr("pytest_polarsearch.addresses.Address.on_loopback", False)
    with cluster(fake_replies()) as (_, ml), pytest.raises(TargetUnusable) as told, opened(ml.client.url, tmp_path):
        pytest.fail("opened")
    assert str(told.value) == NO_SERVICE
    assert list(tmp_path.iterdir()) == []


def test_a_run_knows_its_secrets(tmp_path):
    """What it shows has neither key nor password."""
    with cluster(fake_replies()) as (_, ml):
        chosen = settings(KEY, host=ml.client.url, journal=str(tmp_path))
        with open_run(chosen, Part("0123456789ab"), lambda _id: True) as run:
            assert run.redact("sk-real pass-word") == "$YOUR_API_KEY $PASSWORD"


def test_the_administrators_request_is_json():
    """It can be pasted into the Dashboard."""
    told = request_for_administrator({PRIVATE_IP: True})
    assert json.loads(told.partition("PUT _cluster/settings\n")[2]) == {"persistent": {PRIVATE_IP: True}}
