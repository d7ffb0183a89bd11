"""Judging: everything a check can do has one verdict, and what the check made is gone afterwards."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from pytest_polarsearch.checks.context import Context, blocked_by
from pytest_polarsearch.checks.contract import Blocked, Check, Failure, NotApplicable, NotObserved
from pytest_polarsearch.client import NoAnswer
from pytest_polarsearch.exchange import NotJson
from pytest_polarsearch.judging.judge import Court, sentence
from pytest_polarsearch.judging.verdicts import MEANINGS, Verdict
from pytest_polarsearch.provision.cluster_settings import SettingsRefused
from pytest_polarsearch.provision.isolation import Alone
from pytest_polarsearch.provision.lifecycle import ProvisionError
from pytest_polarsearch.requirements.registry import Requirement

from .standins import exchange


class FakeBench:
    """A run of which nothing is used but listening, models and release."""

    def __init__(self, model=None, left=()):
        self.model, self.left, self.released = model, list(left), []
        self.listeners = []
        client = SimpleNamespace(listen=self._listen, clock=None, isolation=Alone())
        self.ml = SimpleNamespace(client=client)
        self.timeout = 0.1

    def _listen(self, listener):
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def shared_model(self, _name):
        if isinstance(self.model, Exception):
            raise self.model
        return self.model

    def scratch(self):
        return object()

    def release(self, _scratch, *, failed):
        self.released.append(failed)
        return self.left


def requirement(level="MUST", **fields):
    """A row."""
    row = {"id": "a.b", "en": "It holds.", "zh": "成立。", "provenance": "guide", "source": "s", "since": "1"}
    return Requirement(level=level, **row, **fields)


def judge(body, *, level="MUST", fails_from="must", bench=None, lacking=None, selected=True, uses=(), **row):
    """The judgement on one check."""
    court = Court(lacking or {}, "3.3", fails_from, lambda _id: selected)
    check = Check("a.b", body, ("x",), tuple(uses))
    return court.judge(requirement(level, **row), check, Context(bench or FakeBench()))


def raising(error):
    """A check that ends so."""

    def body(_ctx):
        raise error

    return body


SEEN = exchange("GET /x", status=500, got=b"no json")
FAILURES = {
    "a failure": Failure("the answer", "one", "another"),
    "no answer": NoAnswer("deadline", "it hangs", SEEN),
    "no JSON": NotJson(SEEN),
    "no model": ProvisionError("deploy", SEEN),
    "settings refused": SettingsRefused(SEEN),
}


def test_a_check_that_ends_has_passed():
    """Nothing raised is a pass, and passes do not fail the run."""
    judged = judge(lambda _ctx: None)
    assert judged.verdict is Verdict.PASS
    assert not judged.meaning.fails


@pytest.mark.parametrize("error", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize(
    ("level", "fails_from", "verdict"),
    [
        ("MUST", "must", Verdict.FAIL),
        ("MUST", "should", Verdict.FAIL),
        ("SHOULD", "must", Verdict.WARN),
        ("SHOULD", "should", Verdict.FAIL),
        ("MAY", "should", Verdict.WARN),
        ("INFO", "should", Verdict.WARN),
    ],
)
def test_what_the_target_does_wrong_counts_by_level(error, level, fails_from, verdict):
    """A broken MUST fails, a broken SHOULD only with --polarsearch-level should, the rest warns."""
    judged = judge(raising(error), level=level, fails_from=fails_from)
    assert judged.verdict is verdict
    assert judged.looked_at
    assert judged.expected
    assert judged.actual


OTHERS = {
    "not applicable": (NotApplicable("it has no such thing"), Verdict.NOT_APPLICABLE, "it has no such thing"),
    "not observed": (NotObserved("no chat request reached"), Verdict.NOT_OBSERVED, "no chat request reached"),
    "blocked": (Blocked("deploy.x", "HTTP 400"), Verdict.BLOCKED, "HTTP 400"),
    "our own error": (KeyError("oops"), Verdict.HARNESS_ERROR, "KeyError: 'oops'"),
    "a bare assertion": (AssertionError("bare"), Verdict.HARNESS_ERROR, "AssertionError: bare"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_every_other_end_has_its_verdict(case):
    """The reason that was given is the reader's reason."""
    error, verdict, why = OTHERS[case]
    judged = judge(raising(error))
    assert (judged.verdict, judged.why) == (verdict, why)


def test_a_should_that_was_not_observed_warns():
    """Only a MUST fails the run for what never came."""
    assert judge(raising(NotObserved("x")), level="SHOULD").verdict is Verdict.WARN


def test_blocked_by_what_this_run_does_not_judge_is_an_error_of_its_own():
    """With -k the foundation may be left out: then nobody else is red, so this one is."""
    judged = judge(raising(Blocked("deploy.x", "HTTP 400")), selected=False)
    assert judged.verdict is Verdict.SETUP_FAILED
    assert judged.meaning.fails


def test_a_missing_capability_keeps_the_check_from_running():
    """Not applicable, with the reason that names the option to change."""
    judged = judge(pytest.fail, needs=("settings",), lacking={"settings": "give --polarsearch-allow-settings"})
    assert (judged.verdict, judged.why) == (Verdict.NOT_APPLICABLE, "give --polarsearch-allow-settings")
    assert judged.code == "capability:settings"


@pytest.mark.parametrize(("engines", "verdict"), [(("3.3", "3.4"), Verdict.PASS), (("2.19",), Verdict.NOT_APPLICABLE)])
def test_a_requirement_of_other_engines_is_not_judged(engines, verdict):
    """Its reason says which engines and which this is."""
    judged = judge(lambda _ctx: None, engines=engines)
    assert judged.verdict is verdict
    assert verdict is Verdict.PASS or judged.why == "it has meaning on 2.19; this target is 3.3"


def test_a_model_that_cannot_be_made_blocks_before_the_check_runs():
    """`uses` is made first; what blocks is the requirement that says so."""
    bench = FakeBench(model=blocked_by(ProvisionError("connector", SEEN), "chat"))
    judged = judge(pytest.fail, bench=bench, uses=["chat"])
    assert judged.code == "blocked:connectors.guide-chat-created"
    assert judged.verdict is Verdict.BLOCKED


@pytest.mark.parametrize("error", [None, Failure("a", "b", "c"), KeyError("x")])
def test_what_a_check_made_is_released_whatever_happened(error):
    """Also after a failure or an error of ours, and the run's record of listening ends."""

    def body(ctx):
        assert ctx.scratch
        if error:
            raise error

    bench = FakeBench(left=["connector c is still there"])
    judged = judge(body, bench=bench)
    assert bench.released == [bool(error)]
    assert judged.left == ("connector c is still there",)
    assert bench.listeners == []


def test_ctrl_c_in_a_check_releases_and_goes_on_up():
    """An interrupt is nobody's verdict."""

    def body(ctx):
        assert ctx.scratch
        raise KeyboardInterrupt

    bench = FakeBench()
    with pytest.raises(KeyboardInterrupt):
        judge(body, bench=bench)
    assert bench.released == [True]
    assert bench.listeners == []


def test_a_failure_shows_its_exchanges_or_the_last_one():
    """What the failure names is shown; where it names none, the last one seen."""

    def body(ctx):
        ctx.exchanges.append(SEEN)
        raise Failure("a", "b", "c")

    assert judge(body).exchanges == (SEEN,)
    other = exchange("GET /y")
    assert judge(raising(Failure("a", "b", "c", [other]))).exchanges == (other,)


def test_notes_and_the_models_stories_are_kept():
    """The report tells what the target does, and how the models came to be."""
    model = SimpleNamespace(story=(SEEN,))

    def body(ctx):
        ctx.note("it does so")
        ctx.model("chat")

    judged = judge(body, bench=FakeBench(model=model))
    assert judged.notes == ("it does so",)
    assert judged.story == (SEEN,)


def test_what_a_check_has_begun_is_over_before_what_it_made_is_removed():
    """The lock of a check is given back when its body ends: nobody waits for its removals."""
    told = []
    bench = FakeBench()

    class Listening(Alone):
        @contextmanager
        def judging(self):
            told.append("held")
            yield
            told.append("given back")

    bench.ml.client.isolation = Listening()
    bench.release = lambda _scratch, *, failed: told.append("removed") or []
    assert judge(lambda ctx: ctx.scratch, bench=bench).verdict is Verdict.PASS
    assert told == ["held", "given back", "removed"]


def test_what_enters_later_is_shown_only_and_what_is_not_judged_stays_so():
    """Of a set that scores nothing, a judgement is provisional with the verdict it would have had."""
    court = Court({"x": "it lacks x"}, "3.3", "must", lambda _id: True, lambda _requirement: False)
    bodies = {"provisional:pass": lambda _ctx: None, "provisional:fail": raising(Failure("a", "b", "c"))}
    for code, body in bodies.items():
        found = court.judge(requirement(), Check("a.b", body, ("x",)), Context(FakeBench()))
        assert (found.verdict, found.code) == (Verdict.PROVISIONAL, code)
    absent = court.judge(requirement(needs=["x"]), Check("a.b", raising(ValueError()), ("x",)), Context(FakeBench()))
    assert (absent.verdict, absent.code) == (Verdict.NOT_APPLICABLE, "capability:x")


@pytest.mark.parametrize(
    ("error", "told"), [(KeyError(), ""), (KeyError("a"), "a"), (OSError(2, "gone"), "[Errno 2] gone")]
)
def test_an_error_of_any_kind_has_its_words(error, told):
    """Also one without any, or whose first argument is no text."""
    assert sentence(error) == told


def test_every_verdict_has_a_meaning():
    """Each has a row, and only verdicts that say something of the target count as judged."""
    assert MEANINGS.keys() == set(Verdict)
    declared = {Verdict.DEVIATION, Verdict.UNEXPECTED_PASS, Verdict.EXPIRED, Verdict.STALE}
    judged = {one for one, meaning in MEANINGS.items() if meaning.judged}
    assert judged == {Verdict.PASS, Verdict.FAIL, Verdict.WARN} | declared
    assert all(meaning.outcome in ("failed", "error") for meaning in MEANINGS.values() if meaning.fails)


def test_a_judgement_travels_in_plain_types():
    """Workers hand it over as JSON could hold it."""
    plain = judge(lambda ctx: ctx.note("n")).plain()
    assert plain == {
        "id": "a.b",
        "level": "MUST",
        "verdict": "pass",
        "code": "",
        "why": "",
        "looked_at": "",
        "expected": "",
        "actual": "",
        "notes": ["n"],
        "zh": {},
        "retries": 0,
        "left": [],
        "causes": [],
    }
    assert all(type(value) in (str, list, int, dict) for value in plain.values())
