"""Frozen requirement sets: what each scores is held, later rows are shown only, a run's plan is told beforehand."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.cli import main
from pytest_polarsearch.judging.words import summary
from pytest_polarsearch.options import BY_DEST
from pytest_polarsearch.requirements.plan import planned
from pytest_polarsearch.requirements.registry import load
from pytest_polarsearch.requirements.sets import golden, scored
from pytest_polarsearch.settings import resolve
from pytest_polarsearch.words import WORDS

OPTION = BY_DEST["polarsearch_requirements"]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    """No setting of this machine is read."""
    for name in ("HOST", "ENDPOINT", "ADVERTISE", "REQUIREMENTS", "ENGINE", "LANG"):
        monkeypatch.delenv(f"POLARSEARCH_{name}", raising=False)


def plan(**given):
    """The plan of a run with these options, by id."""
    settings = resolve(lambda option: given.get(option.name.replace("-", "_")), lambda _option: None, {})
    return {one.id: one for one in planned(settings)}


def test_every_set_can_be_chosen():
    """The option takes the sets that ship, and the newest is its default."""
    folder = resources.files("pytest_polarsearch.requirements") / "sets"
    assert sorted(file.name.removesuffix(".toml") for file in folder.iterdir()) == sorted(OPTION.choices)
    assert OPTION.default == OPTION.choices[-1]


@pytest.mark.parametrize("name", OPTION.choices)
def test_a_set_is_what_the_registry_says_of_it(name):
    """An id that was removed, renamed or moved to another level is a broken promise: see sets/NAME.toml."""
    rows = {row.id: row.level for row in load().values() if scored(row, name) and not row.excluded}
    assert dict(golden(name)) == rows, f"add new requirements to requirements/sets/{name}.toml, or to a later set"


@pytest.mark.parametrize(
    ("since", "chosen", "is_scored"),
    [("2026.1", "2026.1", True), ("2026.2", "2026.1", False), ("2026.10", "2026.9", False), ("2025.4", "2026.1", True)],
)
def test_what_entered_later_is_not_scored(since, chosen, is_scored):
    """Sets sort by number, not by letter."""
    assert scored(replace(load()["connectors.read-back"], since=since), chosen) is is_scored


def test_a_set_is_printed(capsys):
    """`requirements --set` prints what the set scores, and nothing that no check judges."""
    assert main(["requirements", "--set", "2026.1", "--format", "json"]) == 0
    assert {row["id"]: row["level"] for row in json.loads(capsys.readouterr().out)} == dict(golden("2026.1"))


def test_an_unknown_set_is_wrong_use(capsys):
    """Exit status 4, with the closest set that there is."""
    assert main(["requirements", "--set", "2026.11"]) == 4
    assert "did you mean 2026.1?" in capsys.readouterr().err


def test_the_plan_of_the_built_in_pair_is_the_whole_suite():
    """Every check, with its level: the built-in pair lacks only what accounts would need."""
    told = plan()
    assert told.keys() == all_checks().keys()
    assert all(one.state == "judged" or {"accounts", "reader"} & set(one.needs) for one in told.values())
    assert {one.id: one.level for one in told.values()} == dict(golden("2026.1"))


def test_the_plan_names_what_the_target_lacks():
    """Without permission nothing that changes settings is judged, and the reason names the option."""
    told = plan(host="h:1", endpoint="s:2")
    by_need = {one.state for one in told.values() if "settings" in one.needs}
    assert by_need == {"not-applicable"}
    assert "--polarsearch-allow-settings" in next(one.why for one in told.values() if "settings" in one.needs)


def test_the_plan_cannot_know_a_real_engine(monkeypatch):
    """What holds for some engines only is judged perhaps; the emulator's is known."""
    some = load()["connectors.read-back"]
    monkeypatch.setattr("pytest_polarsearch.requirements.plan.load", lambda: {some.id: replace(some, engines=("3.4",))})
    states = {
        where: plan(**{where: what})[some.id].state for where, what in (("host", "127.0.0.1:9"), ("engine", "3.4"))
    }
    assert states == {"host": "perhaps", "engine": "judged"}
    assert plan(engine="2.19")[some.id].state == "not-applicable"


def test_a_plan_without_a_service_is_refused(capsys):
    """As the run would be, before anything is asked of the cluster."""
    assert main(["requirements", "--list", "--host", "far.example:443"]) == 4
    assert "--polarsearch-endpoint" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["md", "json"])
def test_the_plan_is_printed(capsys, form):
    """A line, or an object, a requirement."""
    assert main(["requirements", "--list", "--format", form]) == 0
    told = capsys.readouterr().out
    count = len(json.loads(told)) if form == "json" else len(told.splitlines()) - 2
    assert count == len(all_checks())
    assert "connectors.read-back" in told


@pytest.mark.parametrize("lang", WORDS)
def test_the_summary_tells_provisional_ids_apart(lang):
    """Their own word, what they would have been, and they count neither as judged nor as missing."""
    row = {"id": "a.b", "level": "MUST", "verdict": "provisional", "code": "provisional:fail", "why": "", "causes": []}
    lines: list[str] = []
    summary([row], 1, lang, lines.append)
    assert lines == [
        f"MUST   1 {WORDS[lang]['verdicts.provisional']}",
        WORDS[lang]["judged"].format(judged=0, all=1),
        f"{WORDS[lang]['provisional']} (1 {WORDS[lang]['verdicts.fail']}): a.b",
    ]
