"""The ledger of deviations: what is refused, what an entry does to a verdict, what is wrong whatever ran."""

from __future__ import annotations

from datetime import date

import pytest

from pytest_polarsearch.judging.deviations import Ledger, first_ledger, read_ledger
from pytest_polarsearch.judging.verdicts import MEANINGS, Judgement, Verdict
from pytest_polarsearch.judging.words import untrue
from pytest_polarsearch.requirements.registry import load
from pytest_polarsearch.userfile import UserFileError
from pytest_polarsearch.words import WORDS

TODAY = date(2026, 6, 1)
GOOD = {"id": '"a.b"', "kind": '"known-failing"', "reason": '"why"', "expiry": "2026-12-31"}
TERMS = {"known-failing": "2026-12-31", "known-flaky": "2026-12-31", "not-implemented": None, "expected-skip": None}


def entry(**fields):
    """The text of an entry; None leaves a field out. An expected skip says which."""
    if fields.get("kind") == '"expected-skip"':
        fields.setdefault("code", '"capability:chat"')
    lines = [f"{key} = {value}" for key, value in {**GOOD, **fields}.items() if value is not None]
    return "\n".join(["[[deviation]]", *lines, ""])


@pytest.fixture
def read(tmp_path):
    """Reads entries as a file of this version."""

    def read(*entries, head="version = 1\n", lang="en"):
        path = tmp_path / "ledger.toml"
        path.write_text(head + "\n".join(entries), encoding="utf-8")
        return read_ledger(path, TODAY, lang)

    return read


MISTAKES = {
    "a misspelt kind": ({"kind": '"known-faling"'}, ":4:", "did you mean known-failing?"),
    "a misspelt field": ({"raeson": '"x"'}, ":7:", "did you mean reason?"),
    "no reason": ({"reason": None}, ":2:", "a.b has no reason"),
    "an empty reason": ({"reason": '""'}, ":5:", "a sentence in quotes"),
    "no kind": ({"kind": None}, ":2:", "a.b has no kind"),
    "no id": ({"id": None}, ":2:", "[deviation] has no id"),
    "no expiry": ({"expiry": None}, ":2:", "known-failing and has no expiry"),
    "flaky without expiry": ({"kind": '"known-flaky"', "expiry": None}, ":2:", "known-flaky and has no expiry"),
    "an expiry in quotes": ({"expiry": '"2026-12-31"'}, ":6:", "a date without quotes"),
    "an expiry with a time": ({"expiry": "2026-12-31T10:00:00"}, ":6:", "a date without quotes"),
    "an engine that is a number": ({"engine": "3.3"}, ":7:", "in quotes"),
    "a skip without its reason": ({"kind": '"expected-skip"', "code": None}, ":2:", "expected-skip and has no code"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_place(read, case):
    """File, line, and what is possible there."""
    fields, line, words = MISTAKES[case]
    with pytest.raises(UserFileError) as told:
        read(entry(**fields))
    assert f"ledger.toml{line}" in str(told.value)
    assert words in str(told.value)


def test_the_second_entry_has_its_own_line(read):
    """Not that of the first with the same field."""
    with pytest.raises(UserFileError, match=r"ledger\.toml:10:"):
        read(entry(), entry(kind='"x"'))


#: kind -> verdict as judged -> verdict with the entry; all others stay.
EFFECTS = {
    "known-failing": dict.fromkeys((Verdict.FAIL, Verdict.WARN, Verdict.NOT_OBSERVED), Verdict.DEVIATION)
    | {Verdict.PASS: Verdict.UNEXPECTED_PASS},
    "known-flaky": dict.fromkeys((Verdict.FAIL, Verdict.WARN, Verdict.NOT_OBSERVED), Verdict.DEVIATION),
    "not-implemented": dict.fromkeys((Verdict.FAIL, Verdict.WARN, Verdict.NOT_OBSERVED), Verdict.DEVIATION)
    | {Verdict.PASS: Verdict.UNEXPECTED_PASS},
    "expected-skip": dict.fromkeys((Verdict.PASS, Verdict.WARN), Verdict.STALE),
}


@pytest.mark.parametrize("kind", EFFECTS)
@pytest.mark.parametrize("verdict", Verdict)
def test_an_entry_changes_only_what_it_speaks_of(read, kind, verdict):
    """No kind excuses an error of set-up or of the kit, and nothing unjudged becomes judged."""
    ledger = read(entry(kind=f'"{kind}"', expiry=TERMS[kind]))
    settled = ledger.settle(Judgement("a.b", "MUST", verdict, "capability:chat", why="seen so"), "3.3")
    assert settled.verdict is EFFECTS[kind].get(verdict, verdict)
    assert "seen so" in settled.why


@pytest.mark.parametrize("verdict", [Verdict.UNEXPECTED_PASS, Verdict.EXPIRED, Verdict.STALE])
def test_an_entry_that_is_not_true_fails_the_run(verdict):
    """Whoever reads a green run may believe the ledger."""
    assert MEANINGS[verdict].fails


def test_an_expired_entry_excuses_nothing(read):
    """The last day still counts, the next does not."""
    failed = Judgement("a.b", "MUST", Verdict.FAIL)
    assert read(entry(expiry="2026-06-01")).settle(failed, "3.3").verdict is Verdict.DEVIATION
    assert read(entry(expiry="2026-05-31")).settle(failed, "3.3").verdict is Verdict.EXPIRED


def test_an_entry_holds_for_its_engine_only(read):
    """On another line of engines the failure is one."""
    ledger = read(entry(engine='"2.19"'))
    failed = Judgement("a.b", "MUST", Verdict.FAIL)
    assert ledger.settle(failed, "2.19").verdict is Verdict.DEVIATION
    assert ledger.settle(failed, "3.3").verdict is Verdict.FAIL


def test_an_entry_holds_for_its_vendor_only(read):
    """Under another profile the failure is one; entries of two vendors do not collide."""
    ledger = read(entry(profile='"tei"'), entry(profile='"jina-like"'))
    failed = Judgement("a.b", "MUST", Verdict.FAIL)
    assert ledger.settle(failed, "3.3", "tei").verdict is Verdict.DEVIATION
    assert ledger.settle(failed, "3.3", "dashscope").verdict is Verdict.FAIL
    assert list(ledger.problems(["a.b"])) == []


@pytest.mark.parametrize("verdict", [Verdict.NOT_APPLICABLE, Verdict.BLOCKED])
def test_an_expected_skip_speaks_of_one_reason(read, verdict):
    """Skipped for the declared reason it stays skipped; for another the entry is stale, and says what was seen."""
    ledger = read(entry(kind='"expected-skip"', expiry=None))
    as_said = Judgement("a.b", "MUST", verdict, "capability:chat", "no chat")
    assert ledger.settle(as_said, "3.3") is as_said
    settled = ledger.settle(Judgement("a.b", "MUST", verdict, "capability:settings", "no permission"), "3.3")
    assert settled.verdict is Verdict.STALE
    assert "no permission" in settled.why


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_in_chinese_too(read, case):
    """The same place, other words."""
    fields, line, words = MISTAKES[case]
    with pytest.raises(UserFileError) as told:
        read(entry(**fields), lang="zh")
    assert f"ledger.toml{line}" in str(told.value)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in str(told.value))
    assert words not in str(told.value) or "did you mean" in words


def test_an_entry_says_its_code_only_where_it_has_one(read):
    """Kind, code, reason and place in one line."""
    said = str(read(entry(kind='"expected-skip"', expiry=None)).entries[0])
    assert said.startswith("expected-skip, capability:chat: ")
    assert str(read(entry()).entries[0]).startswith("known-failing: ")


def test_an_empty_ledger_changes_nothing():
    """A run without a file."""
    judged = Judgement("a.b", "MUST", Verdict.FAIL)
    assert Ledger().settle(judged, "3.3") is judged
    assert list(Ledger().problems(())) == []


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([{"id": '"a.c"'}], ["unknown"]),
        ([{}, {}], ["duplicate"]),
        ([{}, {"engine": '"3.3"'}], ["duplicate"]),
        ([{"engine": '"2.19"'}, {"engine": '"3.3"'}], []),
        ([{"expiry": "2026-05-31"}], ["expired"]),
    ],
)
def test_what_is_wrong_whatever_ran(read, entries, words):
    """Unknown, duplicate where both could hold, and expired entries."""
    ledger = read(*(entry(**fields) for fields in entries))
    assert [word for word, _, _ in ledger.problems(["a.b"])] == words


@pytest.mark.parametrize("lang", WORDS)
def test_an_unknown_id_is_told_with_the_closest(read, lang):
    """In either language, with file and line."""
    (sentence,) = untrue(read(entry(id='"connectors.read-bak"')), load(), lang)
    assert "ledger.toml:2" in sentence
    assert {"en": "(did you mean connectors.read-back?)", "zh": "(是否想写 connectors.read-back?)"}[lang] in sentence


def test_a_first_ledger_can_be_read(tmp_path):
    """What is written declares each id, known-failing, for a time."""
    path = tmp_path / "first.toml"
    path.write_text(first_ledger(["connectors.read-back", "own.check"], load().get, TODAY), encoding="utf-8")
    ledger = read_ledger(path, TODAY)
    assert [(one.id, one.kind) for one in ledger.entries] == [
        ("connectors.read-back", "known-failing"), ("own.check", "known-failing"),
    ]  # fmt: skip
    assert all(one.expiry > TODAY for one in ledger.entries)
