"""What people read: every sentence of every table stands in a text in front of them, in both languages."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from pytest_polarsearch import Secret
from pytest_polarsearch.judging.diagnosis import CAUSES, diagnose
from pytest_polarsearch.judging.evidence import Shell
from pytest_polarsearch.judging.redaction import Redactor
from pytest_polarsearch.judging.verdicts import Judgement, Verdict
from pytest_polarsearch.judging.words import WORDS, Writer, summary
from pytest_polarsearch.requirements.registry import Requirement

from .standins import exchange

RECORDED = (Path(__file__).parents[1] / "parity" / "data" / "scenarios.jsonl").read_text(encoding="utf-8")
#: Cause -> words of refusal that it must be found in, as engine or service writes them.
TOLD = {
    "untrusted": "Connector URL is not matching the trusted connector endpoint regex, URL is: http://x",
    "broken-pattern": "Dangling meta character '*' near index 13",
    "private-ip": "Remote inference host name has private ip address: 127.0.0.1",
    "no-permission": "no permissions for [cluster:admin/opensearch/ml/predict] and User [name=reader]",
    "placeholder": "Some parameter placeholder not filled in payload: prompt",
    "payload": 'Invalid payload: { "input": ${parameters.input} }',
    "key": "Error from remote service: Incorrect API key provided.",
    "credential": "Connector credential is null or empty list",
    "throttled": "Error from remote service: You exceeded your current requests list, limit_requests",
    "unreachable-service": "Error communicating with remote model: Connection refused",
    "unknown-host": "x.invalid: Name or service not known",
    "disabled": "Remote Inference is currently disabled. To enable it, update the setting",
    "batch": "batch size is invalid, it should not be larger than 10.",
}
#: Words that no recording has: they need the security plugin, a switched-off engine, a service's own limit.
UNRECORDED = {"no-permission", "disabled", "batch"}
ROW = Requirement("a.b", "MUST", "It holds.", "成立。", "guide", "step 1", "2026.1")
JUDGED = Judgement(
    "a.b", "MUST", Verdict.FAIL, "mismatch", "x", "the answer", "HTTP 200", "HTTP 400",
    exchanges=(exchange("POST /p", {"k": "sk-very-secret"}, 400, {"error": {"reason": TOLD["untrusted"]}}),),
)  # fmt: skip


def writer(lang="en", **how):
    """A writer of a run whose key is a secret."""
    redact = Redactor({"YOUR_API_KEY": Secret("sk-very-secret")})
    return Writer(lang, redact, Shell("http://c:1"), **{"ephemeral": False, **how})


def test_every_cause_has_a_text():
    """A new row needs the words in which it is found."""
    assert {cause.id for cause in CAUSES} == TOLD.keys()


@pytest.mark.parametrize("cause", CAUSES, ids=lambda one: one.id)
def test_a_cause_is_found_in_the_words_of_refusal(cause):
    """Its sentence is given in both languages."""
    assert cause.en in diagnose([TOLD[cause.id]], "en")
    assert cause.zh in diagnose([TOLD[cause.id]], "zh")


@pytest.mark.parametrize("cause", [one for one in CAUSES if one.id not in UNRECORDED], ids=lambda one: one.id)
def test_a_causes_sign_is_recorded(cause):
    """A real engine has said it."""
    assert re.search(cause.sign, RECORDED)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda one: one.id)
def test_a_cause_is_no_other(cause):
    """One refusal has one explanation."""
    assert diagnose([TOLD[cause.id]], "en") == [cause.en]


def test_the_request_of_the_administrator_is_told_where_it_helps():
    """The run's hint goes with causes of trust, and with no other."""
    assert diagnose([TOLD["untrusted"]], "en", ["PUT this"])[-1] == "PUT this"
    assert "PUT this" not in diagnose([TOLD["payload"]], "en", ["PUT this"])
    assert diagnose(["all is well", ""], "en", ["PUT this"]) == []


@pytest.mark.parametrize("lang", WORDS)
def test_both_languages_have_the_same_words_and_places(lang):
    """Each has every key, with the same names to be filled in."""

    def places(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert WORDS[lang].keys() == WORDS["en"].keys()
    for key, text in WORDS[lang].items():
        assert places(text) == places(WORDS["en"][key])


@pytest.mark.parametrize("lang", WORDS)
def test_a_failure_has_all_its_parts(lang):
    """Sentence, source, what was looked at, expected, actual, cause, exchange, and how to repeat it."""
    told = writer(lang).failure(ROW, JUDGED)
    word = WORDS[lang]
    assert told.startswith(f"a.b (MUST, fail): {ROW.sentence(lang)}\n{word['source']}: guide: step 1\n")
    for key in ("looked-at", "expected", "actual", "cause", "exchange", "repeat"):
        assert f"{word[key]}:" in told
    assert "sk-very-secret" not in told
    assert 'curl -sS -X POST "http://c:1/p"' in told


def test_a_repeat_says_what_is_gone():
    """The built-in emulator ended with the run, and so did the mock where the requests name it."""
    told = writer(ephemeral=True, mock="127.0.0.1:7").failure(ROW, JUDGED)
    assert f"# {WORDS['en']['dead'].format(url='http://c:1')}" in told
    assert "127.0.0.1:7" not in told
    with_mock = Judgement("a.b", "MUST", Verdict.FAIL, exchanges=(exchange("POST /p", {"endpoint": "127.0.0.1:7"}),))
    assert WORDS["en"]["mock"].format(netloc="127.0.0.1:7", port="7") in writer(mock="127.0.0.1:7").failure(
        ROW, with_mock
    )


def test_our_own_error_is_not_blamed_on_the_target():
    """It has no curl: repeating requests would show nothing."""
    judged = Judgement("a.b", "MUST", Verdict.HARNESS_ERROR, "harness", "KeyError: 'x'", exchanges=JUDGED.exchanges)
    told = writer().failure(ROW, judged)
    assert "curl" not in told
    assert "KeyError: 'x'" in told


def test_what_a_service_says_cannot_move_the_terminal():
    """Control characters in what was found are shown as text."""
    judged = Judgement("a.b", "MUST", Verdict.FAIL, looked_at="x", expected="y", actual="\x1b[2Jgone\x07")
    assert "\x1b" not in writer().failure(ROW, judged)


def row(level, verdict, why="", identity="a.b"):
    """A judgement as it comes from a worker."""
    return Judgement(identity, level, verdict, "", why).plain()


@pytest.mark.parametrize("lang", WORDS)
def test_the_summary_counts(lang):
    """One line a level, MUST first; what was not judged is counted with its reason."""
    lines: list[str] = []
    rows = [
        row("SHOULD", Verdict.WARN), row("MUST", Verdict.PASS), row("MUST", Verdict.PASS), row("MUST", Verdict.FAIL),
        row("MUST", Verdict.NOT_APPLICABLE, "no permission"), row("INFO", Verdict.NOT_APPLICABLE, "no permission"),
    ]  # fmt: skip
    summary(rows, 9, lang, lines.append)
    assert lines == [
        "MUST   2 pass, 1 fail, 1 not-applicable",
        "SHOULD 1 warn",
        "INFO   1 not-applicable",
        WORDS[lang]["judged"].format(judged=4, all=9),
        f"{WORDS[lang]['not-judged']} (2): not-applicable: no permission",
    ]
