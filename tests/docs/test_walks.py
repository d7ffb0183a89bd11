"""Every command of the how-to pages runs, in order, with the exit status and the output that the page says."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .walking import ROOT, WALKED, Walk, commands, progress, steps

#: Where commands are, and no more; pip looks at what it would install, and installs nothing.
AROUND = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "PIP_DRY_RUN": "1",
    "PIP_NO_INDEX": "1",
    "PIP_NO_BUILD_ISOLATION": "false",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
#: In a new environment only what was installed there would be found: CI walks for real. No machine here has Docker.
LEFT_OUT = ("python3 -m venv", "docker run")
#: What the operators' page calls its cluster and its model service; the second also as a pattern in JSON.
CLUSTER, SERVICE = "pc-xxx.polardbsearch.rds.aliyuncs.com:3001", "ep-xxx.dashscope.cn-beijing.privatelink.aliyuncs.com"


@pytest.fixture
def walk(tmp_path) -> Iterator[Walk]:
    """A reader's folder beside a clone, an empty home, and free ports for those of the page."""
    shutil.copytree(
        ROOT, tmp_path / "pytest-polarsearch", ignore=shutil.ignore_patterns(".venv", ".*_cache", "__pycache__")
    )
    (tmp_path / "home").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = {"8080": str(one.getsockname()[1]), "9200": str(two.getsockname()[1])}
    walked = Walk(tmp_path, {**AROUND, "HOME": str(tmp_path / "home")}, dict(ports))
    yield walked
    walked.close()


def walked(walk: Walk, page: str) -> str:
    """All steps of a page, each as the page says; gives everything that was printed."""
    printed = []
    for done in progress(walk, page, LEFT_OUT):
        assert not done.wrong, f"{done.command}\n{done.wrong}\n{done.said}"
        printed.append(done.said)
    return "".join(printed)


def test_a_vendor_publishes_a_report(walk):
    """Red for the flaw, green with the ledger, and a badge of the pinned set in the end."""
    printed = walked(walk, "docs/vendors.md")
    assert "sk-test" not in printed
    assert '"label": "PolarSearch 2026.1"' in (walk.folder / "report" / "badge.json").read_text(encoding="utf-8")
    assert "brightgreen" in (walk.folder / "report" / "badge.json").read_text(encoding="utf-8")


def test_the_servers_start_as_their_page_says(walk):
    """One command; it prints its line of JSON."""
    [line] = walked(walk, "mock_server/README.md").splitlines()
    assert set(json.loads(line)) == {"polarsearch", "dashscope"}


def texts(page: str, language: str) -> list[str]:
    """The blocks of a page in one language."""
    return [step.text for step in steps(page) if step.language == language]


def test_readers_of_the_readme_are_on_the_pages_ways():
    """Each command of its three uses begins one that is walked, and what it shows of a run is the start page's."""
    ways = [one for page in WALKED for text in texts(page, "sh") for one in commands(text)]
    mine = [one for text in texts("README.md", "sh")[2:] for one in commands(text)]
    assert len(mine) >= 7
    assert [one for one in mine if not any(way.startswith(one) for way in ways)] == []
    assert texts("README.md", "text")[0] == texts("docs/index.md", "text")[0]


#: Pages whose commands take minutes, or name tests: the tests that run what they show.
ELSEWHERE = {
    "docs/mutation.md": ["tests/meta/test_mutation.py"],
    "docs/stewardship.md": ["tests/docs/test_stewardship_page.py"],
    "docs/proxy.md": ["tests/proxy/test_command.py", "tests/plugin/test_selftest_run.py"],
}


def test_every_page_with_commands_is_walked():
    """A page of the site that shows a command is walked, or tests of its own run what it shows."""
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    shows = {page.replace(".zh", "") for page in pages if texts(page, "sh")}
    assert shows == {*WALKED, *ELSEWHERE}
    assert [test for tests in ELSEWHERE.values() for test in tests if not (ROOT / test).exists()] == []


def test_recipes_are_linted(walk):
    """Findings word for word, put right, hooked into pre-commit at a commit of this project."""
    walked(walk, "docs/lint.md")
    assert json.loads((walk.folder / "connector.json").read_text())["parameters"]["endpoint"].startswith("ep-xxx.")
    assert json.loads((walk.folder / "lint.sarif").read_text())["version"] == "2.1.0"
    assert re.search(r"rev: [0-9a-f]{40}", (walk.folder / ".pre-commit-config.yaml").read_text())
    assert (walk.folder / ".git" / "hooks" / "pre-commit").exists()


def test_the_vendors_page_names_every_field_and_kind():
    """Of a profile, and of an entry of the ledger."""
    from pytest_polarsearch.judging.deviations import KINDS
    from pytest_polarsearch.profiles.reading import FIELDS

    rows = re.findall(r"^\| (`[^|]+) \|", (ROOT / "docs" / "vendors.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z0-9_-]+)`", row)}
    fields = {name for table in FIELDS.values() for name in table}
    assert named >= (fields | set(KINDS)) - {"version", "title"}


def test_an_application_gets_its_tests(walk):
    """The finished application of the page is the example, file for file, and both have all its tests."""
    walked(walk, "docs/applications.md")
    example = ROOT / "examples" / "search_app"
    for path in (*example.rglob("*.py"), example / "pytest.ini"):
        assert (walk.folder / path.relative_to(example)).read_text(encoding="utf-8").strip() == path.read_text().strip()


def test_a_first_verdict_and_an_installation(walk):
    """The start page: its first line is the README's, which CI runs in a new environment; the rest is run here."""
    from .test_pages import blocks

    assert blocks("README.md", "sh")[0] in blocks("docs/index.md", "sh")[0]
    walked(walk, "docs/index.md")
    assert len(list(walk.folder.glob("dist/pytest_polarsearch-*.whl"))) == 1


def escaped(address: str) -> str:
    """As a pattern that stands in JSON."""
    return address.replace(".", r"\\.")


def actions(exchanges: Path) -> set[str]:
    """The permissions of the requests that the cluster answered in a recording."""
    from polarsearch_mock.mlcommons.routes import Router

    events = (json.loads(line) for line in exchanges.read_text(encoding="utf-8").splitlines())
    asked = {(one["method"], one["path"].partition("?")[0]) for one in events if one["event"] == "exchange"}
    found = (Router().find(path.strip("/").split("/") if path != "/" else []).get(method) for method, path in asked)
    return {route.action for route in found if route is not None}


def test_a_cluster_is_judged_and_left_as_it_was(walk):
    """Over https with an account, as on the help page; the run needs the permissions that the page lists, no other."""
    serve = "pytest-polarsearch serve --tls --user polarsearch_user:your_password --api-key sk-xxx"
    cluster = json.loads(walk.run(serve)[1])
    walk.run("pytest-polarsearch serve --only polarsearch --port 9200")
    host, service = (cluster[name].partition("//")[2] for name in ("polarsearch", "dashscope"))
    walk.instead |= {CLUSTER: host, SERVICE: service, escaped(SERVICE): escaped(service)}
    walk.environment |= {"POLARSEARCH_CA": cluster["ca"], "CURL_CA_BUNDLE": cluster["ca"]}
    walked(walk, "docs/operators.md")
    page = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`(cluster:[^`]+)`", page))
    assert listed - actions(walk.folder / "exchanges.jsonl") == {"cluster:admin/settings/update"}
    assert actions(walk.folder / "exchanges.jsonl") <= listed
    ask = """curl -sS --user "$USER_PASSWORD" -H 'Content-Type: application/json' -d '{"query": {"match_all": {}}}' """
    for kind in ("connectors", "models", "model_groups", "tasks"):
        assert '"hits":[]' in walk.run(f"{ask} {cluster['polarsearch']}/_plugins/_ml/{kind}/_search")[1], kind


def test_a_repository_gets_its_pipeline(walk):
    """The wheel that the templates install, each template where its system looks for it, the servers as a process."""
    walked(walk, "docs/ci.md")
    written = [walk.folder / name for name in (".github/workflows/polarsearch.yml", ".gitlab-ci.yml", "Jenkinsfile")]
    assert [path.name for path in written if "install vendor/*.whl" not in path.read_text(encoding="utf-8")] == []
    assert len(list(walk.folder.glob("vendor/pytest_polarsearch-*.whl"))) == 1
