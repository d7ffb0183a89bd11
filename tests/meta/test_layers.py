"""The import rule and the bans of the design, read from the source itself."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"pytest_polarsearch": ROOT, "polarsearch_mock": ROOT / "mock_server"}
PRINTING = ("print", "pprint")


class Module(NamedTuple):
    """A source file: its dotted name, its tree, what it imports and whether only for types."""

    name: str
    tree: ast.Module
    imports: tuple[str, ...]

    def knows(self, *packages: str) -> list[str]:
        """Which of its imports are in one of the packages."""
        return [one for one in self.imports if any(one == each or one.startswith(f"{each}.") for each in packages)]


def imported(tree: ast.AST, package: list[str]) -> Iterator[str]:
    """Every module that is imported at run time anywhere in the file; imports for types alone bind nothing."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for other in node.orelse:
                yield from imported(other, package)
            continue
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            home = ".".join([*base, *([node.module] if node.module else [])])
            yield home
            yield from (f"{home}.{one.name}" for one in node.names)
        else:
            yield from imported(node, package)


def modules() -> Iterator[Module]:
    """All shipped source files."""
    for package, root in PACKAGES.items():
        for path in sorted((root / package).rglob("*.py")):
            parts = list(path.relative_to(root).with_suffix("").parts)
            inside = parts[:-1]
            tree = ast.parse(path.read_text(encoding="utf-8"))
            name = ".".join(inside if parts[-1] == "__init__" else parts)
            yield Module(name, tree, tuple(dict.fromkeys(imported(tree, inside))))


MODULES = {one.name: one for one in modules()}


def breaking(places: str | tuple[str, ...], *banned: str, but: tuple[str, ...] = ()) -> list[str]:
    """Modules below `places` (but those in `but`) that import what is banned, with what."""
    places = (places,) if isinstance(places, str) else places
    return [
        f"{name} imports {found}"
        for name, module in MODULES.items()
        if any(name == place or name.startswith(f"{place}.") for place in places) and name not in but
        for found in module.knows(*banned)
    ]


def test_there_is_something_to_judge():
    """Both packages are read, with their imports resolved."""
    assert "pytest_polarsearch.verbs" in MODULES["pytest_polarsearch.provision.lifecycle"].imports
    assert "httpcore" in MODULES["pytest_polarsearch.wire"].imports
    assert len(MODULES) > 80


def test_the_servers_know_neither_pytest_nor_the_plugin():
    """polarsearch_mock is of use without either."""
    assert breaking("polarsearch_mock", "pytest", "_pytest", "pytest_polarsearch") == []


def test_the_two_servers_do_not_know_each_other():
    """What one needs of the other goes over the wire."""
    assert breaking("polarsearch_mock.dashscope", "polarsearch_mock.mlcommons") == []
    assert breaking("polarsearch_mock.mlcommons", "polarsearch_mock.dashscope") == []


#: The doors to pytest; `commands.check` is pytest.
DOORS = tuple(
    f"pytest_polarsearch.{name}"
    for name in (
        "plugin", "fixtures", "hookspecs", "suite", "suite.test_conformance", "commands.check",
        "session", "session.artefacts", "session.cases", "session.conformance", "session.holder", "session.models",
        "session.replaying", "session.reporting", "session.sdk", "session.selftest", "suite.test_selftest",
    )
)  # fmt: skip


def test_pytest_stands_at_the_doors_only():
    """Everything below can be used without pytest."""
    assert breaking("pytest_polarsearch", "pytest", "_pytest", but=DOORS) == []


def test_xdist_is_never_imported():
    """Workers are told by what pytest-xdist puts on the config."""
    assert breaking(tuple(PACKAGES), "xdist") == []


#: The one module that draws random examples.
DRAWING = "pytest_polarsearch.checks.drawing"


@pytest.mark.parametrize(
    ("library", "doors"),
    [
        ("httpx", ["polarsearch_mock.mlcommons.predict", "polarsearch_mock.proxy.link"]),
        ("httpcore", ["pytest_polarsearch.wire"]),
        ("hypothesis", [DRAWING]),
        ("jsonpath_ng", None),
    ],
)
def test_one_library_one_door(library, doors):
    """Each library comes in by one module of a package, and httpx by one for each who asks others: a cluster, a proxy;
    a run asks by the engine of httpx."""
    found = sorted(name for name, module in MODULES.items() if module.knows(library))
    homes = [name.partition(".")[0] for name in found]
    assert doors is not None or len(homes) == len(set(homes))
    assert doors is None or found in (doors, doors[:0])


#: What a check is judged with; every other module of `checks/` holds checks or helps them.
NO_CHECKS = ("bench", "claims", "contract", "context")
CHECKS = [
    name
    for name in MODULES
    if name.startswith("pytest_polarsearch.checks.") and name.rpartition(".")[2] not in NO_CHECKS
]


@pytest.mark.parametrize("name", CHECKS)
def test_checks_see_context_and_nothing_else_of_ours(name):
    """A check is judged by what the context shows it, and by the standard library."""
    seen = MODULES[name].imports
    ours = {one for one in seen if one.partition(".")[0] in PACKAGES}
    siblings = {one for one in CHECKS if one != name}
    allowed = ("pytest_polarsearch.checks.context", "pytest_polarsearch.checks.contract", *helpers(siblings))
    assert [one for one in ours if one != "pytest_polarsearch.checks" and not one.startswith(allowed)] == []
    others = {one.partition(".")[0] for one in seen} - set(PACKAGES) - ({"hypothesis"} if name == DRAWING else set())
    assert others <= sys.stdlib_module_names


def helpers(names: set[str]) -> tuple[str, ...]:
    """Modules beside the checks that hold no checks of their own."""
    return tuple(one for one in names if "check(" not in ast.unparse(MODULES[one].tree))


def calls(module: Module) -> Iterator[ast.Call]:
    """Every call in a module."""
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))


#: Words that would tie a check to one engine or one vendor.
BRANCHING = ("version", "2.19", "3.3", "3.4", "aliyun", "bailian", "opensearch 3", "polarsearch")


@pytest.mark.parametrize("name", CHECKS)
def test_checks_ask_for_no_version_and_no_vendor(name):
    """What differs between engines is data of the requirement, or reported as the target has it."""
    compared = [
        ast.unparse(node).lower() for node in ast.walk(MODULES[name].tree) if isinstance(node, ast.Compare | ast.If)
    ]
    tests = [text.split("\n")[0] for text in compared]
    assert [text for text in tests if any(word in text for word in BRANCHING)] == []


@pytest.mark.parametrize("name", MODULES)
def test_nothing_asserts_prints_or_sleeps(name):
    """Assertions vanish under -O, prints go anywhere, sleeps are guesses."""
    module = MODULES[name]
    asserts = [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.Assert)]
    said = [ast.unparse(one.func) for one in calls(module)]
    assert asserts == []
    assert [one for one in said if one in PRINTING or one.endswith("time.sleep")] == []


@pytest.mark.parametrize("name", [one for one in MODULES if one.startswith("pytest_polarsearch")])
def test_nothing_hides_on_the_config(name):
    """State of a run is in the stash; `_` attributes of pytest's config are nobody's."""
    found = [
        ast.unparse(node)
        for node in ast.walk(MODULES[name].tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and ast.unparse(node.value).endswith("config")
        and ast.unparse(node.value) != "self"
    ]  # fmt: skip
    assert [one for one in found if one != "self._config"] == []


@pytest.mark.parametrize("name", MODULES)
def test_hook_wrappers_are_new_style(name):
    """`wrapper=True`, not `hookwrapper=True`."""
    used = [key.arg for one in calls(MODULES[name]) for key in one.keywords]
    assert "hookwrapper" not in used


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_belongs_in_it(name):
    """The first lines, and not too many after them."""
    assert ast.get_docstring(MODULES[name].tree)
    end = max((getattr(node, "end_lineno", 0) for node in MODULES[name].tree.body), default=0)
    assert end <= 400


@pytest.mark.parametrize("name", MODULES)
def test_no_error_is_passed_over(name):
    """`except: pass` hides what went wrong; contextlib.suppress says what may."""
    for node in ast.walk(MODULES[name].tree):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"line {node.lineno}"
            assert [type(one) for one in node.body] != [ast.Pass], f"line {node.lineno}"


def test_public_names_are_all_there():
    """What `__all__` promises can be had, and nothing else is."""
    for package in PACKAGES:
        module = __import__(package)
        assert all(getattr(module, name) is not None for name in module.__all__)
        with pytest.raises(AttributeError, match="no_such_name"):
            _ = module.no_such_name
