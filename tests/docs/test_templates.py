"""Templates for CI systems and compose: valid by their systems' schemas, honest about exit statuses, and runnable."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CI = ROOT / "examples" / "ci"
TEMPLATES = sorted(CI.iterdir())
#: Template -> the schema that check-jsonschema ships for it.
SCHEMAS = {"github.yml": "vendor.github-workflows", "gitlab-ci.yml": "vendor.gitlab-ci"}
#: What hides a red run.
MASKS = (
    r"\|\|\s*(true|:|exit 0|echo)", r"continue-on-error", r"allow_failure", r"set \+e", r"returnStatus", r"catchError",
    r"pytest[^\n]*[|;&]", r"exit 0", r"warnError", r"unstable\(",
    r"shell:", r"retry", r"timeout-action",
)  # fmt: skip


def masks(text: str) -> list[str]:
    """The masks found in a template."""
    return [one for one in MASKS if re.search(one, text)]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_a_template_cannot_hide_a_red_run(template):
    """It runs the suite, and nothing stands between pytest's exit status and the job's."""
    text = template.read_text(encoding="utf-8")
    assert "pytest --polarsearch" in text
    assert masks(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "pytest --polarsearch || true", "pytest --polarsearch | tee log", "continue-on-error: true",
        "pytest --polarsearch; echo done", "allow_failure: true",
    ],
)  # fmt: skip
def test_a_mask_is_noticed(line):
    """The lint itself can fail."""
    assert masks(line)


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items())
def test_a_template_fits_its_systems_schema(name, schema):
    """As check-jsonschema ships it."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(CI / name)]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_options_of_a_template_exist(template):
    """Every option of ours that it names is one."""
    from pytest_polarsearch.options import OPTIONS

    named = set(re.findall(r"--polarsearch[a-z-]*", template.read_text(encoding="utf-8")))
    assert named <= {option.flag for option in OPTIONS}


def scripts(template: Path) -> list[str]:
    """The commands of each job, as the system hands them to a shell: all at once, ended by the first that fails."""
    text = template.read_text(encoding="utf-8")
    if template.suffix != ".yml":
        return ["\n".join(re.findall(r"sh '([^']+)'", text))]
    document = yaml.safe_load(text)
    jobs = [one for one in document.get("jobs", document).values() if isinstance(one, dict)]
    steps = [[step.get("run", "") for step in job.get("steps", ())] or job.get("script", []) for job in jobs]
    return ["\n".join(filter(None, some)) for some in steps if any(some)]


@pytest.mark.parametrize("status", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_the_jobs_status_is_pytests(template, status, tmp_path):
    """Every job is run by a shell, with a pytest that ends so: that is how the job ends."""
    pytest_at, pip_at = (tmp_path / ".venv" / "bin" / name for name in ("pytest", "pip"))
    pytest_at.parent.mkdir(parents=True)
    for place, code in ((pytest_at, status), (pip_at, 0), (pip_at.with_name("python"), 0)):
        place.write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
        place.chmod(0o755)
    around = {"PATH": f"{pytest_at.parent}:/usr/bin:/bin"}
    found = scripts(template)
    assert found
    for script in found:
        done = subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, env=around, check=False)
        assert ("pytest" in script, done.returncode) == (True, status), script


def services() -> dict[str, dict]:
    """What the compose file starts."""
    text = (ROOT / "mock_server" / "compose.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text)["services"])


@contextmanager
def started(service: str, port: int) -> Iterator[dict[str, str]]:
    """The image's entry point with the service's command, on loopback and a free port; gives what it prints."""
    dockerfile = (ROOT / "mock_server" / "Dockerfile").read_text(encoding="utf-8")
    entry = json.loads(re.search(r"ENTRYPOINT (\[.*\])", dockerfile)[1])
    words = [sys.executable, *entry[1:], *services()[service]["command"], "--bind", "127.0.0.1"]
    words += ["--port", str(port), "--dashscope-port", str(port)]
    process = subprocess.Popen(words, text=True, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.parametrize("service", services())
def test_a_service_of_compose_runs_and_is_healthy(service):
    """Started by its command it answers, and its health check says so; when it has ended, it says that too."""
    kind, _, *check = services()[service]["healthcheck"]["test"]
    inside = services()[service]["ports"][0].rpartition(":")[2]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    asked = [sys.executable, *(word.replace(inside, str(port)) for word in check)]
    with started(service, port) as said:
        assert said == {service: f"http://127.0.0.1:{port}"}
        assert (kind, subprocess.run(asked, check=False).returncode) == ("CMD", 0)
    assert subprocess.run(asked, check=False, stderr=subprocess.DEVNULL).returncode != 0


def test_the_ports_of_compose_are_the_images():
    """What is published is what the image exposes, and on this machine only."""
    exposed = re.search(r"EXPOSE (.+)", (ROOT / "mock_server" / "Dockerfile").read_text(encoding="utf-8"))[1].split()
    published = [port for one in services().values() for port in one["ports"]]
    assert sorted(published) == sorted(f"127.0.0.1:{port}:{port}" for port in exposed)
