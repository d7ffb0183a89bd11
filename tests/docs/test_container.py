"""The container without a container: the Dockerfile's own steps, in an environment of their own on this machine."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "mock_server" / "Dockerfile"
LINKED = "import site, sys; sys.stdout.write(site.getsitepackages()[0])"


def instructions(name: str) -> list[str]:
    """What follows each such instruction."""
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(rf"^{name} (.+)$", text, re.MULTILINE)


def free_port() -> int:
    """A port that nobody holds now."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        return int(holder.getsockname()[1])


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """The folder /src as the COPY steps fill it."""
    folder = tmp_path_factory.mktemp("src")
    for step in instructions("COPY"):
        *sources, target = shlex.split(step)
        for name in sources:
            place = folder / target / name if target.endswith("/") else folder / target
            kind = ROOT / name
            if kind.is_dir():
                shutil.copytree(kind, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(kind, place)
    return folder


@pytest.fixture(scope="module")
def python(source, tmp_path_factory) -> Path:
    """An environment into which the RUN step's install was made, without a network: libraries are those at hand."""
    place = tmp_path_factory.mktemp("container") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    made = place / "bin" / "python"
    here, there = (
        subprocess.run([one, "-c", LINKED], check=True, capture_output=True, text=True).stdout
        for one in (sys.executable, made)
    )
    wanted = next(word for step in instructions("RUN") for word in shlex.split(step) if word.startswith("."))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", there]
    subprocess.run([*pip, wanted.partition("[")[0]], cwd=source, check=True)
    Path(there, "at_hand.pth").write_text(here, encoding="utf-8")
    return made


@contextlib.contextmanager
def entered(python: Path, folder: Path, ports: tuple[int, int]) -> Iterator[dict[str, str]]:
    """The ENTRYPOINT, on loopback and with the image's ports replaced by free ones."""
    words = json.loads(instructions("ENTRYPOINT")[0])
    exposed = instructions("EXPOSE")[0].split()
    swapped = {"0.0.0.0": "127.0.0.1", **dict(zip(exposed, map(str, ports), strict=True))}
    command = [str(python), *(swapped.get(word, word) for word in words[1:])]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate(timeout=20)


def answer(port: int, path: str) -> tuple[int, bytes]:
    """What a server on this machine says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path)
        said = connection.getresponse()
        return said.status, said.read()


def test_what_is_copied_is_enough(python, source, tmp_path):
    """The package that runs is the one installed from the copied files, not the checkout."""
    asked = "import polarsearch_mock, sys; sys.stdout.write(polarsearch_mock.__file__)"
    found = subprocess.run([python, "-c", asked], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert Path(found).is_relative_to(python.parents[1])


def test_both_servers_answer(python, tmp_path):
    """As the image starts them, on the two ports that it exposes."""
    assert "0.0.0.0" in instructions("ENTRYPOINT")[0], "a container's loopback is reached by nobody"
    ports = (free_port(), free_port())
    with entered(python, tmp_path, ports):
        status, body = answer(ports[0], "/")
        assert (status, json.loads(body)["version"]["distribution"]) == (200, "opensearch")
        assert answer(ports[1], "/compatible-mode/v1/models")[0] == 401


def test_it_does_not_run_as_root():
    """The image names a user of its own, made in a step before."""
    (user,) = instructions("USER")
    assert user != "root"
    assert any(f"useradd --no-create-home {user}" in step for step in instructions("RUN"))
