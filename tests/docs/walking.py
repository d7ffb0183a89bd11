"""A page walked as its reader walks it: its files written, its commands run by bash, in one folder, in their order."""

from __future__ import annotations

import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
#: A fenced block: its language, the file that it is to be (its title), its text.
FENCED = re.compile(r'^```(?:\{\.)?(\w*)(?: title="([^"\n]+)")?\}?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
#: Pages that tests walk from their first command to the last.
WALKED = ("docs/index.md", "docs/operators.md", "docs/applications.md", "docs/vendors.md", "docs/lint.md", "docs/ci.md")
SNIPPET = re.compile(r'^--8<-- "([^"]+)"$', re.MULTILINE)
#: A reader runs these in another terminal.
LASTING = "pytest-polarsearch serve"
#: What a page says of a command that does not end well.
STATUS = re.compile(r"# exit status (\d)")


@dataclass(frozen=True)
class Step:
    """A block of a page: a file to write (`title`), commands to run, or output to see."""

    language: str
    title: str
    text: str


def steps(page: str) -> list[Step]:
    """The blocks of a page; what it includes from the checkout is put in its place."""
    found = FENCED.findall((ROOT / page).read_text(encoding="utf-8"))
    return [Step(language, title, SNIPPET.sub(_included, text)) for language, title, text in found]


def _included(found: re.Match[str]) -> str:
    return (ROOT / found[1]).read_text(encoding="utf-8").rstrip("\n")


def commands(text: str) -> list[str]:
    """The commands of a block: its lines, those joined that a backslash, a quote or a here document holds together."""
    found, kept = [], ""
    for line in text.splitlines():
        kept += f"{line}\n"
        if not kept.endswith("\\\n") and _whole(kept):
            found += [kept.strip()] if kept.strip() and not kept.lstrip().startswith("#") else []
            kept = ""
    return found


def _whole(text: str) -> bool:
    """Whether bash would wait for no further line."""
    read = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
    return read.stderr == ""


@dataclass
class Walk:
    """One reader's folder, shell and servers. `instead` has what stands on a page, and what stands for it here."""

    folder: Path
    environment: dict[str, str]
    instead: Mapping[str, str] = field(default_factory=dict)
    servers: list[subprocess.Popen[str]] = field(default_factory=list)
    _after: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    def write(self, step: Step) -> None:
        """A file as the page shows it."""
        place = self.folder / step.title
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(self._here(step.text), encoding="utf-8")

    def _here(self, text: str) -> str:
        for theirs, ours in self.instead.items():
            text = text.replace(theirs, ours)
        return text

    def run(self, command: str) -> tuple[int, str]:
        """Exit status, and all that is printed. What it exports is there for the next."""
        if command.startswith(LASTING):
            return self._start(command)
        script = f"trap 'env -0 >&{self._after.fileno()}' EXIT\n{self._here(command)}"
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=self.environment, text=True, timeout=300, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, pass_fds=[self._after.fileno()],
        )  # fmt: skip
        self._go_on()
        return done.returncode, done.stdout

    def _go_on(self) -> None:
        """Be where the last command ended, with what it exported."""
        self._after.seek(0)
        kept = dict(one.split("=", 1) for one in self._after.read().decode().split("\0") if one)
        self._after.seek(0)
        self._after.truncate()
        self.environment, self.folder = kept, Path(kept["PWD"])

    def _start(self, command: str) -> tuple[int, str]:
        process = subprocess.Popen(
            shlex.split(self._here(command), comments=True),
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
        )
        self.servers.append(process)
        assert process.stdout is not None
        said = process.stdout.readline()
        return (0, said) if said else (process.wait(), "")

    def close(self) -> None:
        """End the servers."""
        for process in self.servers:
            process.terminate()
            process.communicate(timeout=20)
        self._after.close()


def expected_status(command: str) -> int:
    """What the page says of it in a comment; else it ends well."""
    said = STATUS.search(command)
    return int(said[1]) if said else 0


def shown(expected: str, said: str) -> list[str]:
    """The lines of a page's output that were not printed; `…` on the page stands for anything."""
    patterns = (re.escape(line).replace("…", ".*") for line in expected.splitlines() if line.strip(" …"))
    return [one for one in patterns if not re.search(rf"^{one}$", said, re.MULTILINE)]


@dataclass(frozen=True)
class Done:
    """A command that was run: what it said, what is wrong with that by the page, and whether the page shows it."""

    command: str
    said: str
    wrong: str
    shown: bool


def progress(walk: Walk, page: str, left_out: tuple[str, ...] = ()) -> Iterator[Done]:
    """Walks a page, and gives each command when it was run; those that begin so are left out."""
    todo = steps(page)
    for step, after in zip(todo, [*todo[1:], None], strict=True):
        if step.title:
            walk.write(step)
        elif step.language == "sh":
            expected = after.text if after is not None and after.language == "text" else ""
            *some, last = commands(step.text) or [""]
            for command in (*some, last):
                if command and not command.startswith(left_out):
                    yield _done(walk, command, expected if command is last else "")


def _done(walk: Walk, command: str, expected: str) -> Done:
    status, said = walk.run(command)
    missing = shown(expected, said)
    wrong = "" if status == expected_status(command) else f"exit status {status}"
    return Done(command, said, wrong or (f"not printed: {missing}" if missing else ""), bool(expected))
