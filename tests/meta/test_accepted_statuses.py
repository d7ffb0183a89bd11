"""Which statuses a refusal may have where engines and vendors differ: the built-in servers answer one of them only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.exchange import Exchange
from pytest_polarsearch.judging.verdicts import Verdict
from pytest_polarsearch.requirements.registry import load
from pytest_polarsearch.run import Run

from ..parity.frozen import FrozenClient, frozen_run

#: Check -> what it takes for the refusal that it judges.
ACCEPTED = {
    "accounts.body-or-permission-first": {400, 403},
    "chat.heat-out-of-range-refused": {400, 422},
    "chat.no-messages-refused": {400, 422},
    "connectors.empty-body-refused": {400, 500},
    "connectors.quote-in-parameter": {400, 404},
    "connectors.request-body-object": {400, 500},
    "embeddings.all-rows-or-none": {400, 413, 422},
    "embeddings.empty-list-refused": {400, 422},
    "embeddings.empty-text-refused": {400, 422},
    "embeddings.unknown-dimension-refused": {400, 422},
    "embeddings.unknown-encoding-refused": {400, 422},
    "failures.dropped-connection-is-error": {500, 502, 503},
    "failures.empty-answer-is-error": {400, 500, 502, 503, 504},
    "failures.page-under-200": {400, 500, 502},
    "failures.read-timeout": {500, 502},
    "failures.unknown-host-is-error": {400, 500},
    "predict.broken-json-refused": {400, 404, 500},
    "predict.chat-stream-asked": {400, 500, 502},
    "predict.refusal-reaches-caller": {400, 422},
    "predict.unknown-algorithm-refused": {400, 404},
    "processing.fewer-results-than-documents": {400, 500},
    "processing.misspelt-function-fails": {400, 500, 501},
    "refusals.broken-json-refused": {400, 422},
    "refusals.code-is-text": {400, 422},
    "refusals.missing-model-refused": {400, 404, 422},
    "refusals.unknown-model-refused": {400, 404},
    "refusals.unknown-path-refused": {400, 401, 403, 404, 405},
    "refusals.wrong-method-refused": {400, 404, 405},
    "register.unknown-connector-refused": {400, 404},
    "reranking.no-documents-refused": {400, 422},
    "substitution.credential-in-url": {400, 404, 500},
    "substitution.endpoint-override": {400, 500},
    "substitution.loop-ends": {400, 500},
    "teardown.connector-in-use-not-deleted": {400, 409, 500},
    "teardown.deployed-model-not-deleted": {400, 409},
    "teardown.group-in-use-not-deleted": {400, 409},
    "updates.connector-in-use-refused": {400, 409},
}


class Stamped:
    """Every refusal with another status, and nothing else of it changed."""

    def __init__(self, status: int) -> None:
        self._status = status

    def instead_of(self, answer: Exchange) -> Exchange:
        """The answer, a refusal with that status."""
        return answer if answer.status is None or answer.status < 400 else replace(answer, status=self._status)


@pytest.fixture(scope="module")
def run_of_stamps() -> Iterator[Run]:
    """A run whose clients stamp what they are told to."""
    with frozen_run("3.3.2") as run:
        yield run


@pytest.mark.parametrize("check", ACCEPTED)
def test_a_refusal_has_one_of_these_statuses(check: str, run_of_stamps: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check passes with each of its statuses, and with none beside them."""
    passed, probed = set(), {near for one in ACCEPTED[check] for near in (one - 1, one, one + 1) if near >= 400}
    for status in probed:
        monkeypatch.setattr(FrozenClient, "frozen", Stamped(status))
        if run_of_stamps.judge(load()[check], all_checks()[check]).verdict is Verdict.PASS:
            passed.add(status)
    assert passed == ACCEPTED[check]
