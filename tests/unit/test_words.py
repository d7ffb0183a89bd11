"""What people read: every sentence of every table stands in a text in front of them, in both languages."""

from __future__ import annotations

import ast
import copy
import json
import re
import string
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import pytest_polarsearch.checks
from pytest_polarsearch import Secret
from pytest_polarsearch.checks.contract import Failure
from pytest_polarsearch.judging.diagnosis import causes
from pytest_polarsearch.judging.evidence import Shell
from pytest_polarsearch.judging.redaction import Redactor
from pytest_polarsearch.judging.travel import packed, unpacked
from pytest_polarsearch.judging.verdicts import Judgement, Verdict
from pytest_polarsearch.judging.words import Writer, in_language, summary
from pytest_polarsearch.opening import open_run
from pytest_polarsearch.provision.removal import Remover
from pytest_polarsearch.reports.events import EventStream
from pytest_polarsearch.requirements.registry import Requirement
from pytest_polarsearch.run import Part
from pytest_polarsearch.session.holder import RunHolder, told_of
from pytest_polarsearch.words import WORDS, plain_text, rows, said, spoken, text_of

from .standins import answer, cluster, exchange, refusal, settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

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
def test_no_string_stands_twice(lang):
    """What is the same for people is the same row."""
    #: In the other language these differ: what the guide calls by one word, a step, a side, somebody who is accused.
    shared = {"cause", "target", "honesty.cluster", "service", "step-service", "honesty.service"}
    counted = Counter(text for key, text in WORDS[lang].items() if key not in shared)
    assert [text for text, times in counted.items() if times > 1] == []


PACKAGE = Path(pytest_polarsearch.checks.__file__).parents[1]
SOURCES = {path.stem: ast.parse(path.read_text("utf-8")) for path in (PACKAGE / "checks").glob("*.py")}


def keys_said(tree):
    """The keys that are given to `said`, one for each branch; of a composed key (`f"a.{b}"`) the beginning."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "said":
            yield from literals(call.args[0])


def test_every_row_is_said_and_every_key_has_a_row():
    """No row is dead, and nobody asks for one that is not there."""
    said_only = ("checks", "reasons", "leftovers", "usage")
    tables = [tomllib.loads((PACKAGE / "words" / f"{name}.toml").read_text("utf-8")) for name in said_only]
    known = {key for table in tables for key, _ in rows(table)}
    trees = [ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")]
    said_here = {key for tree in trees for key in keys_said(tree)}
    begun = tuple(key for key in said_here if key.endswith((".", "-")))
    assert sorted(said_here - known - set(begun)) == []
    assert sorted(key for key in known - said_here if not key.startswith(begun)) == []


@pytest.mark.parametrize("name", [one for one in SOURCES if one not in ("contract", "claims", "bench", "__init__")])
def test_checks_say_nothing_that_has_no_chinese(name):
    """What is looked at, expected and noted is a row of the registry, or a name that is no language's."""
    for call in ast.walk(SOURCES[name]):
        name_called = getattr(call.func, "attr", getattr(call.func, "id", "")) if isinstance(call, ast.Call) else ""
        for place in SPEAKING.get(name_called, ()):
            named = [one.value for one in call.keywords if one.arg == place]
            told = call.args[place : place + 1] if isinstance(place, int) else named
            for text in [text for one in told for text in literals(one)]:
                assert not SENTENCE.search(text), f"{name}:{call.lineno}: {text!r} is a sentence: give it a row"


#: Their texts go to the cluster, not to people: names, the description of a model.
SENT = ("naming", "lifecycle")


@pytest.mark.parametrize("path", sorted((PACKAGE / "provision").glob("*.py")), ids=lambda path: path.stem)
def test_provisioning_says_nothing_that_has_no_chinese(path):
    """What was left, put back or spared is a row of the registry: in the source no sentence stands but docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    documented = [one for one in ast.walk(tree) if isinstance(one, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docs = {id(one.body[0].value) for one in documented if isinstance(one.body[0], ast.Expr)}
    texts = [one for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    found = [one.value for one in texts if id(one) not in docs and SENTENCE.search(one.value)]
    assert bool(found) is (path.stem in SENT), found


#: What puts words before people -> where they stand among its arguments.
SPEAKING = {
    "holds": (1, "expected", "actual"), "equal": (2,), "one_of": (2,), "contains": (2,), "eventually": (2, 3),
    "note": (0,), "not_applicable": (0,), "Failure": (0, 1, 2), "NotApplicable": (0,),
}  # fmt: skip
#: Two words of small letters, one after the other.
SENTENCE = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")


def literals(node):
    """Texts of an expression that are shown as they are: none of what is asked of a function."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    shown = [node.body, node.orelse] if isinstance(node, ast.IfExp) else getattr(node, "values", ())
    for part in shown if isinstance(node, ast.IfExp | ast.JoinedStr | ast.BoolOp) else ():
        yield from literals(part)


def test_a_text_speaks_both_languages_wherever_it_goes():
    """With texts inside it, through copies, through JSON; English is what it is by itself."""
    text = said("after", looked_at=said("predict.length"), seconds="0.1")
    plain = json.loads(json.dumps(plain_text(text)))
    for one in (text, copy.deepcopy(text), text_of(plain)):
        assert one == "length of the vectors after 0.1 s"
        assert spoken(one, "zh") == "向量的长度(0.1 秒后)"
    assert spoken("HTTP 200", "zh") == "HTTP 200"
    with pytest.raises(KeyError):
        said("no-such-row")


def left_over():
    """What a remover says of a connector whose delete is refused."""
    path = "/_plugins/_ml/connectors/c1"
    refused = refusal(403, "security_exception", "no permissions")
    with cluster({f"DELETE {path}": refused, f"GET {path}": answer(200, {})}) as (_, ml):
        remover = Remover(ml, 0.1)
        remover.remove("connector", "c1")
    return remover.left


IN_CHINESE = "connector c1 仍在集群上(HTTP 403: no permissions);DELETE /_plugins/_ml/connectors/c1 即可删除"


@pytest.mark.parametrize("lang", WORDS)
def test_what_a_worker_left_is_told_in_the_runs_language(lang):
    """By the controller, from what the worker handed over in builtin types."""
    left = left_over()
    worker = RunHolder(SimpleNamespace(workeroutput={}), settings(lang=lang))
    worker.left += left
    worker.finish(SimpleNamespace(exitstatus=0))
    holder, lines = RunHolder(SimpleNamespace(), settings(lang=lang)), []
    holder.take_over(json.loads(json.dumps(worker._config.workeroutput)))
    holder.tell(lines.append)
    assert lines == [f"{WORDS[lang]['left']}:", f"  {IN_CHINESE if lang == 'zh' else left[0]}"]


def test_the_event_stream_keeps_both_languages_of_what_was_left(tmp_path):
    """At its end, and with the judgement whose check left it."""
    left, events = left_over(), EventStream(tmp_path / "run.ndjson")
    events.end(1, left, [])
    end = json.loads(events.path.read_text())
    judged = Judgement("a.b", "MUST", Verdict.PASS, left=left)
    for row in (end, json.loads(json.dumps(judged.plain()))):
        assert in_language(row, "left", "zh") == [IN_CHINESE]
        assert in_language(row, "left", "en") == left
    again = unpacked(json.loads(json.dumps(packed(judged))))
    assert [spoken(one, "zh") for one in again.left] == [IN_CHINESE]


def test_the_header_is_told_in_chinese():
    """Target, where its address comes from, the model service, and who else is there."""
    chosen = settings({"POLARSEARCH_ENDPOINT": "models.example:8000"}, insecure="1")
    with open_run(chosen, Part("0123456789ab"), lambda _id: True) as run:
        run.neighbours.append("abcdef123456")
        told, cluster_url, engine = told_of(run), run.target.url, run.engine
    assert spoken(told, "en") == told
    assert spoken(told, "zh") == (
        f"polarsearch:集群 {cluster_url}(内置模拟集群 3.3,证书未经验证),{engine};"
        "模型服务 http://models.example:8000(来自环境变量 POLARSEARCH_ENDPOINT)"
        ";其设置带有运行 abcdef123456 的标记:若该运行仍在别处进行,两者不会互相等待"
    )


@pytest.mark.parametrize("lang", WORDS)
def test_what_was_found_is_told_in_the_runs_language(lang):
    """Subject, expectation and why."""
    failure = Failure(said("predict.length"), said("expect.text"), "2")
    judged = Judgement("a.b", "MUST", Verdict.FAIL, "mismatch", failure.args[0], failure.looked_at, failure.expected)
    told = writer(lang).failure(ROW, judged)
    assert f"{WORDS[lang]['looked-at']}: {WORDS[lang]['predict.length']}" in told
    assert f"{WORDS[lang]['expected']}: {WORDS[lang]['expect.text']}" in told
    row = judged.plain()
    assert in_language(row, "why", "zh") == "向量的长度:预期 一个文本,实际 2"
    assert in_language(row, "why", "en") == row["why"] == "length of the vectors: expected a text, found 2"
    assert spoken(unpacked(json.loads(json.dumps(packed(judged)))).why, "zh") == "向量的长度:预期 一个文本,实际 2"


@pytest.mark.parametrize(("lang", "told"), [("en", "without it: All is lost."), ("zh", "若不成立: 一切尽失。")])
def test_a_failure_says_what_is_lost(lang, told):
    """Where a level stands on what an application loses, the reader is told."""
    row = replace(ROW, breaks="All is lost.", breaks_zh="一切尽失。")
    assert told in writer(lang).failure(row, JUDGED).splitlines()
    assert WORDS[lang]["loss"] not in writer(lang).failure(ROW, JUDGED)


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
    word = WORDS[lang]
    assert lines == [
        f"MUST   2 {word['verdicts.pass']}, 1 {word['verdicts.fail']}, 1 {word['verdicts.not-applicable']}",
        f"SHOULD 1 {word['verdicts.warn']}",
        f"INFO   1 {word['verdicts.not-applicable']}",
        WORDS[lang]["judged"].format(judged=4, all=9),
        f"{WORDS[lang]['not-judged']} (2): {word['verdicts.not-applicable']}: no permission",
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
    assert WORDS[lang]["verdicts.warn"] in "".join(lines[2:])
