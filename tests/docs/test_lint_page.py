"""The page of the lint: its hook works, and its rules have their anchors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from pytest_polarsearch.cli import main

from .walking import ROOT, steps

FILES = {step.title: step.text for step in steps("docs/lint.md") if step.title}
BIN = Path(sys.executable).parent


def run(command, folder, **around):
    """A command line, by bash, in a folder, with this environment's commands."""
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **around}
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=env, text=True, capture_output=True, timeout=100, check=False
    )


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
    config = yaml.safe_load(FILES[".pre-commit-config.yaml"])
    config["repos"][0] |= {"repo": str(tmp_path / "hooks"), "rev": revision}
    slip = FILES["connector.json"]
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
