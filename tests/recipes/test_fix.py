"""`lint --fix`: what is safe is put right, once and for all, and no other byte of the file changes."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch.cli import main
from pytest_polarsearch.recipes.edits import decoded, fixed, safe
from pytest_polarsearch.recipes.findings import rules
from pytest_polarsearch.recipes.lint import lint

from .slips import GUIDE, KEY, WRONG, connector, curl, heredoc, settings, slots_escaped

SAFE = [rule for rule, row in rules().items() if row["safe"]]
SLIPS = [(rule, text) for rule, texts in WRONG.items() for text in texts]


@pytest.mark.parametrize("rule", SAFE)
def test_a_safe_rule_is_put_right(rule):
    """The first slip of each is gone afterwards, and nothing new is there."""
    assert lint(fixed(WRONG[rule][0], lint)) == []


@pytest.mark.parametrize("rule", sorted(rules().keys() - set(SAFE)))
def test_a_rule_that_is_not_safe_changes_nothing(rule):
    """Somebody has to think."""
    assert all(fixed(text, lint) == text for text in WRONG[rule])


@pytest.mark.parametrize(("rule", "text"), SLIPS)
def test_fixing_twice_is_fixing_once(rule, text):
    """Also where several edits wait for each other; and no finding is new."""
    once = fixed(text, lint)
    assert fixed(once, lint) == once
    assert not any(safe(one) for one in lint(once))
    assert {one.rule for one in lint(once)} <= {rule}


@given(st.lists(st.sampled_from(SLIPS), min_size=2, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_fixing_several_in_one_file(slips, end):
    """In any order, with either line end: fixed once is fixed, and what is left was there before."""
    text = "\n\n".join(text if "```" in text else f"```sh\n{text}\n```" for _, text in slips).replace("\n", end)
    once = fixed(text, lint)
    assert fixed(once, lint) == once
    assert {one.rule for one in lint(once)} <= {one.rule for one in lint(text)}
    assert not any(safe(one) for one in lint(once))


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (curl(connector(credential={"api_key": "${K_EY}"})), '"${K_EY}"', "\"'\"${K_EY}\"'\""),
        (settings("^http://a.b/.*$"), "a.b", "a\\\\.b"),
        (f'curl -d "{settings("^http://a.b/.*$")}"'.replace('"', '\\"').replace('\\"', '"', 1)[:-2] + '"\n',
         "a.b", "a\\\\\\\\.b"),
        (heredoc(settings("^http://a.b/.*\\$").replace("\\\\$", "\\$")), "a.b", "a\\\\\\\\.b"),
        (connector(parameters={"endpoint": "http://m.example"}), '"http://m.example"', '"m.example"'),
        (WRONG["quoted-slot-for-list"][0], '\\"${parameters.input}\\"', "${parameters.input}"),
        (WRONG["bare-slot-for-text"][0], "${parameters.model}", '\\"${parameters.model}\\"'),
        (curl('{"text_docs": ["a"]}', "_plugins/_ml/models/$ID/_predict"), "models/$ID/_predict",
         "_predict/text_embedding/$ID"),
        (WRONG["text-docs-route"][0], "models/m/_predict", "_predict/text_embedding/m"),
        (heredoc(slots_escaped(connector()).replace("\\${parameters.model}", "${parameters.model}")),
         "${parameters.model}", "\\${parameters.model}"),
    ],
)  # fmt: skip
def test_an_edit_is_written_as_its_place_wants_it(text, before, after):
    """In JSON's escapes, in the shell's quotes: just these characters change."""
    assert text.count(before) == 1
    assert fixed(text, lint) == text.replace(before, after)


@pytest.mark.parametrize("mark", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encoding_mark_line_ends_and_mode_stay(tmp_path, mark, end):
    """Byte for byte, but for the edit."""
    file = tmp_path / "r.json"
    text = settings("^http://é.example/.*$").replace("\n", end) + end
    file.write_bytes(text.encode(mark))
    file.chmod(0o640)
    assert main(["lint", "--fix", str(file)]) == 0
    assert file.read_bytes() == text.replace("example/", "example/").replace("\\u00e9.", "\\u00e9\\\\.").encode(mark)
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_one(tmp_path):
    """The file it leads to is changed."""
    file, link = tmp_path / "r.json", tmp_path / "link.json"
    file.write_text(WRONG["bare-dots"][0])
    link.symlink_to(file)
    assert main(["lint", "--fix", str(link)]) == 0
    assert link.is_symlink()
    assert lint(file.read_text()) == []


def test_a_file_without_a_safe_finding_is_not_written(tmp_path):
    """Not even its time changes."""
    file = tmp_path / "r.json"
    file.write_text(WRONG["timeout-unit"][0])
    os.utime(file, (1, 1))
    assert main(["lint", "--fix", str(file)]) == 1
    assert file.stat().st_mtime == 1


def test_a_folder_that_cannot_be_written_to_is_exit_2(tmp_path, capsys, monkeypatch):
    """The file stays whole, and nothing is left beside it."""
    file = tmp_path / "r.json"
    file.write_text(WRONG["bare-dots"][0])

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pytest_polarsearch.recipes.edits.shutil.copymode", refused)
    assert main(["lint", "--fix", str(file)]) == 2
    assert "Permission denied" in capsys.readouterr().err
    assert file.read_text() == WRONG["bare-dots"][0]
    assert list(tmp_path.iterdir()) == [file]


def test_a_diff_shows_and_changes_nothing(tmp_path, capsys):
    """Unified, on stdout; findings on stderr; keys nearby are masked."""
    file = tmp_path / "guide.sh"
    text = GUIDE.read_text(encoding="utf-8").replace('"version": "1"', f'"version": "{KEY}"')
    file.write_text(text, encoding="utf-8")
    assert main(["lint", "--diff", str(file)]) == 1
    told = capsys.readouterr()
    assert told.out.count('+        "api_key": "\'"${YOUR_API_KEY}"\'"') == 2
    assert "key-in-single-quotes" in told.err
    assert KEY not in told.out
    assert file.read_text(encoding="utf-8") == text


def test_the_last_line_of_a_diff_without_its_end():
    """Is marked as diff does it."""
    from pytest_polarsearch.recipes.edits import difference

    assert difference("f", "a", "b").endswith("-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n")


def test_texts_in_utf_16_are_read():
    """With their mark; without one they are none."""
    assert decoded("é".encode("utf-16")).text == "é"
    with pytest.raises(UnicodeDecodeError):
        decoded("é".encode("utf-16-le"))
