"""`pytest-polarsearch lint`: what it prints, its options, exit statuses, comments, standard input."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import jsonschema
import pytest

from pytest_polarsearch.cli import main
from pytest_polarsearch.recipes.findings import rules

from .slips import GUIDE, KEY, RIGHT, WRONG, connector, curl, settings

BROKEN = curl(settings("^http://ep-***.x/.*$"), "_cluster/settings")


def given(tmp_path, text, name="recipe.sh"):
    """A file that holds it, byte for byte."""
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def test_a_finding_names_its_place_why_and_what_to_do(tmp_path, capsys):
    """File, line, column, rule; then the other two. Exit status 1."""
    file = given(tmp_path, f"# trust it\n{BROKEN}")
    assert main(["lint", file]) == 1
    line, why, fix = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{file}:7:8: broken-pattern Java cannot read the pattern ^http://ep-***")
    assert "cannot be created" in why
    assert "escape the dots" in fix
    assert main(["lint", file, "--lang", "zh"]) == 1
    assert "Java 无法解析" in capsys.readouterr().out


def test_nothing_wrong_says_nothing(tmp_path, capsys):
    """Exit status 0."""
    assert main(["lint", given(tmp_path, RIGHT["embedding"])]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "content", [b"no body here", b"\xff\xfe\xff", None, b'{"a": }', b"[1]", b'{"name": "a package"}', b"{" * 300 + b"}"]
)
def test_what_cannot_be_read_is_exit_2(tmp_path, capsys, content):
    """Also beside files with findings; the sentence names the file, and says why."""
    file, other = str(tmp_path / "recipe.txt"), given(tmp_path, WRONG["secret"][0], "connector.json")
    if content is not None:
        given(tmp_path, content, "recipe.txt")
    assert main(["lint", file, other]) == 2
    told = capsys.readouterr()
    assert f"{file}: cannot be judged: " in told.err
    assert "secret" in told.out
    assert KEY not in told.out


def test_broken_json_is_named_by_its_place(tmp_path, capsys):
    """Line and column of a file that is to be JSON as a whole."""
    assert main(["lint", given(tmp_path, '{\n  "a": 1,,\n}')]) == 2
    assert "line 2, column 10: no JSON: a text in double quotes" in capsys.readouterr().err


def test_files_without_a_recipe_may_be_allowed(tmp_path):
    """So that a hook can be given every text of a repository; what is broken is not allowed with them."""
    file = given(tmp_path, "# A page\n")
    assert main(["lint", file]) == 2
    assert main(["lint", "--allow-empty", file]) == 0
    assert main(["lint", "--allow-empty", given(tmp_path, b"\xff")]) == 2


def test_a_secret_is_found_in_any_text(tmp_path, capsys):
    """Also where there is no recipe; a note about that is no reason to leave it."""
    assert main(["lint", "--allow-empty", given(tmp_path, f"export YOUR_API_KEY={KEY}\n")]) == 1
    assert ":1:21: secret" in capsys.readouterr().out


def test_rules_are_selected_and_ignored(tmp_path, capsys):
    """By id, with commas or one by one; what is ignored is not selected."""
    file = str(GUIDE)
    assert main(["lint", file, "--select", "broken-pattern,top-n-dropped", "--ignore", "top-n-dropped"]) == 1
    assert capsys.readouterr().out.count(f"{file}:") == 2
    assert main(["lint", file, *(f"--ignore={rule}" for rule in rules())]) == 0


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_a_rule_that_does_not_exist_is_wrong_use(capsys, option):
    """Exit status 4, with the closest one."""
    with pytest.raises(SystemExit, match="4"):
        main(["lint", "x.json", option, "secret,broken-patern"])
    assert "there is no rule broken-patern (did you mean broken-pattern?)" in capsys.readouterr().err


def test_an_engine_is_asked_for(tmp_path):
    """A rule of some engines is silent for the others."""
    file = given(tmp_path, WRONG["stream-parameter"][0])
    assert [main(["lint", file, "--engine", name]) for name in ("2.19", "3.3")] == [0, 1]


def test_standard_input(monkeypatch, capsys):
    """By the name `-`; with --fix stdout has the text put right, and stderr what is left."""
    text = WRONG["bare-dots"][0]
    for arguments, status in ((["lint", "-"], 1), (["lint", "-", "--fix"], 0)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert main(arguments) == status
    told = capsys.readouterr()
    assert told.out.startswith("-:4:8: bare-dots")
    assert json.loads(told.out[told.out.index("{") :])["persistent"].popitem()[1] == [r"^http://m\.example/.*$"]
    assert told.err == ""


def test_as_json(tmp_path, capsys):
    """A row a finding, and the files that cannot be judged."""
    file = given(tmp_path, WRONG["timeout-unit"][0])
    assert main(["lint", file, "nowhere", "--format", "json"]) == 2
    told = json.loads(capsys.readouterr().out)
    [row] = told["findings"]
    assert (row["file"], row["rule"], row["fixable"]) == (file, "timeout-unit", False)
    assert row["end_column"] - row["column"] == len("30000")
    assert list(told["unreadable"]) == ["nowhere"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_as_sarif(tmp_path, capsys, lang):
    """Valid by the schema of SARIF 2.1.0 (SchemaStore has it, Apache-2.0); place, edits, what was not judged."""
    schema = json.loads((GUIDE.parent / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    file = given(tmp_path, WRONG["bare-dots"][0], "a b.json")
    assert main(["lint", file, str(GUIDE), "nowhere", "--format", "sarif", "--lang", lang]) == 2
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema)
    [run] = document["runs"]
    assert {row["id"] for row in run["tool"]["driver"]["rules"]} == rules().keys()
    assert len(run["results"]) == 30
    first = run["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert (first["ruleId"], place["region"]["startLine"]) == ("bare-dots", 4)
    assert place["artifactLocation"]["uri"] == (tmp_path / "a b.json").as_uri()
    [replacement] = first["fixes"][0]["artifactChanges"][0]["replacements"]
    assert replacement["insertedContent"]["text"] == "\\\\"
    [invocation] = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_that_is_not_valid_is_noticed():
    """The schema can refuse."""
    schema = json.loads((GUIDE.parent / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"version": "2.1.0", "runs": [{"results": [{}]}]}, schema)


IGNORE = "polarsearch: ignore[bare-dots]"
DOTS = curl(settings("^http://m.example/.*$"), "_cluster/settings")


@pytest.mark.parametrize(
    "text",
    [
        f"# {IGNORE}\n{DOTS}",
        f"<!-- {IGNORE} -->\n\n```sh\n{DOTS}```\n",
        f"# {IGNORE}\n\nPUT _cluster/settings\n{settings('^http://m.example/.*$')}\n",
        f"PUT _cluster/settings\n{settings('^http://m.example/.*$')}\n".replace('$"', f'$" // {IGNORE}'),
        f"# polarsearch: ignore[secret, bare-dots]\n{DOTS}",
    ],
)
def test_a_comment_keeps_a_rule_silent(tmp_path, text):
    """On its line; alone on a line for what follows; of several rules with commas."""
    assert main(["lint", given(tmp_path, text)]) == 0
    assert main(["lint", given(tmp_path, text.replace("bare-dots", "secret"))]) == 1


def test_a_comment_reaches_only_what_follows(tmp_path, capsys):
    """The next command, and not the one after it."""
    assert main(["lint", given(tmp_path, f"# {IGNORE}\n{DOTS}\n{DOTS}")]) == 1
    assert capsys.readouterr().out.count("bare-dots") == 1


def test_a_comment_that_names_no_rule_is_told(tmp_path, capsys):
    """Exit status 2, its line, the closest rule: nobody is to think that it works."""
    assert main(["lint", given(tmp_path, f"# polarsearch: ignore[bare-dot]\n{DOTS}")]) == 2
    assert "line 1: a comment ignores 'bare-dot', which is no rule (did you mean bare-dots?)" in capsys.readouterr().err


def test_the_command_itself(tmp_path):
    """As users start it: a process, its exit status, its output in the encoding of a bare locale."""
    file = given(tmp_path, connector(credential={"api_key": "<您的密钥>"}))
    command = [
        sys.executable,
        "-c",
        "import sys; from pytest_polarsearch.cli import main; sys.exit(main())",
        "lint",
        file,
    ]
    done = subprocess.run(command, capture_output=True, env={"LC_ALL": "C"}, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"unfilled" in done.stdout
