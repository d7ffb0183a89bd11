"""The self-test through the proxy, before servers of another process, proves what it proves on its own servers."""

from __future__ import annotations

import io
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.cli import main
from pytest_polarsearch.preflight import TargetUnusable
from pytest_polarsearch.provision.cluster_settings import PRIVATE_IP, TRUSTED
from pytest_polarsearch.selftest import declared_faults, kill_matrix
from pytest_polarsearch.selftest.bench import patience_for
from pytest_polarsearch.settings import Settings, resolve
from tests.plugin.conftest import ACCOUNT, PLAIN_KEY, READER, Served, guarded, plain  # noqa: F401  fixtures

PAGE = Path(__file__).parents[2] / "docs" / "kill-matrix.md"
SECRETS = {"USER_PASSWORD": ACCOUNT, "POLARSEARCH_READER": READER, "YOUR_API_KEY": PLAIN_KEY}
#: One fault of each table and of each place where faults act; with the environment variable WHOLE_MATRIX all of them.
SLICE = tuple(declared_faults()) if os.environ.get("WHOLE_MATRIX") else (
    "mlcommons.untrusted-accepted", "mlcommons.tensor-shape-wrong", "mlcommons.connector-in-use-deleted",
    "mlcommons.credential-in-get", "mlcommons.second-node-fails", "mlcommons.withdrawn-trust-breaks",
    "mlcommons.pattern-matches-partly", "mlcommons.ids-of-another-form", "mlcommons.refusal-shows-credentials",
    "mlcommons.quotes-lost", "mlcommons.key-cut", "mlcommons.deploy-flag-ignored", "mlcommons.similarity-renamed",
    "mlcommons.chat-register-without-task", "dashscope.unsorted", "dashscope.sse-cut", "dashscope.any-key-taken",
    "dashscope.text-in-letters",
)  # fmt: skip


def settings(served: Served, secrets: dict[str, str], tmp_path: Path, **given: str | None) -> Settings:
    """Settings as from a command line that names a served cluster."""
    named = {"host": served.polarsearch, "ca": served.ca or None, "journal": str(tmp_path), **given}
    return resolve(lambda option: named.get(option.name), lambda _: None, secrets)


class Proved(NamedTuple):
    """A self-test by the command: how it ended, what it said, the page it wrote, all else that it wrote."""

    status: int
    said: str
    page: str
    files: str


@pytest.fixture(scope="module")
def proved(guarded: Served, tmp_path_factory: pytest.TempPathFactory) -> Proved:  # noqa: F811
    """On a cluster with https and accounts, and a service with a key; secrets come from the environment alone."""
    folder, before = tmp_path_factory.mktemp("proved"), (guarded.persistent(), guarded.resources())
    options = ["--host", guarded.polarsearch, "--ca", guarded.ca, "--endpoint", guarded.dashscope, "--allow-settings"]
    files = ["--budget", "100000", "--journal", str(folder / "journal"), "--matrix", str(folder / "matrix.md")]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as out:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        status = main(["selftest", *SLICE, *options, *files])
    assert (guarded.persistent(), guarded.resources()) == before
    written = [one.read_text("utf-8") for one in sorted(folder.rglob("*")) if one.is_file()]
    return Proved(status, out.getvalue(), (folder / "matrix.md").read_text("utf-8"), "".join(written))


def test_the_matrix_is_the_published_one(proved: Proved) -> None:
    """Every row of these faults is the same, byte for byte, as where everything is built in, and nothing is wrong."""
    rows = tuple(f"| `{fault}` |" for fault in SLICE)
    published = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(rows)]
    assert [line for line in proved.page.splitlines() if line.startswith("| `")] == published
    assert proved.status == 0


def test_every_check_is_judged_there(proved: Proved) -> None:
    """With permission, accounts, key and budget there is no check that such a target cannot be judged by."""
    assert proved.said.endswith(f"{len(all_checks())} checks, {len(SLICE)} faults, 0 problems\n")
    assert "cannot be judged" not in proved.said
    assert "Not proved" not in proved.page


def test_no_secret_is_told(proved: Proved) -> None:
    """Passwords and keys stand neither in what is said nor in a file that is written."""
    secrets = [value.rpartition(":")[2] for value in SECRETS.values()]
    assert [secret for secret in secrets if secret in proved.said + proved.files] == []


@contextmanager
def trusting(served: Served) -> Iterator[None]:
    """Inside, the cluster trusts this machine, as its administrator has it."""
    trust = {TRUSTED: ["^http://127\\.0\\.0\\.1:.*$"], PRIVATE_IP: True}
    served.ask("PUT", "/_cluster/settings", {"persistent": trust})
    yield
    served.ask("PUT", "/_cluster/settings", {"persistent": dict.fromkeys(trust)})


def test_without_permission_and_trust_it_asks_for_them(plain: Served, tmp_path: Path) -> None:  # noqa: F811
    """Where the cluster trusts nobody and may not be changed, the request for its administrator is told."""
    with pytest.raises(TargetUnusable, match="an administrator must send:\nPUT _cluster/settings\n"):
        kill_matrix(settings(plain, {}, tmp_path), SLICE[:1])


def test_what_a_target_has_not_is_said(plain: Served, tmp_path: Path) -> None:  # noqa: F811
    """Without permission and accounts the checks that need them are named with the reason, and so are their faults."""
    names = ("settings.trust-withdrawn", "accounts.anonymous-refused", "predict.embedding-shape")
    checks = {one: check for one, check in all_checks().items() if one in names}
    faults = ["mlcommons.withdrawn-trust-breaks", "mlcommons.anonymous-served", "mlcommons.tensor-shape-wrong"]
    with trusting(plain):
        matrix = kill_matrix(settings(plain, {}, tmp_path), faults, checks=checks)
    told = list(matrix.not_here())
    assert any(one.endswith("give --polarsearch-allow-settings: settings.trust-withdrawn") for one in told)
    assert told[-2:] == [f"{fault} has no check left to turn red on this target" for fault in sorted(faults[:2])]
    assert matrix.victims(faults[2]) == ["predict.embedding-shape"]
    assert matrix.page().endswith("\n".join(f"- {sentence}" for sentence in told) + "\n")
    assert list(matrix.problems()) == []


def test_the_key_stays_between_proxy_and_service(proved: Proved, guarded: Served) -> None:  # noqa: F811
    """Nothing that the cluster was asked, nor any connector of it, has held the service's key."""
    assert proved.status == 0
    calls = guarded.ask("GET", "/__polarsearch_mock__/calls").json()["calls"]
    assert [call for call in calls if call["path"].endswith("/connectors/_create")]
    assert PLAIN_KEY not in json.dumps(calls)


def test_a_setting_that_a_fault_kept_is_put_back(plain: Served, tmp_path: Path) -> None:  # noqa: F811
    """Under a fault by which null clears nothing a check cannot undo its change; it is undone afterwards."""
    fault = "mlcommons.null-clears-nothing"
    checks = {one: check for one, check in all_checks().items() if fault in check.killed_by or "auto-deploy" in one}
    before = plain.persistent()
    matrix = kill_matrix(settings(plain, {}, tmp_path, **{"allow-settings": "true"}), [fault], checks=checks)
    assert matrix.victims(fault) == sorted(one for one, check in checks.items() if fault in check.killed_by)
    assert plain.persistent() == before


def test_a_vendors_endpoint_is_enough(guarded: Served, tmp_path: Path) -> None:  # noqa: F811
    """With an endpoint alone the cluster is built in, with accounts; faults of both sides act."""
    names = ("accounts.reader-refused", "embeddings.rows-in-order", "substitution.quotes-survive")
    checks = {one: check for one, check in all_checks().items() if one in names}
    faults = ["mlcommons.reader-served", "mlcommons.quotes-lost", "dashscope.shuffled-rows"]
    given = {"endpoint": guarded.dashscope, "host": None, "ca": None}
    matrix = kill_matrix(settings(guarded, {"YOUR_API_KEY": PLAIN_KEY}, tmp_path, **given), faults, checks=checks)
    assert list(matrix.problems()) == []
    assert list(matrix.not_here()) == []


def taken_after_a_free_one() -> socket.socket:
    """A port that is taken, where nobody has the one before it."""
    while True:
        taken = socket.create_server(("127.0.0.1", 0))
        try:
            socket.create_server(("127.0.0.1", taken.getsockname()[1] - 1)).close()
        except OSError:
            taken.close()
        else:
            return taken


def test_a_port_that_is_taken_is_named(guarded: Served, tmp_path: Path) -> None:  # noqa: F811
    """The proxy before the service takes the port after the advertised one, and says which option to change."""
    with taken_after_a_free_one() as taken:
        port = taken.getsockname()[1]
        given = {"endpoint": guarded.dashscope, "allow-settings": "true", "advertise": f"127.0.0.1:{port - 1}"}
        with pytest.raises(TargetUnusable, match=f":{port}, the port after that of --polarsearch-advertise, cannot"):
            kill_matrix(settings(guarded, SECRETS, tmp_path, **given), SLICE[:1])


@pytest.mark.parametrize(
    ("seconds", "models", "most", "patience"), [(0.001, 5, 30, 0.1), (2.0, 5, 30, 2.0), (60.0, 5, 30, 30)]
)
def test_states_are_waited_for_as_the_cluster_needs(seconds: float, models: int, most: float, patience: float) -> None:
    """Five times as long as a model took to be made without a fault, and no longer than a request may take."""
    assert patience_for(seconds, models, most) == patience


def test_a_spent_budget_is_said(guarded: Served, tmp_path: Path) -> None:  # noqa: F811
    """Where the calls are spent under a fault, the check is not said to have held: the budget is blamed."""
    checks = {one: check for one, check in all_checks().items() if one == "predict.embedding-shape"}
    given = {"endpoint": guarded.dashscope, "allow-settings": "true", "budget": "1"}
    matrix = kill_matrix(settings(guarded, SECRETS, tmp_path, **given), ["mlcommons.tensor-shape-wrong"], checks=checks)
    (problem,) = matrix.problems()
    assert problem.startswith("mlcommons.tensor-shape-wrong: predict.embedding-shape could not be judged under it")
    assert "--polarsearch-budget 1 does not allow" in problem
