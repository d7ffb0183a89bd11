"""The rules of lifecycles: sound clusters keep them in any order of calls; what breaks one is found, shrunk to a few
steps, and repeated by the script that the failure prints."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.checks.bench import Sampling
from pytest_polarsearch.checks.lifecycles import RULES
from pytest_polarsearch.judging.evidence import needed, script
from pytest_polarsearch.judging.verdicts import Verdict
from pytest_polarsearch.opening import open_run
from pytest_polarsearch.provision.naming import new_run_id
from pytest_polarsearch.reports.evidence import shell_of
from pytest_polarsearch.requirements.registry import load
from pytest_polarsearch.run import Part, Run
from pytest_polarsearch.settings import resolve

ONE = "lifecycles.any-order-keeps-the-rules"
#: Slips that no other check finds -> what the last answer of the shortest way there says, and should not.
PLANTED = {
    "connector-freed-too-early": {"result": "deleted"},
    "neighbour-undeployed": {"model_state": "UNDEPLOYED"},
    "deleted-model-predicts": {"inference_results": [{"output": [], "status_code": 200}]},
    "deleted-again": {"result": "deleted"},
    "update-undeploys": {"model_state": "UNDEPLOYED"},
}
#: Seconds in which the built-in servers reach every state.
SOON = 0.2


@contextmanager
def opened(**given: str) -> Iterator[Run]:
    """A run on built-in servers with these options."""
    settings = resolve(lambda option: given.get(option.name), lambda _: None, {})
    with open_run(settings, Part(new_run_id()), all_checks().__contains__) as run:
        run.timeout = SOON
        yield run


def judged(run: Run) -> Any:
    """The judgement of the check of lifecycles."""
    return run.judge(load()[ONE], all_checks()[ONE])


@pytest.mark.parametrize("engine", ["2.19", "3.3", "3.4"])
@pytest.mark.parametrize("nodes", ["1", "2"])
def test_random_lifecycles_keep_to_the_rules(engine: str, nodes: str) -> None:
    """Whatever the order of calls, a sound cluster of every engine does what the rules say, and nothing is left."""
    with opened(engine=engine, nodes=nodes, examples="20", seed="7") as run:
        run.timeout = 30
        found = judged(run)
        assert (found.verdict, found.why, found.left) == (Verdict.PASS, "", ())
        assert found.notes == ("held for 20 examples, drawn with --polarsearch-seed 7",)


def test_every_verb_has_a_rule_in_every_state() -> None:
    """No step of a random lifecycle is without one, and none allows everything."""
    of_models = {state for verb, state in RULES if verb == "deploy"}
    of_connectors = {state for verb, state in RULES if verb == "register"}
    verbs = {verb for verb, _ in RULES}
    assert {one for one in verbs if {s for v, s in RULES if v == one} not in (of_models, of_connectors)} == set()
    assert all(1 <= len(rule) <= 3 for rule in RULES.values())


def told(text: str) -> list[Any]:
    """The JSON documents that a script printed, one after the other."""
    found, decoder, at = [], json.JSONDecoder(), 0
    while (at := text.find("{", at)) >= 0:
        document, at = decoder.raw_decode(text, at)
        found.append(document)
    return found


def repeated(run: Run, found: Any) -> Any:
    """The last answer of the failure's script, run in bash against the cluster as it is now."""
    text = script(needed(found.story, found.own, found.exchanges), shell_of(run), run.redact)
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    done = subprocess.run(
        ["bash", "-euc", text], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return told(done.stdout)[-1]


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
@pytest.mark.parametrize("fault", PLANTED)
def test_a_slip_is_found_and_repeated_in_few_steps(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six steps at most; their script, run in bash, shows it again on the broken cluster, and not on a sound one."""
    monkeypatch.setattr(Sampling, "patience", 3600.0)
    with opened(level="should") as run:
        with run.target.faulty["mlcommons"].fault(fault):
            found = judged(run)
            assert found.verdict is Verdict.FAIL
            steps = json.loads(found.actual.values["other"].values["value"])
            assert 3 <= len(steps) <= 6, steps
            broken = repeated(run, found)
        sound = repeated(run, found)
    assert {key: broken.get(key) for key in PLANTED[fault]} == PLANTED[fault]
    assert {key: sound.get(key) for key in PLANTED[fault]} != PLANTED[fault]
