"""Every check against its faults and all others; errors planted in checks are noticed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_polarsearch import checks
from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.cli import main
from pytest_polarsearch.judging.verdicts import Judgement, Verdict
from pytest_polarsearch.selftest import (
    Bench,
    KillMatrix,
    declared_faults,
    judge_under,
    kill_matrix,
    known_faults,
    page_of,
)
from pytest_polarsearch.settings import Settings, resolve

PAGE = Path(__file__).parents[2] / "docs" / "kill-matrix.md"
WRITE_AGAIN = "write it again: pytest-polarsearch selftest --matrix docs/kill-matrix.md"


def settings(**given: str) -> Settings:
    """Settings as from a command line."""
    return resolve(lambda option: given.get(option.name), lambda _: None, {})


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """Servers and deployed models for all faults."""
    with closing(Bench(settings(), declared_faults())) as bench:
        yield bench


@pytest.mark.parametrize("engine", ["2.19", "3.3", "3.4"])
@pytest.mark.parametrize("nodes", ["1", "2"])
def test_sound_engines_are_green(engine: str, nodes: str) -> None:
    """On a sound cluster of every engine, on one node and on two, every check passes."""
    judged = judge_under(settings(engine=engine, nodes=nodes), None)
    assert {one: j.why for one, j in judged.items() if j.verdict is not Verdict.PASS} == {}


@pytest.mark.parametrize("fault", declared_faults())
def test_fault_turns_exactly_its_victims_red(fault: str, bench: Bench) -> None:
    """A fault turns the checks red that declare it, and no other, with the published reason code and message."""
    matrix = KillMatrix(all_checks(), bench.sound, {fault: bench.under(fault)})
    assert list(matrix.problems()) == []
    assert set(matrix.markdown().splitlines()) <= set(PAGE.read_text("utf-8").splitlines()), WRITE_AGAIN


@pytest.mark.parametrize("fault", ["mlcommons.tensor-lost", "mlcommons.embedding-register-without-task"])
def test_the_short_way_tells_what_the_long_one_does(fault: str, bench: Bench) -> None:
    """Judging only what a fault reaches gives the verdicts of judging everything in a run under the fault."""
    whole = {one: judged.verdict for one, judged in judge_under(settings(), fault).items()}
    assert {one: judged.verdict for one, judged in bench.under(fault).items()} == whole


@pytest.mark.parametrize(
    ("looked_at", "shown"),
    [
        ("POST /_plugins/_ml/models/_sn-tT-2-QgZVWyJDY1n/_deploy", "POST /_plugins/_ml/models/ID/_deploy"),
        ("POST /_plugins/_ml/models/_undeploy", "POST /_plugins/_ml/models/_undeploy"),
        ("POST /_plugins/_ml/_predict/remote/_predict-9Zk3jQ1b2x", "POST /_plugins/_ml/_predict/remote/ID"),
        ("POST http://127.0.0.1:40001/v1/rerank", "POST /v1/rerank"),
        ("model_state after 0.1 s", "model_state after the deadline"),
        ("a | b", "a \\| b"),
    ],
)
def test_the_table_has_nothing_of_one_run(looked_at: str, shown: str) -> None:
    """Ids, ports and seconds are left out, so that two runs write the same bytes."""
    judged = Judgement("x", "MUST", Verdict.FAIL, "mismatch", "", looked_at=looked_at)
    assert f"| {shown} |" in KillMatrix({}, rows={"mlcommons.x": {"x": judged}}).markdown()


@pytest.mark.parametrize(
    ("given", "gap"),
    [
        ({"code": "", "why": "the shape: expected 1, found 2"}, "gives no reason code"),
        ({"code": "mismatch", "looked_at": "the shape", "actual": "2"}, "its message leaves out expected"),
        ({"code": "not-observed", "why": " "}, "its message leaves out why"),
    ],
)
def test_a_red_that_says_nothing_is_a_problem(given: dict[str, str], gap: str) -> None:
    """A kill without reason code or message counts as a problem that names fault, check and what is missing."""
    judged = Judgement("x", "MUST", Verdict.FAIL, **given)
    spoilt = {"x": replace(all_checks()["predict.embedding-shape"], id="x", killed_by=("mlcommons.f",))}
    problems = list(KillMatrix(spoilt, rows={"mlcommons.f": {"x": judged}}).problems())
    assert problems == [f"mlcommons.f turned x red, but {gap}"]


def test_the_page_is_current() -> None:
    """The published page has every pair of fault and check and no other, and counts them: with the lines that each
    fault is held to, it is the page that a run of all would write."""
    shown = re.findall(r"^(\| `([\w.-]+)` \| `([\w.-]+)` \|.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    declared = sorted((fault, one.id) for one in all_checks().values() for fault in one.killed_by)
    assert [(fault, check) for _, fault, check in shown] == declared, WRITE_AGAIN
    lines: dict[str, list[str]] = {}
    for line, fault, _ in shown:
        lines.setdefault(fault, []).append(line)
    assert page_of(len(all_checks()), lines) == PAGE.read_text("utf-8"), WRITE_AGAIN


def test_two_runs_in_any_order_write_the_same_bytes() -> None:
    """Faults of every kind, on benches of their own and the other way round: answers, ids, deadlines, the mock."""
    faults = (
        "dashscope.shuffled-rows", "mlcommons.connector-in-use-deleted", "mlcommons.never-deployed",
        "mlcommons.quotes-lost", "mlcommons.settings-not-acknowledged", "mlcommons.unknown-model-deployed",
    )  # fmt: skip
    victims = {one: check for one, check in all_checks().items() if {*faults} & {*check.killed_by}}
    pages = []
    for order in (faults, faults[::-1]):
        with closing(Bench(settings(), order, victims)) as bench:
            matrix = KillMatrix(victims, bench.sound, {fault: bench.under(fault) for fault in order})
        assert list(matrix.problems()) == []
        pages.append(matrix.page())
    assert pages[0] == pages[1]


def test_the_command_says_how_it_went(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with 0, writes the matrix, and says and writes the same when run again."""
    told, page = [], tmp_path / "matrix.md"
    for _ in range(2):
        assert main(["selftest", "mlcommons.connector-in-use-deleted", "--matrix", str(page)]) == 0
        told.append((capsys.readouterr().out, page.read_bytes()))
    assert told[0] == told[1]
    assert "| `mlcommons.connector-in-use-deleted` | `teardown.connector-in-use-not-deleted` |" in page.read_text(
        "utf-8"
    )


def test_the_command_fails_for_a_fault_without_victim(capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with 1 and names the fault that no check notices."""
    assert main(["selftest", "dashscope.latency"]) == 1
    assert "dashscope.latency is no check's killer" in capsys.readouterr().out


def test_the_command_knows_no_such_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with 4 and names the closest fault."""
    assert main(["selftest", "mlcommons.tensor-loss"]) == 4
    assert "did you mean mlcommons.tensor-lost?" in capsys.readouterr().err


def test_no_check_without_a_killer() -> None:
    """Every check names a fault that must turn it red."""
    assert [one.id for one in all_checks().values() if not one.killed_by] == []


def test_no_fault_of_the_emulator_without_a_victim() -> None:
    """Every fault of the emulator is declared by some check."""
    assert sorted(set(known_faults()) - set(declared_faults())) == []


def test_the_judge_removes_what_checks_made() -> None:
    """After a check has been judged, red or green, nothing it made is left on the cluster."""
    judged = judge_under(settings(), "mlcommons.chat-answer-lost")
    assert {one: j.left for one, j in judged.items() if j.left} == {}


def test_a_kill_is_named_in_the_table() -> None:
    """The published table names fault, check and what was looked at."""
    table = kill_matrix(settings(), ["mlcommons.tensor-shape-wrong"]).markdown()
    assert (
        "| `mlcommons.tensor-shape-wrong` | `predict.embedding-shape` | warn | mismatch | shape of the tensor" in table
    )


def test_checks_are_found_once() -> None:
    """Modules of checks are found by themselves; two checks of one id would be refused."""
    assert set(checks.all_checks()) == {one.id for one in all_checks().values()}
