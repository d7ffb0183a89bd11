"""The registry and the checks say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.cli import main
from pytest_polarsearch.requirements.registry import LEVELS, PROVENANCES, RegistryError, load, parse

ROOT = Path(__file__).parents[2]


def test_every_row_has_a_check_or_a_reason() -> None:
    """A requirement is judged by the check of its id, or says why not; never both, never neither."""
    rows, checks = load(), all_checks()
    assert [one.id for one in rows.values() if bool(one.excluded) == (one.id in checks)] == []


def test_every_check_has_a_row() -> None:
    """A check judges a requirement that is written down."""
    assert sorted(set(all_checks()) - set(load())) == []


def test_both_languages_say_something() -> None:
    """Each sentence is there in English and in Chinese."""
    chinese = re.compile("[\u4e00-\u9fff]")
    pairs = {one.id: (one.en + one.breaks, one.zh, one.breaks_zh or one.zh) for one in load().values()}
    assert [one for one, (en, *zh) in pairs.items() if not all(map(chinese.search, zh)) or chinese.search(en)] == []


def test_every_level_is_supported() -> None:
    """The guide and vendors may say MUST, upstream SHOULD; what was seen, or nobody says, is INFO: above that a row
    says what an application loses, in a sentence of its own."""
    for one in load().values():
        above = LEVELS.index(one.level) < LEVELS.index(PROVENANCES[one.provenance])
        assert bool(one.breaks) == above, f"{one.id}: {one.level} by {one.provenance}"
        assert all(text.endswith(end) for text, end in ((one.breaks, "."), (one.breaks_zh, "。")) if above), one.id


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_figures_of_the_readme(readme: str) -> None:
    """The README counts requirements a level and checks as the registry does."""
    rows = load().values()
    counted = {level: sum(row.level == level for row in rows) for level in LEVELS}
    levels = ", ".join(f"{count} {level}" for level, count in counted.items() if count)
    text = (ROOT / readme).read_text(encoding="utf-8")
    sentence = rf"{len(rows)} (requirements|条要求)\W+{re.escape(levels)}\W+{len(all_checks())} (checks|个检查)"
    assert re.search(sentence, text)


WHOLE = {
    "id": "a.b",
    "level": "MUST",
    "en": "It holds.",
    "zh": "成立。",
    "provenance": "guide",
    "source": "step 1",
    "since": "2026.1",
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"level": "MUS"}, "level is 'MUS', not one of MUST"),
        ({"provenance": "rumour"}, "provenance is 'rumour'"),
        ({"zh": ""}, "missing ['zh']"),
        ({"neds": ["chat"]}, "unknown ['neds']"),
        ({"needs": ["telepathy"]}, "needs ['telepathy']"),
        ({"provenance": "upstream"}, "upstream reaches SHOULD by itself; for MUST say in breaks and breaks_zh what"),
        ({"provenance": "recorded", "level": "SHOULD"}, "recorded reaches INFO by itself; for SHOULD say in breaks"),
        ({"provenance": "inferred", "level": "MAY"}, "or lower the level"),
        ({"breaks": "All is lost."}, "missing ['breaks_zh']"),
    ],
)
def test_a_row_that_is_not_whole_is_named(change: dict[str, object], told: str) -> None:
    """The error names file, id and field."""
    row = {**WHOLE, **change}
    text = "[[requirement]]\n" + "\n".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in row.items()
    )
    with pytest.raises(RegistryError, match=r"x\.toml: a\.b: ") as caught:
        list(parse("x.toml", text))
    assert told in str(caught.value)


def test_broken_toml_is_named() -> None:
    """The error names the file and where it broke."""
    with pytest.raises(RegistryError, match=r"x\.toml: "):
        list(parse("x.toml", "[[requirement"))


def test_the_command_prints_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    """`requirements` prints every row, as JSON and as a table in either language."""
    assert main(["requirements", "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in printed] == list(load())
    assert [row["breaks"] for row in printed] == [row.breaks for row in load().values()]
    assert main(["requirements", "--lang", "zh"]) == 0
    table = capsys.readouterr().out
    assert [row.id for row in load().values() if row.zh not in table or row.breaks_zh not in table] == []
