"""Recording -> judgement: no check calls an error wrong that a real engine was recorded to answer.

A check asks for more than one recorded scenario holds: it makes a model of its own, waits for a state, reads back,
cleans up. So each check runs as ever on the emulator of the recorded engine, which test_parity.py holds to the same
recordings, and in place of the emulator's answer to the request that it judges stands, bytes and status and type, what
the real engine answered (`frozen.Frozen` says which request that is). The check's verdict on that answer is computed.

Which check concerns which scenario is the table `data/concerns.toml`. A check that fails a recorded answer must say
why in its row (`wrong`), and a scenario that shows an error and concerns no check must be listed with the reason. Rows
of both kinds turn a test red once they are not true. Beside that, what all checks have in common in reading a refusal
(status, envelope, sentence) is held to every recorded error, whether a check concerns it or not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.checks.claims import Claims
from pytest_polarsearch.checks.contract import Failure
from pytest_polarsearch.exchange import Exchange
from pytest_polarsearch.judging.verdicts import Verdict
from pytest_polarsearch.requirements.registry import load
from pytest_polarsearch.run import Run

from .concerns import ENGINES, Concern, concerns, errors, route, unjudged
from .frozen import Frozen, frozen_run
from .scenarios import names

ROWS = concerns()


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, Run]]:
    """A run on each recorded engine."""
    with ExitStack() as stack:
        yield {engine: stack.enter_context(frozen_run(engine)) for engine in ENGINES}


def judged(run: Run, check: str, frozen: Frozen | None) -> tuple[Verdict, str, list]:
    """The verdict, its words, and what the check itself asked; with a recorded answer among the answers, or without."""
    run.ml.client.frozen = frozen
    try:
        found = run.judge(load()[check], all_checks()[check])
    finally:
        run.ml.client.frozen = None
    return found.verdict, found.why, list(found.own)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("check", sorted({row.check for row in ROWS}))
def test_no_check_calls_recorded_behaviour_wrong(check: str, engine: str, runs: dict[str, Run]) -> None:
    """A check that passes on the engine passes on each recorded answer that concerns it, or its row says why not."""
    verdict, why, own = judged(runs[engine], check, None)
    assert verdict is Verdict.PASS, why
    for row in (one for one in ROWS if one.check == check):
        told = [why for verdict, why in verdicts(runs[engine], row, engine, own) if verdict is not Verdict.PASS]
        assert row.wrong or told == [], f"{check} on {row.scenario} of {engine}"


def verdicts(run: Run, row: Concern, engine: str, own: list) -> Iterator[tuple[Verdict, str]]:
    """What the check says to each answer of the row."""
    for number, step in row.recorded(engine):
        frozen = Frozen(step, row.names, own)
        verdict, why, _ = judged(run, row.check, frozen)
        assert frozen.given, f"{row.check} asks no {frozen.call}: step {number} of {row.scenario} does not concern it"
        yield verdict, why


@pytest.mark.parametrize("row", [row for row in ROWS if row.wrong], ids=lambda row: f"{row.check}-{row.scenario}")
def test_a_reason_is_needed(row: Concern, runs: dict[str, Run]) -> None:
    """A row that says why a recorded answer is called wrong belongs to one that is, on one engine at least."""
    owns = {engine: judged(runs[engine], row.check, None)[2] for engine in ENGINES}
    found = {verdict for engine in ENGINES for verdict, _ in verdicts(runs[engine], row, engine, owns[engine])}
    assert found - {Verdict.PASS}


def test_every_recorded_error_concerns_a_check_or_says_why_not() -> None:
    """No scenario that shows an error is left out, none stands in both lists, and the table names no other."""
    showing = {name for engine, name in names() if errors(engine, name)}
    rows, spared = {row.scenario for row in ROWS}, set(unjudged())
    assert rows | spared == showing
    assert rows & spared == set()
    assert all(unjudged().values())


def test_what_concerns_no_check_is_met_by_none(runs: dict[str, Run]) -> None:
    """No check of all meets, on the engine itself, a refusal that a scenario of the list of reasons shows."""
    run = runs["3.3.2"]
    asked = [one for check in all_checks() for one in judged(run, check, None)[2]]
    met = {sign(one) for one in asked if one.status and not one.ok}
    left = {name for name in unjudged() for _, one, _ in refusals("3.3.2", name) if sign(one) in met - {None}}
    assert left == set()


def sign(answer: Exchange) -> tuple[str, int | None, str] | None:
    """What two refusals of one kind have in common, where no name of a resource is in their words: the first cause."""
    if not answer.error_type:
        return None
    error = answer.json["error"]
    while isinstance(error.get("caused_by"), dict):
        error = error["caused_by"]
    return route(answer.method, answer.path), answer.status, str(error.get("reason"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.check}-{row.scenario}")
def test_every_row_names_what_there_is(row: Concern) -> None:
    """Its check exists, and each of its steps is an error on one engine at least."""
    assert row.check in all_checks()
    found = {number for engine in ENGINES for number, _ in row.recorded(engine)}
    assert found >= set(row.steps)
    assert found


def refusals(engine: str, name: str) -> Iterator[tuple[int, Exchange, Any]]:
    """A scenario's errors by step, as checks get to see them, with what was recorded."""
    for number, step in errors(engine, name):
        recorded = step["response"]
        if "timeout" not in recorded:
            body = recorded.get("text", json.dumps(recorded.get("body"), ensure_ascii=False))
            headers = {"content-type": recorded["content_type"] or ""}
            asked = step["request"]["method"], step["request"]["path"]
            yield number, Exchange(*asked, None, recorded["status"], headers, body.encode()), recorded


@pytest.mark.parametrize("engine", ENGINES)
def test_every_recorded_refusal_is_read_as_one(engine: str) -> None:
    """The claim that checks make of refusals takes each with its status and words, and with no other."""
    claims = Claims(1.0, None)
    told = [(f"{name}:{number}", *rest) for own, name in names() if own == engine
            for number, *rest in refusals(engine, name)]  # fmt: skip
    for place, answer, recorded in told:
        error = (recorded.get("body") or {}).get("error", recorded.get("text", ""))
        words = error["reason"] if isinstance(error, dict) else error
        assert claims.refused(answer, recorded["status"], reason=words) is answer, place
        assert answer.error_type == (error["type"] if isinstance(error, dict) else ""), place
        for status, reason in ((recorded["status"] + 1, ""), (recorded["status"], f"{words} and more")):
            with pytest.raises(Failure):
                claims.refused(answer, status, reason=reason)
    assert len(told) > 400
