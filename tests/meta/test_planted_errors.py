"""Ten errors planted in ten modules of checks, each a patch in `planted/`: the self-test turns red and names the check.

By hand: `git apply tests/meta/planted/NAME.patch && pytest-polarsearch selftest`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import pytest_polarsearch
from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.checks.contract import Check
from pytest_polarsearch.selftest import kill_matrix
from pytest_polarsearch.settings import resolve

PACKAGE = Path(pytest_polarsearch.__file__).parent
#: The command, which first says which package it is.
COMMAND = "from pytest_polarsearch import cli; print(cli.__file__); raise SystemExit(cli.main())"


@dataclass(frozen=True)
class Planted:
    """One patch: the check that it spoils, and the module of the check."""

    patch: Path
    check: str
    module: str

    @property
    def sound(self) -> Check:
        """The check as it should be."""
        return all_checks()[self.check]

    def applied(self, folder: Path) -> Path:
        """Applies the patch to the copy of the package in a folder; the changed file."""
        subprocess.run(["git", "apply", str(self.patch)], cwd=folder, check=True, env=_environment(folder))
        return folder / self.module

    def spoilt(self, folder: Path) -> Check:
        """The check as the patched module makes it. No file is named: coverage counts none of its lines."""
        file = folder / self.module
        file.parent.mkdir(parents=True)
        shutil.copy(PACKAGE.parent / self.module, file)
        space = {"__name__": "planted", "__package__": "pytest_polarsearch.checks"}
        exec(compile(self.applied(folder).read_text("utf-8"), "<planted>", "exec"), space)
        return next(one for one in space.values() if isinstance(one, Check) and one.id == self.check)


def _environment(folder: Path) -> dict[str, str]:
    """Where git finds no repository around the folder, Python the package in it, and nothing counts coverage."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "COVERAGE_"))}
    return {**kept, "GIT_CEILING_DIRECTORIES": str(folder.parent), "PYTHONPATH": str(folder)}


def _read(patch: Path) -> Planted:
    text = patch.read_text("utf-8")
    [check] = re.findall(r"^check: (\S+)$", text, re.MULTILINE)
    [module] = re.findall(r"^\+\+\+ b/(\S+)$", text, re.MULTILINE)
    return Planted(patch, check, module)


PLANTED = [_read(patch) for patch in sorted((Path(__file__).parent / "planted").glob("*.patch"))]


def problems(check: Check) -> list[str]:
    """What the self-test of one check says of it."""
    settings = resolve(lambda _option: None, lambda _name: None, {})
    return list(kill_matrix(settings, check.killed_by, checks={check.id: check}).problems())


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.patch.stem)
def test_each_planted_error_is_named(planted: Planted, tmp_path: Path) -> None:
    """The self-test of the spoilt check turns red in a sentence that names it, and was green before."""
    spoilt = planted.spoilt(tmp_path)
    assert spoilt.body is not planted.sound.body
    assert problems(planted.sound) == []
    assert [one for one in problems(spoilt) if planted.check in one] != []


def test_ten_errors_of_ten_kinds_in_ten_modules() -> None:
    """No module and no check has two of them."""
    assert len(PLANTED) == len({one.module for one in PLANTED}) == len({one.check for one in PLANTED}) == 10


def test_the_command_names_all_ten(tmp_path: Path) -> None:
    """`pytest-polarsearch selftest` on a copy of the package with all ten patches ends with 1 and names each check."""
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    for one in PLANTED:
        one.applied(tmp_path)
    faults = sorted({fault for one in PLANTED for fault in one.sound.killed_by})
    command = [sys.executable, "-c", COMMAND, "selftest", *faults]
    ran = subprocess.run(
        command, cwd=tmp_path, env=_environment(tmp_path), capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.startswith(str(tmp_path))
    told = [line for line in ran.stdout.splitlines() if line.startswith("  PROBLEM ")]
    assert [one.check for one in PLANTED if not any(one.check in line for line in told)] == []
    assert any("ends as fail without any fault" in line for line in told)
