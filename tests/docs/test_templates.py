"""Templates for CI systems and compose: valid by their systems' schemas, honest about exit statuses, and runnable."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from polarsearch_mock.options import ServeOptions, add_arguments

ROOT = Path(__file__).parents[2]
CI = ROOT / "examples" / "ci"
TEMPLATES = sorted(CI.iterdir())
#: Template -> the schema that check-jsonschema ships for it.
SCHEMAS = {"github.yml": "vendor.github-workflows", "gitlab-ci.yml": "vendor.gitlab-ci"}
#: What hides a red run.
MASKS = (
    r"\|\|\s*(true|:|exit 0|echo)", r"continue-on-error", r"allow_failure", r"set \+e", r"returnStatus", r"catchError",
    r"pytest[^\n]*[|;&]", r"exit 0", r"warnError", r"unstable\(",
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


def commands() -> dict[str, list[str]]:
    """Service of the compose file -> arguments it gives to the image's entry point."""
    services = yaml.safe_load((ROOT / "mock_server" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    return {name: service["command"] for name, service in services.items()}


@pytest.mark.parametrize("service", commands())
def test_a_service_of_compose_starts(service):
    """Its command, after the image's own entry point, is taken by the servers, each server once."""
    import argparse

    dockerfile = (ROOT / "mock_server" / "Dockerfile").read_text(encoding="utf-8")
    entry = re.search(r"ENTRYPOINT \[(.*)\]", dockerfile)
    assert entry is not None
    words = [word.strip(",") for word in shlex.split(entry[1])]
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = ServeOptions.from_arguments(parser.parse_args([*words[3:], *commands()[service]]))
    assert options.only == service
