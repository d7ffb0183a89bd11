"""What people read: every sentence of every table stands in a text in front of them, in both languages."""

from __future__ import annotations

import string

import pytest

from pytest_polarsearch import Secret
from pytest_polarsearch.judging.diagnosis import causes
from pytest_polarsearch.judging.evidence import Shell
from pytest_polarsearch.judging.redaction import Redactor
from pytest_polarsearch.judging.verdicts import Judgement, Verdict
from pytest_polarsearch.judging.words import WORDS, Writer, summary
from pytest_polarsearch.requirements.registry import Requirement

from .standins import exchange

ROW = Requirement("a.b", "MUST", "It holds.", "成立。", "guide", "step 1", "2026.1")
JUDGED = Judgement(
    "a.b", "MUST", Verdict.FAIL, "mismatch", "x", "the answer", "HTTP 200", "HTTP 400",
    exchanges=(exchange("POST /p", {"k": "sk-very-secret"}, 400, {"error": {"reason": "no"}}),), causes=("untrusted",),
)  # fmt: skip


def writer(lang="en", **how):
    """A writer of a run whose key is a secret."""
    redact = Redactor({"YOUR_API_KEY": Secret("sk-very-secret")})
    return Writer(lang, redact, Shell("http://c:1"), **{"ephemeral": False, **how})


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


@pytest.mark.parametrize("lang", WORDS)
def test_the_first_cause_stands_at_the_top(lang):
    """Before all counts: what explains the red ones, the most telling first, and how many it explains."""
    lines: list[str] = []
    red = Judgement("a.b", "MUST", Verdict.FAIL, causes=("payload",)).plain()
    untrusted = Judgement("a.c", "MUST", Verdict.SETUP_FAILED, causes=("untrusted", "payload")).plain()
    warned = Judgement("a.d", "SHOULD", Verdict.WARN, causes=("batch",)).plain()
    summary([red, untrusted, red, warned], 9, lang, lines.append)
    first, second = causes()["untrusted"].sentence(lang), causes()["payload"].sentence(lang)
    assert lines[:2] == [
        WORDS[lang]["root"].format(count=1, sentence=first), WORDS[lang]["root"].format(count=2, sentence=second),
    ]  # fmt: skip
    assert "warn" in "".join(lines[2:])
