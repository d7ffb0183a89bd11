"""The gate, what stands on what, and judgements that travel: their rules, with judging made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.judging.honesty import Gate, gate_of
from pytest_polarsearch.judging.standing import EXPLAINED_BY, FOUNDATIONS, Standing
from pytest_polarsearch.judging.travel import packed, unpacked
from pytest_polarsearch.judging.verdicts import Judgement, Verdict
from pytest_polarsearch.requirements.registry import load

from .standins import exchange

KNOWN = {one: (load()[one], check) for one, check in all_checks().items()}
PROBES = [pair for pair in KNOWN.values() if pair[0].subject == "honesty"]
FIRST, SECOND, THIRD = (row.id for row, _ in PROBES)
OTHER = "chat.finish-reason"


class Judging:
    """Passes everything but what it was told of, and keeps what it was asked."""

    def __init__(self, **red: Judgement) -> None:
        self.red, self.asked = {one.id: one for one in red.values()}, []

    def __call__(self, requirement, check):
        self.asked.append(requirement.id)
        return self.red.get(requirement.id) or Judgement(requirement.id, requirement.level, Verdict.PASS)


def red(one: str, status: int = 500, reason: str = "broken", **fields) -> Judgement:
    """A failure with what the target said."""
    said = exchange("POST /x", status=status, got={"error": {"reason": reason}})
    return Judgement(one, load()[one].level, Verdict.FAIL, "mismatch", f"{one} why", "", "", "what", (said,), **fields)


def test_the_probe_runs_once_and_before_all():
    """Whatever is asked first, the honesty requirements are judged before, and only once."""
    judging = Judging()
    gate = Gate(judging, judging, PROBES)
    verdicts = [gate.judge(*KNOWN[one]).verdict for one in (OTHER, FIRST, OTHER)]
    assert verdicts == [Verdict.PASS] * 3
    assert judging.asked == [FIRST, SECOND, THIRD, OTHER, OTHER]
    assert gate.accusation is None


def test_an_accused_target_is_asked_nothing_more():
    """After the first accusation the other probes and all other requirements are blocked by it."""
    judging = Judging(it=red(SECOND))
    gate = Gate(judging, judging, PROBES)
    found = [gate.judge(*KNOWN[one]) for one in (OTHER, FIRST, SECOND, THIRD)]
    assert [one.verdict for one in found] == [Verdict.BLOCKED, Verdict.PASS, Verdict.FAIL, Verdict.BLOCKED]
    assert (found[0].code, found[0].why) == (f"blocked:{SECOND}", f"{SECOND}: what")
    assert judging.asked == [FIRST, SECOND]


def test_a_worker_believes_what_it_is_told():
    """The controller's judgements, taken apart and put together, stand for the worker's own."""
    judging = Judging()
    told = [unpacked(packed(red(FIRST, own=(exchange(),), notes=("a note",))))]
    gate = Gate(judging, judging, PROBES, told)
    assert gate.judge(*KNOWN[OTHER]).code == f"blocked:{FIRST}"
    assert gate.judge(*KNOWN[FIRST]) == red(FIRST, own=(exchange(),), notes=("a note",))
    assert judging.asked == []


def test_a_packed_judgement_is_made_of_builtin_types():
    """What travels knows neither enumerations nor our classes."""
    plain = packed(red(FIRST))
    assert type(plain["verdict"]) is str
    assert plain["exchanges"][0]["body"] == b'{"error": {"reason": "broken"}}'


def test_foundations_are_requirements_that_are_judged():
    """Each has a check, is a MUST unless it only speaks for one variant, and stands there once."""
    ids = [one.id for one in FOUNDATIONS]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= set(KNOWN)


@pytest.mark.parametrize(
    ("one", "asked", "by"),
    [
        ("chat.finish-reason", "service chat", "chat.stream-false-taken"),
        ("predict.chat-content", "predict chat", "chat.stream-false-taken"),
        ("reranking.scores-in-range", "service rerank.flat", "reranking.top-n-honoured"),
        ("predict.embedding-finite", "predict embedding", "predict.embedding-tensor"),
    ],
)
def test_what_stands_on_a_dead_foundation_is_blocked(one, asked, by):
    """A red that asked what does not answer at all is that one's consequence."""
    judging = Judging(base=red(by), it=red(one, 400, "other words", asked=(asked,)))
    judged = Standing(judging, KNOWN).judge(*KNOWN[one])
    assert (judged.verdict, judged.code, judged.why) == (Verdict.BLOCKED, f"blocked:{by}", f"{by}: {by} why")


def test_a_foundation_that_answers_wrongly_hides_nothing():
    """Where the service answers, though not as it should, other findings stand for themselves."""
    judging = Judging(base=red("embeddings.rows-in-order", 200), it=red("embeddings.unit-length", 200))
    judged = Standing(judging, KNOWN).judge(*KNOWN["embeddings.unit-length"])
    assert judged.verdict is Verdict.FAIL


def test_a_foundation_that_asked_nothing_hides_nothing():
    """A red without any exchange is no sign that nobody answers."""
    silent = replace(red("chat.stream-false-taken"), exchanges=())
    judging = Judging(base=silent, it=red(OTHER, 400, "other words", asked=("service chat",)))
    assert Standing(judging, KNOWN).judge(*KNOWN[OTHER]).verdict is Verdict.FAIL


def test_steps_of_one_kind_are_one_cause_only_in_the_same_words():
    """Two connectors refused for one reason are one red; for two reasons they are two."""
    chat, rerank = "connectors.guide-chat-created", "connectors.guide-rerank-created"
    same = Standing(Judging(a=red(chat), b=red(rerank)), KNOWN)
    other = Standing(Judging(a=red(chat), b=red(rerank, reason="no lists")), KNOWN)
    assert same.judge(*KNOWN[rerank]).code == f"blocked:{chat}"
    assert other.judge(*KNOWN[rerank]).verdict is Verdict.FAIL


def test_a_chain_names_its_root():
    """What stands on a blocked foundation is blocked by the one at the bottom."""
    chat, predict = "chat.stream-false-taken", "predict.chat-content"
    judging = Judging(a=red(chat), b=red(predict, asked=("predict chat",)), c=red(OTHER, asked=("predict chat",)))
    standing = Standing(judging, KNOWN)
    assert standing.judge(*KNOWN[predict]).code == f"blocked:{chat}"
    assert standing.judge(*KNOWN[OTHER]).code == f"blocked:{chat}"


def test_a_request_shows_which_step_was_taken():
    """A check that created connectors itself stands on their creation."""
    one = "connectors.name-missing-refused"
    created = exchange("POST /_plugins/_ml/connectors/_create", status=400)
    judging = Judging(base=red("connectors.guide-chat-created"), it=red(one, own=(created,)))
    assert Standing(judging, KNOWN).judge(*KNOWN[one]).code == "blocked:connectors.guide-chat-created"


def test_what_passes_is_not_doubted():
    """A sound target is asked nothing more."""
    judging = Judging()
    assert Standing(judging, KNOWN).judge(*KNOWN[OTHER]).verdict is Verdict.PASS
    assert judging.asked == [OTHER]


SERVICE_ITSELF, THROUGH_CLUSTER = "embeddings.unit-length", "predict.embedding-unit-length"


def test_the_same_on_both_ways_is_one_red():
    """What is wrong with the service itself explains the same through the cluster."""
    judging = Judging(a=red(SERVICE_ITSELF, 200), b=red(THROUGH_CLUSTER, 200))
    assert Standing(judging, KNOWN).judge(*KNOWN[THROUGH_CLUSTER]).code == f"blocked:{SERVICE_ITSELF}"
    assert Standing(Judging(b=red(THROUGH_CLUSTER, 200)), KNOWN).judge(*KNOWN[THROUGH_CLUSTER]).verdict is Verdict.FAIL


def test_a_warning_explains_no_failure():
    """A run is red for a MUST, also where the SHOULD that says the same is only warned of."""
    order, best = "predict.rerank-order", "reranking.best-first"
    judging = Judging(a=replace(red(best, 200), verdict=Verdict.WARN), b=red(order, 200))
    assert Standing(judging, KNOWN).judge(*KNOWN[order]).verdict is Verdict.FAIL


def test_what_explains_a_red_is_known_to_the_run():
    """A requirement that is not judged in this run cannot be the reason for silence."""
    judging = Judging(a=red(SERVICE_ITSELF, 200), b=red(THROUGH_CLUSTER, 200))
    gate = gate_of(judging, KNOWN, (), selected=lambda one: one == THROUGH_CLUSTER)
    assert gate.judge(*KNOWN[THROUGH_CLUSTER]).verdict is Verdict.FAIL


@pytest.mark.parametrize(("found", "verdict"), [("[]", Verdict.BLOCKED), ("[1, 0]", Verdict.FAIL)])
def test_an_answer_with_nothing_in_it_is_one_red(found, verdict):
    """Whoever looks for something else in an answer without content finds nothing either; a wrong one hides nothing."""
    base = replace(red("embeddings.rows-in-order", 200), actual=found)
    judging = Judging(a=base, b=red(SERVICE_ITSELF, 200, asked=("service embedding",)))
    assert Standing(judging, KNOWN).judge(*KNOWN[SERVICE_ITSELF]).verdict is verdict


def test_everything_that_explains_is_judged():
    """Each has a check on both sides, and nothing explains itself."""
    assert set(EXPLAINED_BY) | set(EXPLAINED_BY.values()) <= set(KNOWN)
    assert not set(EXPLAINED_BY) & set(EXPLAINED_BY.values())


def test_what_the_run_does_not_know_explains_nothing():
    """A red whose requests went over every step stays red where no foundation is among the known."""
    judging = Judging(it=red(OTHER, own=tuple(exchange(line) for line in ("POST /_plugins/_ml/models/x/_predict",))))
    assert Standing(judging, {OTHER: KNOWN[OTHER]}).judge(*KNOWN[OTHER]).verdict is Verdict.FAIL
    assert judging.asked == [OTHER]
