"""The requirements: every row is whole, and one that is not is refused with its place."""

from __future__ import annotations

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.requirements.registry import CAPABILITIES, LEVELS, RegistryError, load, parse

ROW = {
    "id": '"a.b"', "level": '"MUST"', "en": '"It holds."', "zh": '"成立。"',
    "provenance": '"guide"', "source": '"step 1"', "since": '"2026.1"',
}  # fmt: skip


def toml(**changed):
    """One row as TOML; None leaves a key out."""
    row = {**ROW, **changed}
    return "[[requirement]]\n" + "\n".join(f"{key} = {value}" for key, value in row.items() if value is not None)


def test_a_whole_row_is_read():
    """Every field stands where it belongs."""
    (row,) = parse("x.toml", toml(needs='["settings", "chat"]', engines='["3.3"]'))
    assert (row.id, row.subject, row.level, row.needs, row.engines) == (
        "a.b",
        "a",
        "MUST",
        ("settings", "chat"),
        ("3.3",),
    )
    assert (row.sentence("en"), row.sentence("zh")) == ("It holds.", "成立。")


@pytest.mark.parametrize("key", ROW)
@pytest.mark.parametrize("value", [None, '""'])
def test_a_row_without_a_field_is_refused(key, value):
    """Missing and empty are the same: the refusal names file and field."""
    with pytest.raises(RegistryError, match=rf"x\.toml: .*{key}"):
        list(parse("x.toml", toml(**{key: value})))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"level": '"must"'}, "level is 'must', not one of MUST"),
        ({"provenance": '"hearsay"'}, "provenance is 'hearsay', not one of guide"),
        ({"needs": '["teleport"]'}, "teleport"),
        ({"declares": '"teleport"'}, "declares 'teleport'"),
        ({"colour": '"red"'}, r"unknown \['colour'\]"),
    ],
)
def test_a_row_with_a_strange_value_is_refused(changed, words):
    """The refusal names file, id, field and what is possible."""
    with pytest.raises(RegistryError, match=rf"x\.toml: a\.b: .*{words}"):
        list(parse("x.toml", toml(**changed)))


def test_a_file_that_is_no_toml_is_refused():
    """The refusal names the file and the line."""
    with pytest.raises(RegistryError, match=r"x\.toml: .*line 2"):
        list(parse("x.toml", "[[requirement]]\nid = \n"))


def test_every_check_has_its_row_and_every_row_its_check():
    """A requirement is judged by the check of the same id, or excluded with a reason."""
    rows = load()
    assert {row.id for row in rows.values() if not row.excluded} == all_checks().keys()


def test_the_forty_of_the_first_issue_are_there():
    """At least forty requirements, over all steps of the guide, in both languages."""
    rows = load()
    assert len(rows) >= 40
    assert {row.subject for row in rows.values()} >= {
        "settings",
        "connectors",
        "register",
        "deploy",
        "predict",
        "teardown",
    }
    assert all(row.level in LEVELS and set(row.needs) <= set(CAPABILITIES) for row in rows.values())
    assert all(row.en.endswith(".") and row.zh.endswith("。") for row in rows.values())


def test_every_check_names_what_kills_it():
    """A check that no fault turns red judges nothing."""
    assert [one.id for one in all_checks().values() if not one.killed_by] == []
