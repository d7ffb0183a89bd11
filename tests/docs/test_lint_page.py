"""The page of the lint: its commands run as they stand there, its output is what is printed, its hook works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pytest_polarsearch.cli import main

from .test_pages import ROOT, blocks

PAGE = "docs/lint.md"
BIN = Path(sys.executable).parent
#: Command of the page -> its exit status where only its connector is there.
STATUS = {
    "pytest-polarsearch lint connector.json": 1,
    "pytest-polarsearch lint --diff connector.json": 1,
    "pytest-polarsearch lint --fix connector.json": 1,
    "pytest-polarsearch lint --select secret,unfilled connector.json": 1,
    "pytest-polarsearch lint --ignore unfilled connector.json": 0,
    "pytest-polarsearch lint --engine 2.19 connector.json": 1,
    "pytest-polarsearch lint --format sarif connector.json > lint.sarif": 1,
}


@pytest.fixture
def folder(tmp_path):
    """An empty folder with the connector of the page in it."""
    (tmp_path / "connector.json").write_text(blocks(PAGE, "json")[0], encoding="utf-8")
    return tmp_path


def run(command, folder, **around):
    """A command line, by bash, in a folder, with this environment's commands."""
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **around}
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=env, text=True, capture_output=True, timeout=100, check=False
    )


def test_the_commands_of_the_page_run(folder, capsys, monkeypatch):
    """One after the other; what --fix puts right is gone then."""
    lines = [line for block in blocks(PAGE, "sh") for line in block.splitlines() if not line.startswith("#")]
    assert lines == list(STATUS)
    monkeypatch.chdir(folder)
    for line, status in STATUS.items():
        command, _, _ = line.partition(" >")
        assert main(command.split()[1:]) == status, line
    assert json.loads((folder / "connector.json").read_text())["parameters"]["endpoint"].startswith("ep-xxx.")
    assert '"version": "2.1.0"' in capsys.readouterr().out


def test_the_output_of_the_page_is_what_is_printed(folder):
    """Word for word, by the command itself."""
    done = run(blocks(PAGE, "sh")[0], folder)
    assert (done.returncode, done.stdout) == (1, blocks(PAGE, "text")[0])


def repository(folder, **files):
    """A git repository with these files, committed."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    who = "-c user.name=n -c user.email=n@example.com -c commit.gpgsign=false"
    done = run(f"git init -q . && git add -A && git {who} commit -qm first --no-verify && git rev-parse HEAD", folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_hook_runs_through_pre_commit(tmp_path):
    """As the page configures it: red on a slip, green on texts without a recipe, and other folders are not its matter.

    Only its language differs here: `python` has pre-commit install this project from an index, which CI does.
    """
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert "language: python\n" in hooks
    revision = repository(
        tmp_path / "hooks", **{".pre-commit-hooks.yaml": hooks.replace("language: python", "language: system")}
    )
    config = yaml.safe_load(blocks(PAGE, "yaml")[0])
    config["repos"][0] |= {"repo": str(tmp_path / "hooks"), "rev": revision}
    slip = blocks(PAGE, "json")[0]
    files = {".pre-commit-config.yaml": yaml.safe_dump(config), "recipes/page.md": "# A page\n", "other.json": slip}
    repository(tmp_path / "mine", **files)
    around = {"PRE_COMMIT_HOME": str(tmp_path / "cache"), "PRE_COMMIT_COLOR": "never"}
    assert run("pre-commit run --all-files", tmp_path / "mine", **around).returncode == 0
    (tmp_path / "mine" / "recipes" / "connector.json").write_text(slip, encoding="utf-8")
    done = run("git add -A && pre-commit run", tmp_path / "mine", **around)
    assert done.returncode == 1
    assert "recipes/connector.json:5:30: scheme-twice" in done.stdout
    assert "other.json" not in done.stdout


def test_nothing_is_found_in_our_own_pages(capsys):
    """README, documentation and examples are good recipes."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("mock_server/*.md"), *ROOT.glob("examples/*/*.*")]
    slips = {ROOT / "docs" / f"lint{suffix}.md" for suffix in ("", ".zh")}
    status = main(["lint", "--allow-empty", *(str(one) for one in pages if one.is_file() and one not in slips)])
    assert (status, capsys.readouterr().out) == (0, "")


def test_every_rule_has_an_anchor():
    """SARIF points there."""
    from pytest_polarsearch.recipes.findings import rules

    text = (ROOT / "docs" / "lint-rules.md").read_text(encoding="utf-8")
    assert re.findall(r'<a id="([a-z-]+)">', text) == list(rules())
