"""Wheel and sdist hold exactly what they should, say what they are, and work without the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from configparser import ConfigParser
from email.parser import Parser
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
COPIED = (
    "pytest_polarsearch", "mock_server", "tests", "benchmarks", "docs", "examples", "conftest.py", "pyproject.toml",
    "README.md", "README.zh.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", ".gitignore",
    "mkdocs.yml", "noxfile.py", "oldest.txt", ".pre-commit-hooks.yaml",
)  # fmt: skip
RUBBISH = shutil.ignore_patterns("__pycache__", ".*_cache", ".hypothesis", ".coverage*")
#: Put into the copy before it is built: none of it may be shipped.
STRAYS = (
    "pytest_polarsearch/__pycache__/plugin.cpython-311.pyc",
    "pytest_polarsearch/.hypothesis/examples/x",
    "mock_server/polarsearch_mock/.mypy_cache/x.json",
    "tests/.pytest_cache/x",
    ".env",
    ".venv/bin/python",
    "notes.txt",
)
ROOMS = (
    "",
    "checks/",
    "commands/",
    "judging/",
    "profiles/",
    "provision/",
    "recording/",
    "recipes/",
    "reports/",
    "requirements/",
    "selftest/",
    "session/",
    "suite/",
    "words/",
)
#: Everything in the wheel fits one of these, and each of these is there; `*` stays within a folder.
WHEEL = (
    *(f"pytest_polarsearch/{room}*.py" for room in ROOMS),
    "pytest_polarsearch/py.typed",
    "pytest_polarsearch/requirements/*.toml",
    "pytest_polarsearch/requirements/sets/*.toml",
    "pytest_polarsearch/profiles/*.toml",
    "pytest_polarsearch/judging/causes.toml",
    "pytest_polarsearch/recipes/rules.toml",
    "pytest_polarsearch/words/*.toml",
    "pytest_polarsearch/reports/*.schema.json",
    "pytest_polarsearch/reports/templates/*",
    *(f"polarsearch_mock/{room}*.py" for room in ("", "dashscope/", "mlcommons/", "proxy/")),
    "polarsearch_mock/py.typed",
    *(f"pytest_polarsearch-*.dist-info/{name}" for name in ("METADATA", "WHEEL", "entry_points.txt", "RECORD")),
    "pytest_polarsearch-*.dist-info/licenses/LICENSE",
)
SDIST = (
    *(one.replace("polarsearch_mock/", "mock_server/polarsearch_mock/") for one in WHEEL if "dist-info" not in one),
    "mock_server/*.md", "mock_server/Dockerfile", "mock_server/compose.yaml", "mkdocs.yml",
    "noxfile.py", "oldest.txt", "examples/ci/*",
    "docs/*.md", "docs/*.py", "docs/assets/*.css", "docs/*.toml", "benchmarks/*.py", "benchmarks/*.c",
    "examples/*/*.py", "examples/*/*.txt", "examples/*/*.ini", "examples/*/tests/*.py",
    "tests/*.py", "tests/data/*.txt", "tests/data/*.xsd", "tests/data/*.json",
    "tests/*/*.py", "tests/mock_server/*/*.py",
    "tests/mock_server/dashscope/*.tsv", "tests/parity/data/*.jsonl",
    "tests/parity/data/*.toml", "tests/meta/planted/*.patch",
    "conftest.py", "pyproject.toml", "README.md", "README.zh.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md",
    "LICENSE", ".gitignore", ".pre-commit-hooks.yaml", "PKG-INFO",
)  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from it, out of a copy with rubbish in it."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("dist")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=RUBBISH)
        elif (ROOT / name).exists():
            shutil.copy2(ROOT / name, copy / name)
    for name in STRAYS:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("rubbish")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(copy)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return next(out.glob("*.tar.gz")), next(out.glob("*.whl"))


def fits(name: str, pattern: str) -> bool:
    """Whether the pattern is about that file; `*` stands for no slash."""
    return name.count("/") == pattern.count("/") and fnmatchcase(name, pattern)


def strangers(names: Iterable[str], patterns: tuple[str, ...]) -> list[str]:
    """Files that no pattern is about, and patterns that no file fits."""
    names = [name for name in names if not name.endswith("/")]
    return [name for name in names if not any(fits(name, one) for one in patterns)] + [
        one for one in patterns if not any(fits(name, one) for name in names)
    ]


def sources(package: str, root: Path = ROOT) -> set[str]:
    """The package's Python files as they stand in the wheel."""
    return {path.relative_to(root).as_posix() for path in (root / package).rglob("*.py")}


def test_the_wheel_holds_what_it_should(built):
    """Nothing strange, nothing missing, every module of both packages."""
    names = zipfile.ZipFile(built[1]).namelist()
    assert strangers(names, WHEEL) == []
    modules = {name for name in names if name.endswith(".py")}
    assert modules == sources("pytest_polarsearch") | sources("polarsearch_mock", ROOT / "mock_server")


def test_the_sdist_holds_what_it_should(built):
    """All that a packager needs to build and to test, and nothing else."""
    with tarfile.open(built[0]) as archive:
        names = [one.name.partition("/")[2] for one in archive.getmembers() if one.isfile()]
    assert strangers(names, SDIST) == []


def test_no_top_level_name_is_taken_but_ours(built):
    """A shipped `mock_server`, `tests` or `conftest` would hide the user's own."""
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(built[1]).namelist()}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"pytest_polarsearch", "polarsearch_mock"}


def test_the_figures_of_its_size_are_the_wheels(built):
    """What the benchmark prints of the two packages is what the wheel puts down."""
    command = [sys.executable, str(ROOT / "benchmarks" / "installed.py"), "--runs", "1"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    packed = [one for one in zipfile.ZipFile(built[1]).infolist() if ".dist-info/" not in one.filename]
    assert f"| the two packages of this project | {sum(one.file_size for one in packed) / 1e6:.2f} MB |" in printed
    assert re.search(r"importing the plugin, .* \| [\d.]+ ms \| \d+ ms \| 0\.\d+ \|", printed)


def metadata(wheel: Path, name: str) -> str:
    """A file of the wheel's dist-info."""
    archive = zipfile.ZipFile(wheel)
    return archive.read(next(one for one in archive.namelist() if one.endswith(f".dist-info/{name}"))).decode()


def test_the_metadata_says_what_it_is(built):
    """Name, framework, licence, Python, and no dependency that only tests need."""
    told = Parser().parsestr(metadata(built[1], "METADATA"))
    assert told["Name"] == "pytest-polarsearch"
    assert "Framework :: Pytest" in told.get_all("Classifier")
    assert told["License-Expression"] == "Apache-2.0"
    assert told["Requires-Python"] == ">=3.10"
    needed = {one.split(">")[0].split(";")[0].strip() for one in told.get_all("Requires-Dist") if "extra ==" not in one}
    assert needed == {
        "pytest", "httpx", "httpcore", "pytest-httpserver", "jsonpath-ng", "uvicorn", "httptools", "filelock", "tomli",
    }  # fmt: skip


def test_the_entry_points_are_there(built):
    """The plugin's light module, and the command."""
    points = ConfigParser()
    points.read_string(metadata(built[1], "entry_points.txt"))
    assert dict(points["pytest11"]) == {"polarsearch": "pytest_polarsearch.plugin"}
    assert dict(points["console_scripts"]) == {"pytest-polarsearch": "pytest_polarsearch.cli:main"}


def test_the_wheel_alone_runs_green(built, tmp_path):
    """Without the checkout, in a folder that has its own mock_server/ and conftest.py."""
    installed, project = tmp_path / "installed", tmp_path / "project"
    zipfile.ZipFile(built[1]).extractall(installed)
    (project / "mock_server").mkdir(parents=True)
    (project / "mock_server" / "__init__.py").write_text("MINE = True\n")
    (project / "conftest.py").write_text(
        "import mock_server, pytest_polarsearch, polarsearch_mock\n"
        "assert mock_server.MINE\n"
        f"assert pytest_polarsearch.__file__.startswith({str(installed)!r})\n"
        f"assert polarsearch_mock.__file__.startswith({str(installed)!r})\n"
    )
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(installed)}
    arguments = ["--disable-plugin-autoload", "-p", "pytest_polarsearch.plugin", "--polarsearch", "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=project, env=env, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "judged" in done.stdout
    assert done.stderr == ""


def test_the_oldest_versions_are_the_lower_bounds():
    """What nox installs as oldest is what pyproject.toml promises to work with."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = [re.fullmatch(r"([\w-]+)>=([\d.]+)(?:;.*)?", one) for one in project["dependencies"]]
    promised = {found[1]: found[2] for found in bounds if found and found[1] != "tomli"}
    lines = (ROOT / "oldest.txt").read_text(encoding="utf-8").splitlines()
    oldest = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert {name: version.removesuffix(".0") for name, version in oldest.items()} == {
        name: version.removesuffix(".0") for name, version in promised.items()
    }


def test_the_extras_are_those_of_the_start_page():
    """Heavy libraries come only by name, and each name is explained where people install."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for page in ("index.md", "index.zh.md"):
        named = re.findall(r"^\| `([a-z]+)` \| ", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert sorted(named) == sorted(project["optional-dependencies"])


def test_the_version_is_the_tags(built, tmp_path):
    """A build at a tag is that release; the next commit is on the way to the release after it."""
    sources = unpacked(built[0], tmp_path)
    (sources / "PKG-INFO").unlink()
    git = ["git", "-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "commit.gpgsign=false"]
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "out", "."]
    commit = [*git, "commit", "-q", "--allow-empty", "--no-verify", "-m", "one"]
    for command in ([*git, "init", "-q"], [*git, "add", "-A"], commit, [*git, "tag", "v7.8.9"], build, commit, build):
        subprocess.run(command, cwd=sources, check=True, capture_output=True, timeout=120)
    versions = sorted(path.name.split("-")[1] for path in (sources / "out").glob("*.whl"))
    assert versions == ["7.8.10.dev1", "7.8.9"]


def test_a_build_is_reproducible(built, tmp_path):
    """The same sources give the same bytes."""
    sources, out = str(unpacked(built[0], tmp_path)), str(tmp_path / "out")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, sources]
    again = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert again.returncode == 0, again.stderr
    for first in built:
        assert (tmp_path / "out" / first.name).read_bytes() == first.read_bytes(), first.name


def unpacked(sdist: Path, folder: Path) -> Path:
    """The sources as the sdist has them."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return next(one for one in folder.iterdir() if one.is_dir())
