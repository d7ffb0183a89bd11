"""Every script of a report, run by bash with curl against the fault that caused it, brings the failing answer again.

By itself this runs a sample: one victim of every second fault, the same ones each time. `EVERY_CURL=1` runs them all.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
from contextlib import ExitStack, contextmanager

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.judging.evidence import needed, script
from pytest_polarsearch.judging.verdicts import Judgement
from pytest_polarsearch.provision.naming import MARK
from pytest_polarsearch.reports.evidence import shell_of
from pytest_polarsearch.selftest import declared_faults
from pytest_polarsearch.selftest.bench import _judged, _opened, _switched_on
from pytest_polarsearch.selftest.matrix import RED
from pytest_polarsearch.targets import MOCK_KEY, open_target

from ..unit.standins import settings

PAIRS = [(fault, one.id) for fault in declared_faults() for one in all_checks().values() if fault in one.killed_by]
SEED = 20261128
#: Faults whose answers are never twice the same, so that only status and fields are compared -> why.
RANDOM = {
    "dashscope.drifting-vectors": "it gives a text another vector each time",
    "dashscope.order-by-chance": "it ranks documents in another order each time",
}
#: What is another in every run: ids, moments, sequence numbers, how often a name was registered, and our marks.
VARYING = (
    (MARK, "(mark)"),
    (re.compile(r'"(?:connector_id|model_id|task_id|_id|id|request_id)"\s*:\s*"[^"]+"'), "ID"),
    (re.compile(r"ChannelDiagnostics\(.*?\)"), "CHANNEL"),
    (re.compile(r'"created":\s*[\d.E]+'), "CREATED"),
    (re.compile(r"[A-Za-z0-9_-]{20,}"), "ID"),
    (re.compile(r"(?<![\d.])\d{10,13}(?![\d.])"), "MOMENT"),
    (re.compile(r'"(?:_seq_no|_version|model_version)"\s*:\s*"?\d+"?'), "COUNTED"),
)


def sample() -> list[tuple[str, str]]:
    """A victim of every second fault, drawn by a seed that is written here, and of each subject one at least."""
    chance = random.Random(SEED)
    faults = sorted({fault for fault, _ in PAIRS})[::2]
    drawn = [chance.choice([pair for pair in PAIRS if pair[0] == fault]) for fault in faults]
    firsts = {check.partition(".")[0]: (fault, check) for fault, check in [*PAIRS, *drawn]}
    return list(dict.fromkeys([*drawn, *firsts.values()]))


CHOSEN = PAIRS if os.environ.get("EVERY_CURL") else sample()


def essence(body: str) -> str:
    """An answer without what is another in every run."""
    for pattern, instead in VARYING:
        body = pattern.sub(instead, body)
    return body


def shape(body: str) -> str:
    """An answer without its numbers."""
    return essence(re.sub(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", "0", body))


@contextmanager
def standing(fault: str, check: str):
    """A run under the fault, the check's judgement in it; the fault stays on inside."""
    with _opened(settings(), all_checks(), open_target) as run, ExitStack() as stack:
        stack.enter_context(_switched_on(run, fault))
        yield run, _judged(run, {check: all_checks()[check]})[check]


def calls(run) -> list[str]:
    """What has reached the model service so far; at least one entry, so that nothing can be compared with nothing."""
    seen = [essence(one.body.decode("utf-8", "replace").rstrip("\n")) for one in run.observer.calls()]
    return seen or ["nothing"]


def answers(text: str, home) -> list[tuple[str, str]]:
    """What each curl of a script got, by bash in an empty environment: status and body. Where the last one got no whole
    answer, so that it failed, its status is none."""
    (home / ".curlrc").write_text('write-out = "\\n@@ %{http_code}\\n"\n')
    env = {
        "PATH": os.environ["PATH"], "HOME": str(home), "CURL_HOME": str(home), "USER_PASSWORD": "self:test",
        "POLARSEARCH_READER": "reader:none", "YOUR_API_KEY": MOCK_KEY.reveal(),
    }  # fmt: skip
    done = subprocess.run(["bash", "-c", text], env=env, capture_output=True, timeout=60, check=False)
    found = re.findall(r"((?:.|\n)*?)\n@@ (\d+)\n", done.stdout.decode("utf-8", "replace"))
    got = [(status, body) for body, status in found]
    return [*got[:-1], NO_ANSWER] if done.returncode else got


NO_ANSWER = ("none", "")


def shown(judged: Judgement) -> tuple[str, str]:
    """The failing answer of a judgement."""
    last = judged.exchanges[-1]
    return (str(last.status), last.text) if last.status else NO_ANSWER


@pytest.mark.parametrize(("fault", "check"), CHOSEN)
def test_the_script_of_a_failure_brings_it_again(fault, check, tmp_path, record_property):
    """The same status and answer as the one that was judged, and at last a request that reached the service then."""
    with standing(fault, check) as (run, judged):
        assert judged.verdict in RED
        assert judged.exchanges, f"nothing is shown of {check} under {fault}"
        text = script(needed(judged.story, judged.own, judged.exchanges), shell_of(run), run.redact)
        before = calls(run)
        found = answers(text, tmp_path)
        after = calls(run)[-1]
    alike = shape if fault in RANDOM else essence
    (status, body), expected = found[-1], shown(judged)
    assert (status, alike(body)) == (expected[0], alike(expected[1]))
    assert after in before
    record_property("scripts run in bash that brought their failure again", 1)


def test_the_sample_speaks_for_all():
    """Every subject of checks is in it, and every fault of the table of exceptions exists."""
    subjects = {check.partition(".")[0] for _, check in PAIRS}
    assert subjects - {check.partition(".")[0] for _, check in sample()} == set()
    assert len(sample()) >= 100
    assert set(RANDOM) <= {fault for fault, _ in PAIRS}
