"""Accounts: what the security plugin answers."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from polarsearch_mock.mlcommons.app import Emulator
from polarsearch_mock.mlcommons.routes import ROUTES
from polarsearch_mock.mlcommons.security import Account

from .asking import ML, Asking

ACCOUNTS = (
    Account("admin", "secret-1"),
    Account("reader", "secret-2", "none"),
    Account("ml", "secret-3", "ml_full_access"),
)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def ask() -> Iterator[Asking]:
    """An emulator with three kinds of accounts."""
    asking = Asking(Emulator("3.4", accounts=ACCOUNTS))
    yield asking
    asking.close()


@pytest.mark.parametrize("header", [None, "nonsense", "Basic !!", _basic("admin", "wrong"), _basic("nobody", "")])
def test_no_or_wrong_credentials_are_401_in_plain_text(ask: Asking, header: str | None) -> None:
    """The body is the one word, the realm is OpenSearch's."""
    answer = ask("GET", "/", None, **({"authorization": header} if header else {}))
    assert (answer.status, answer.body) == (401, "Unauthorized")
    assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
    assert answer.headers["www-authenticate"] == 'Basic realm="OpenSearch Security"'


def test_an_account_without_permissions_is_told_the_action(ask: Asking) -> None:
    """403 names the action and the user."""
    answer = ask("GET", f"{ML}/models/x", None, authorization=_basic("reader", "secret-2"))
    who = "User [name=reader, backend_roles=[], requestedTenant=null]"
    assert answer.status == 403
    assert answer.body["error"]["reason"] == f"no permissions for [cluster:admin/opensearch/ml/models/get] and {who}"


def test_faults_of_the_body_come_before_permissions(ask: Asking) -> None:
    """An empty connector is refused for what it lacks."""
    answer = ask("POST", f"{ML}/connectors/_create", {}, authorization=_basic("reader", "secret-2"))
    assert answer.body["error"]["reason"] == "Connector name is null"


def test_a_model_unknown_to_everybody_is_404_without_permission_too(ask: Asking) -> None:
    """Before any model exists the index is missing for all."""
    answer = ask("POST", f"{ML}/models/x/_predict", {"parameters": {}}, authorization=_basic("reader", "secret-2"))
    assert answer.status == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 200), ("GET", "/_cluster/settings", 200), ("GET", f"{ML}/stats", 200), ("DELETE", "/x", 403)],
)
def test_ml_full_access_opens_the_ml_routes_and_a_few_more(ask: Asking, method: str, path: str, status: int) -> None:
    """The role reads the root and the settings, and may not touch indices."""
    assert ask(method, path, None, authorization=_basic("ml", "secret-3")).status == status


def test_every_route_that_answers_names_its_action() -> None:
    """No row of the route table forgets its permission."""
    assert [route.pattern for route in ROUTES if route.handler and not route.action] == []


def test_passwords_stay_out_of_texts() -> None:
    """An account's repr does not show its password."""
    assert "secret" not in repr(ACCOUNTS)
