"""The documentation: generated pages are current, examples run, commands exist, both languages say the same."""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from polarsearch_mock.options import add_arguments

from pytest_polarsearch.options import OPTIONS

from .walking import FENCED, ROOT, WALKED, steps

READMES = ("README.md", "README.zh.md")
PAGES = (*READMES, "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))
#: What is walked, and says in Chinese the same.
TWICE = {name for page in WALKED for name in (page, page.replace(".md", ".zh.md"))}
ALONE = ("--disable-plugin-autoload", "-p", "polarsearch", "-p", "no:cacheprovider")
#: Options of our own begin so; those of pip, pytest and others are theirs to document.
OWN = re.compile(r"--polarsearch[a-z-]*")


def text_of(page: str) -> str:
    """A page of the checkout."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, *languages: str) -> list[str]:
    """The fenced blocks of a page in these languages, but for those that are files of the reader's."""
    return [step.text for step in steps(page) if step.language in languages and not step.title]


def each(*languages: str, pages: tuple[str, ...] = PAGES) -> list[object]:
    """A parameter for each such block, named by its page and number."""
    return [
        pytest.param(body, id=f"{page}-{number}")
        for page in pages
        for number, body in enumerate(blocks(page, *languages), 1)
    ]


def generator() -> ModuleType:
    """`docs/generate.py` as a module."""
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bare(monkeypatch):
    """No setting of this machine reaches the examples."""
    for option in OPTIONS:
        monkeypatch.delenv(option.variable, raising=False)
    for name in ("USER_PASSWORD", "POLARSEARCH_USER_PASSWORD", "YOUR_API_KEY", "DASHSCOPE_API_KEY", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", generator().PAGES)
def test_a_generated_page_is_current(name):
    """It says what the code says; `python docs/generate.py` makes it so."""
    assert text_of(f"docs/{name}") == generator().page(name)


def test_every_fixture_has_an_example():
    """No fixture is documented without one, but for the one that the suite itself parametrises."""
    made = generator()
    names = {node.name for node in made.functions(made.FIXTURES, "fixture")}
    assert names - set(made.examples()) == {"polarsearch_check"}
    assert set(made.examples()) <= names


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_the_examples_of_a_page_run(pytester, bare, page):
    """All its blocks of Python, as the test files of one run, pass."""
    found = blocks(page, "python")
    pytester.makepyfile(**{f"test_block_{number}": body for number, body in enumerate(found)})
    result = pytester.runpytest_subprocess(*ALONE, timeout=60)
    wanted = sum(len(re.findall(r"^def test_", body, re.MULTILINE)) for body in found)
    assert wanted >= len(found), "a block without a test would pass unseen"
    result.assert_outcomes(passed=wanted)


def commands(text: str) -> list[list[str]]:
    """The commands of a block for the shell, as words, without what is set before them."""
    lines = re.split(r"&&|\|\||[;\n]", text.replace("\\\n", " "))
    return [words for words in (shlex.split(line, comments=True) for line in lines) if words]


@pytest.mark.parametrize("block", each("sh", "bash"))
def test_a_shell_block_parses(block):
    """bash reads it without complaint."""
    read = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize("block", each("sh", "bash", pages=tuple(one for one in PAGES if one not in TWICE)))
def test_a_shell_block_names_files_that_exist(block):
    """What is run from the checkout is in it."""
    for words in commands(block):
        for word in words:
            if word.endswith((".py", "Dockerfile")) and "*" not in word:
                assert (ROOT / word).exists(), word


@pytest.mark.parametrize("page", PAGES)
def test_every_option_named_exists(page):
    """No page names an option of the plugin that it does not have (a trailing star stands for several)."""
    known = {option.flag for option in OPTIONS}
    for named in OWN.findall(text_of(page)):
        assert named in known or named.endswith("-"), named


def served_options() -> set[str]:
    """What `serve` takes."""
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    return set(re.findall(r"--[a-z-]+", parser.format_help()))


@pytest.mark.parametrize("page", (*PAGES, "mock_server/README.md"))
def test_every_subcommand_named_exists(page):
    """`pytest-polarsearch X` is one of its commands, and `serve` takes the options shown with it."""
    from pytest_polarsearch import cli

    source = Path(cli.__file__).read_text(encoding="utf-8")
    for line in re.findall(r"(?<![/\w])pytest-polarsearch ((?:check|[a-z]+)\b[^`\n]*)`?", "\n".join(quoted(page))):
        command, _, rest = line.partition(" ")
        assert f'"{command}"' in source, line
        if command == "serve":
            assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= served_options(), line


def quoted(page: str) -> list[str]:
    """What stands as code on a page: fenced for the shell, or between backquotes."""
    text = text_of(page)
    return [*blocks(page, "sh", "bash"), *re.findall(r"`([^`\n]+)`", FENCED.sub("", text))]


@pytest.mark.parametrize("language", ["sh", "python", "bash"])
def test_both_readmes_show_the_same_code(language):
    """Block for block."""
    assert blocks("README.md", language) == blocks("README.zh.md", language)


def test_both_readmes_have_the_same_parts():
    """As many titles, blocks of any kind and rows of tables."""
    shapes = [
        (len(re.findall(r"^## ", text, re.MULTILINE)), len(FENCED.findall(text)), len(re.findall(r"^\| ", text, re.M)))
        for text in map(text_of, READMES)
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("page", READMES)
def test_the_option_table_is_the_codes(page):
    """Option, what it takes, default: a row for each, in order."""
    rows = [
        [part.strip() for part in re.split(r"(?<!\\)\|", line)[1:4]]
        for line in re.findall(r"^\| `--polarsearch.*$", text_of(page), re.MULTILINE)
    ]
    assert [row[0].strip("`") for row in rows] == [option.flag for option in OPTIONS]
    for (_, takes, default), option in zip(rows, OPTIONS, strict=True):
        if option.kind != "flag":
            assert takes.strip("`").replace("\\|", "|") == (option.metavar or "|".join(option.choices))
        assert default.strip("`") == ("" if option.default in (None, False) else str(option.default))


@pytest.mark.parametrize("page", (*PAGES, "ARCHITECTURE.md", "mock_server/README.md"))
def test_links_lead_somewhere(page):
    """Every link to a file of the checkout finds it."""
    for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", FENCED.sub("", text_of(page))):
        assert (ROOT / page).parent.joinpath(link).exists(), link
