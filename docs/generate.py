"""Writes the pages of this folder that say what the code says: `python docs/generate.py`, or `--check` to compare.

A page belongs here if a table or docstring of the code is its source. `--figures` runs the benchmarks and writes their
page, which no test compares: every machine has its own figures.
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from polarsearch_mock import Fault

    from pytest_polarsearch.requirements.registry import Requirement

DOCS = Path(__file__).parent
ROOT = DOCS.parent
EXAMPLES = ROOT / "tests" / "docs" / "fixture_examples.py"
FIXTURES, HOOKS = (ROOT / "pytest_polarsearch" / name for name in ("fixtures.py", "hookspecs.py"))
MARKER = "skips a test, with the reason, where the target lacks one of these:"
GENERATED = "<!-- Written by docs/generate.py from the code. Change the code, then run it. -->"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def cell(text: str) -> str:
    """Text that may stand in a table, also where it holds what Markdown or HTML would read."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


# ------------------------------------------------------------------------------------------- faults and errors
def literal_errors() -> str:
    """Every literal error of the DashScope mock."""
    from polarsearch_mock.dashscope.errors import literal_table_markdown

    return (
        "# The literal errors of the DashScope mock\n\n"
        "What the native routes and the OpenAI-compatible routes say to the same fault. The mock gives each by its\n"
        "natural cause where there is one, and every one by name: `mock.fault(NAME)`, `serve --fault NAME`.\n"
        "`{name}` is filled in; `id` says whether compatible routes put the request's id beside `error`.\n\n"
        + literal_table_markdown()
    )


def fault_rows(faults: Iterable[Fault], scope: str) -> Iterator[list[str]]:
    """One line a fault."""
    for fault in faults:
        params = ", ".join(f"`{name}={value}`" for name, value in fault.params.items())
        routes = ", ".join(f"`{route}`" for route in fault.routes) or "all"
        yield [f'<a id="{scope}.{fault.name}"></a>`{scope}.{fault.name}`', cell(fault.imitates), routes, cell(params)]


def faults() -> str:
    """Both fault tables."""
    from polarsearch_mock.dashscope.faults import FAULTS
    from polarsearch_mock.dashscope.lenient_faults import LENIENT
    from polarsearch_mock.mlcommons.faults import faults_for

    columns = ["fault", "whom it imitates", "routes", "parameters and defaults"]
    return (
        "# Faults\n\n"
        "Each is set by name: `with mock.fault(NAME, …)`, `serve --fault NAME:key=value`, or over the control API;\n"
        "before a real cluster or service with [`proxy --to URL --fault SCOPE.NAME:key=value`](proxy.md).\n"
        "Besides its own parameters each takes `route`, `times`, `probability` and `seed`.\n\n"
        f"## Of the DashScope mock\n\n{table(columns, fault_rows((*FAULTS, *LENIENT), 'dashscope'))}\n"
        f"## Of the PolarSearch emulator\n\n{table(columns, fault_rows(faults_for(tuple), 'mlcommons'))}"
    )


def switches() -> str:
    """The open points of DashScope's documentation."""
    from polarsearch_mock.dashscope.switches import switch_table_markdown

    return (
        "# Where DashScope's documentation is open\n\n"
        "Sources disagree on these points or say nothing. The mock has a switch for each:\n"
        "`DashScopeMock(switches=Switches(long_text='truncate'))`.\n\n" + switch_table_markdown()
    )


# ------------------------------------------------------------------------------------------- requirements, options
WORDS = {
    "en": ("Requirements", "level", "what must hold, and who says so", "needs", "{n} requirements: {counts}."),
    "zh": ("要求", "级别", "必须成立的内容与出处", "需要", "共 {n} 条要求:{counts}。"),
}

NOT_JUDGED = {"en": "Not judged", "zh": "不作判定"}

#: What each provenance stands for; the registry says which level it reaches by itself.
PROVENANCE = {
    "guide": ("a sentence or request of the guide", "指南中的语句或请求"),
    "vendor": ("documentation of the model service, or of the API that it follows; the vendor's profile",
               "模型服务或其所遵循 API 的文档;厂商配置文件"),
    "upstream": ("source, documentation or issues of OpenSearch and ML Commons",
                 "OpenSearch 与 ML Commons 的源码、文档或 issue"),
    "recorded": ("what real engines and services were seen to answer", "真实引擎与服务被观察到的响应"),
    "inferred": ("nobody says so; it follows from what users do", "无人写明,由用户的用法推出"),
}  # fmt: skip
ABOUT_PROVENANCE = {
    "en": ("who says so", "what that is", "reaches by itself",
           "Above the level that its source reaches by itself, a requirement says under *without it* what an\n"
           "application loses. What was merely observed is INFO:\n"
           "a target that differs, and serves its users, fails nothing."),
    "zh": ("出处", "含义", "自身可达级别",
           "级别高于出处自身可达级别的要求,会在*若不成立*处说明应用会失去什么。仅仅观察到的行为属于 INFO:"
           "与之不同但能为用户服务的目标不算失败。"),
}  # fmt: skip


def requirements(lang: str) -> str:
    """The catalogue in one language, an anchor for each id."""
    from pytest_polarsearch.requirements.registry import LEVELS, load

    title, level, sentence, needs, said = WORDS[lang]
    rows = list(load().values())
    counts = ", ".join(f"{sum(row.level == one for row in rows)} {one}" for one in LEVELS)
    parts = [f"# {title}\n\n{said.format(n=len(rows), counts=counts)}\n", _provenances(lang)]
    for subject in dict.fromkeys(row.subject for row in rows):
        lines = (
            [f'<a id="{row.id}"></a>`{row.id}`', row.level,
             f"{cell(row.sentence(lang))}<small>{cell(_told(row, lang))}</small>",
             ", ".join(map("`{}`".format, (*row.needs, *row.engines)))]
            for row in rows if row.subject == subject
        )  # fmt: skip
        parts.append(f"## {subject}\n\n{table(['id', level, sentence, needs], lines)}")
    return "\n".join(parts)


def _provenances(lang: str) -> str:
    """Who says so, and how far that reaches."""
    from pytest_polarsearch.requirements.registry import PROVENANCES

    *columns, rule = ABOUT_PROVENANCE[lang]
    rows = ([f"`{one}`", PROVENANCE[one][lang == "zh"], reached] for one, reached in PROVENANCES.items())
    return f"{table(columns, rows)}\n{rule}\n"


def _told(row: Requirement, lang: str) -> str:
    """Where a requirement comes from, since which set, what is lost without it, and why no check judges it."""
    from pytest_polarsearch.words import WORDS as SAID

    told = [f"{row.provenance}: {row.source} [{row.since}]"]
    told += [f"{SAID[lang]['loss']}: {row.loss(lang)}"] if row.breaks else []
    told += [f"{NOT_JUDGED[lang]}: {row.excluded}"] if row.excluded else []
    return " ".join(told)


def options() -> str:
    """The options of the plugin and of `serve`, each with what it does."""
    from polarsearch_mock.options import add_arguments

    from pytest_polarsearch.options import OPTIONS

    rows = (
        [f"`{one.flag}`<small>{'' if one.kind == 'flag' else cell(one.metavar or '|'.join(one.choices))}</small>",
         f"{cell(one.help)}<small>`{one.dest}` · `{one.variable}`</small>",
         "" if one.default in (None, False) else f"`{one.default}`"]
        for one in OPTIONS
    )  # fmt: skip
    columns = ["option", "what it does; ini key · environment variable", "default"]
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    served = (
        [f"`{', '.join(one.option_strings)}`", cell(f"`{_takes(one)}`"), cell(one.help or "")]
        for one in parser._actions  # argparse has no public list of what it was given
    )
    return (
        "# Options\n\n## Of the plugin\n\nThe command line outranks the environment, which outranks the ini file.\n\n"
        f"{table(columns, rows)}\n"
        "Secrets come from the environment only: `USER_PASSWORD` or `POLARSEARCH_USER_PASSWORD`, `YOUR_API_KEY` or\n"
        "`DASHSCOPE_API_KEY`.\n\n"
        f"## Of `pytest-polarsearch serve`\n\n{table(['option', 'takes', 'what it does'], served)}"
    )


def _takes(action: argparse.Action) -> str:
    if action.nargs == 0:
        return "flag"
    return action.metavar if isinstance(action.metavar, str) else "|".join(map(str, action.choices or ["…"]))


# ------------------------------------------------------------------------------------------- fixtures and hooks
def functions(path: Path, decorator: str) -> Iterator[ast.FunctionDef]:
    """The functions at the top of a file that carry a decorator; read, so that nothing need be imported."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and any(decorator in ast.unparse(one) for one in node.decorator_list):
            yield node


def undecorated(path: Path) -> Iterator[ast.FunctionDef]:
    """The public functions at the top of a file that carry none."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.decorator_list and not node.name.startswith("_"):
            yield node


def examples() -> dict[str, str]:
    """The example of each fixture, by its name."""
    text = EXAMPLES.read_text(encoding="utf-8")
    tests = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return {node.name.removeprefix("test_"): ast.get_source_segment(text, node) or "" for node in tests}


def fixture_part(node: ast.FunctionDef, shown: dict[str, str]) -> str:
    """One fixture: scope, what it gives, its words, its example."""
    scope = "session" if "session" in ast.unparse(node.decorator_list[0]) else "function"
    gives = re.sub(r"^Iterator\[(.*)\]$", r"\1", ast.unparse(node.returns) if node.returns else "")
    part = f"### `{node.name}`\n\nScope {scope}; `{gives}`. {ast.get_docstring(node)}\n"
    return f"{part}\n```python\n{shown[node.name]}\n```\n" if node.name in shown else part


def factory_part(node: ast.FunctionDef) -> str:
    """One function that makes fixtures: how it is called, its words, its example."""
    example = EXAMPLES.with_name(f"example_of_{node.name}.py").read_text(encoding="utf-8").partition("\n\n")[2]
    called = f"`{node.name}({ast.unparse(node.args)})`"
    return f"### `{node.name}`\n\n{called}: {ast.get_docstring(node)}\n\n```python\n{example}```\n"


def hook_part(node: ast.FunctionDef) -> str:
    """One hook: how it is called, and its words."""
    gives = ast.unparse(node.returns) if node.returns else "None"
    called = f"`{node.name}({ast.unparse(node.args)}) -> {gives}`"
    return f"### `{node.name}`\n\n{called}: {ast.get_docstring(node)}\n"


def fixtures() -> str:
    """Fixtures with an example each, the functions that make more, the marker, and the hooks."""
    from pytest_polarsearch.requirements.registry import CAPABILITIES

    shown = examples()
    return "\n".join(
        [
            "# Fixtures and hooks\n",
            "Lazy: a run that asks for no embedding model registers none. What was made is removed at the end.",
            "Every example runs as a test of this project.\n",
            "## Fixtures\n",
            *(fixture_part(node, shown) for node in functions(FIXTURES, "fixture")),
            "## Fixtures of your own, in the scope you choose\n",
            "`from pytest_polarsearch import connector_fixture, model_fixture`\n",
            *map(factory_part, undecorated(FIXTURES)),
            "## The marker\n",
            f"`@pytest.mark.polarsearch(capability, …)` {MARKER}\n",
            ", ".join(f"`{one}`" for one in CAPABILITIES) + ".\n",
            "## Hooks\n",
            *(hook_part(node) for node in functions(HOOKS, "hookspec")),
        ]
    )


# ------------------------------------------------------------------------------------------- judgement
EXITS = {
    "0": ("every requirement that fails a run, and was judged, held", "所有会使运行失败且已判定的要求均成立"),
    "1": (
        "one did not hold; something could not be removed; a secret was found in a file; or the ledger is not true",
        "有要求不成立;有东西无法删除;在文件中发现了密钥;或台账不实",
    ),
    "2": ("interrupted; everything made is removed first", "被中断;先删除所创建的一切"),
    "3": ("an error in pytest or the plugin", "pytest 或插件出错"),
    "4": (
        "an option or the target cannot be used: nobody listens, wrong password, no OpenSearch, no ML Commons",
        "选项或目标不可用:无人监听、密码错误、不是 OpenSearch、没有 ML Commons",
    ),
    "5": ("nothing was judged", "没有判定任何内容"),
    "6": ("`judge A --against B`: the recordings are not alike", "`judge A --against B`:两份录制不一致"),
}
ABOUT_VERDICTS = {
    "en": (
        "Verdicts and exit codes",
        ("verdict", "when", "pytest shows", "counts as judged", "fails the run"),
        "What is not judged says why, and never counts as passed. `MUST 70 pass, 4 not-applicable` and\n"
        "`judged N of M` stand at the end of every run.",
        ("exit status", "when"),
    ),
    "zh": (
        "判定结果与退出码",
        ("判定", "何时", "pytest 显示", "计入已判定", "使运行失败"),
        "未判定的会说明原因,绝不算作通过。每次运行末尾都有 `MUST 70 pass, 4 not-applicable` 与 `judged N of M`。",
        ("退出码", "何时"),
    ),
}


def verdicts(lang: str) -> str:
    """What each verdict means to people, to pytest and to the run."""
    from pytest_polarsearch.judging.verdicts import MEANINGS
    from pytest_polarsearch.words import WORDS as SAID

    title, columns, between, exits = ABOUT_VERDICTS[lang]
    mark = {True: "✓", False: ""}
    rows = [
        [f"`{one.value}`", SAID[lang][f"when.{one.value}"], how.outcome, mark[how.judged], mark[how.fails]]
        for one, how in MEANINGS.items()
    ]
    ends = [[status, said[lang == "zh"]] for status, said in EXITS.items()]
    return f"# {title}\n\n{table(columns, rows)}\n{between}\n\n{table(exits, ends)}"


def known_causes(lang: str) -> str:
    """The table by which failures are explained."""
    from pytest_polarsearch.judging.diagnosis import causes

    about = {
        "en": "# Known causes\n\nA failure whose words, or requirement, stand here is explained by the first row.\n",
        "zh": "# 已知原因\n\n若失败的措辞或所涉要求出现在此,则以首个匹配的行解释。\n",
    }
    columns = {
        "en": ("id", "sign", "what happened, and what to do"),
        "zh": ("id", "标志", "发生了什么、如何处理"),
    }
    rows = [
        (f'<a id="{one.id}"></a>`{one.id}`', cell(", ".join((one.sign, *one.requirements))), cell(one.sentence(lang)))
        for one in causes().values()
    ]
    return f"{about[lang]}\n" + table(columns[lang], rows)


# ------------------------------------------------------------------------------------------- lint
def lint_rules(lang: str) -> str:
    """Every rule of the lint, an anchor for each."""
    from polarsearch_mock.mlcommons.engines import ENGINES

    from pytest_polarsearch.recipes.findings import rules

    about = {
        "en": "# Rules of the lint\n\nWhat `pytest-polarsearch lint` finds in [recipes](lint.md).\n"
        "`…` is what stands in the file.\n",
        "zh": "# lint 的规则\n\n`pytest-polarsearch lint` 在[配方](lint.zh.md)中的发现。`…` 为文件内容。\n",
    }
    columns = {
        "en": ("rule", "what is wrong", "why it matters", "what to do", "`--fix`", "engines"),
        "zh": ("规则", "问题", "原因", "处理办法", "`--fix`", "引擎"),
    }
    rows = (
        [f'<a id="{name}"></a>`{name}`',
         *(cell(row[f"{part}_{lang}"].replace("{what}", "…")) for part in ("wrong", "why", "fix")),
         "✓" if row["safe"] else "", ", ".join(row.get("engines", ENGINES))]
        for name, row in rules().items()
    )  # fmt: skip
    return f"{about[lang]}\n{table(columns[lang], rows)}"


# ------------------------------------------------------------------------------------------- writing
def sources() -> str:
    """What was read, entry by entry, and the requirements that cover it."""
    document = tomllib.loads((DOCS / "sources.toml").read_text(encoding="utf-8"))
    parts = [
        "# What requirements cover\n\nThe collections that were read before requirements were written, an entry each: "
        "what it says, and\n[the requirements](requirements.md) that judge it or say why nothing does, or else why "
        "none is there. Recordings of\nreal engines are mapped finding by finding. A test holds every entry to the "
        "registry.\n"
    ]
    for group in document.values():
        lines = [[name, cell(row["says"]), _covered(row)] for name, row in group["entries"].items()]
        parts.append(f"## {group['title']}\n\n{table(['entry', 'what it says', 'covered by'], lines)}")
    return "\n".join(parts)


def _covered(row: Mapping[str, Any]) -> str:
    """The requirements of an entry, or in italics why it has none."""
    linked = ", ".join(f"[`{one}`](requirements.md#{one})" for one in row.get("covered_by", ()))
    return linked or f"*{cell(row['excluded'])}*"


PAGES: dict[str, Callable[[], str]] = {
    "literal-errors.md": literal_errors,
    "faults.md": faults,
    "switches.md": switches,
    "requirements.md": lambda: requirements("en"),
    "requirements.zh.md": lambda: requirements("zh"),
    "sources.md": sources,
    "options.md": options,
    "fixtures.md": fixtures,
    "verdicts.md": lambda: verdicts("en"),
    "verdicts.zh.md": lambda: verdicts("zh"),
    "causes.md": lambda: known_causes("en"),
    "causes.zh.md": lambda: known_causes("zh"),
    "lint-rules.md": lambda: lint_rules("en"),
    "lint-rules.zh.md": lambda: lint_rules("zh"),
}
BENCHMARKS = (
    ("The DashScope mock", ["benchmarks/serving.py", "--seconds", "1", "--passes", "3"]),
    ("The mock under many and long connections", ["benchmarks/lasting.py"]),
    ("The emulator", ["benchmarks/emulator.py"]),
    ("The proxy", ["benchmarks/proxy.py"]),
    ("The suite, and the plugin unused", ["benchmarks/suite.py", "--workers", "8"]),
    ("Installed", ["benchmarks/installed.py"]),
)


def page(name: str) -> str:
    """The text of a page as the code has it now."""
    return f"{GENERATED}\n{PAGES[name]()}"


def stale() -> list[str]:
    """The pages that do not say what the code says."""
    current = {name: (DOCS / name).read_text(encoding="utf-8") if (DOCS / name).exists() else "" for name in PAGES}
    return [name for name in PAGES if current[name] != page(name)]


def figures() -> str:
    """What the benchmarks print here, now. Raises CalledProcessError where one fails."""
    machine = (
        f"{platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} CPUs, "
        f"Python {platform.python_version()}; load average at the start {os.getloadavg()[0]:.1f}"
    )
    parts = [f"# Figures\n\nOne run of `python docs/generate.py --figures`. {machine}.\n"
             "Read the ratios: absolute figures of a shared machine drift by a factor of two.\n"]  # fmt: skip
    for title, command in BENCHMARKS:
        ran = subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True, text=True)
        parts.append(f"## {title}\n\n{ran.stdout.strip()}\n")
    return "\n".join(parts)


def main() -> int:
    """Writes, or with `--check` names the pages that would change (exit status 1)."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page would change")
    parser.add_argument("--figures", action="store_true", help="run the benchmarks and write their page too")
    asked = parser.parse_args()
    old = stale()
    if asked.check:
        sys.stdout.write("".join(f"{name} is not what the code says\n" for name in old))
        return 1 if old else 0
    for name in old:
        (DOCS / name).write_text(page(name), encoding="utf-8")
    if asked.figures:
        (DOCS / "figures.md").write_text(figures(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
