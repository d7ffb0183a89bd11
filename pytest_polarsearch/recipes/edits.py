"""Puts right what is safe to put right: edits of exact spans, every other byte of the file as it was."""

from __future__ import annotations

import codecs
import difflib
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from .findings import Finding, masked, rules
from .text import Edit

#: Rounds after which nothing new is put right: edits that touch wait for the next round.
ROUNDS = 10
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True)
class Source:
    """A file's text, and how it is written: its byte order mark, its encoding. Line ends stay in the text."""

    text: str
    encoding: str = "utf-8"
    mark: bytes = b""

    def written(self, text: str) -> bytes:
        """Another text, written as this one was."""
        return self.mark + text.encode(self.encoding)


def decoded(content: bytes) -> Source:
    """The text of a file. Raises UnicodeDecodeError where it is neither UTF-8 nor UTF-16 with its mark."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return Source(content[len(mark) :].decode(encoding), encoding, mark)
    return Source(content.decode("utf-8"))


def safe(finding: Finding) -> bool:
    """Whether `--fix` puts it right."""
    return bool(finding.edits) and bool(rules()[finding.rule]["safe"])


def fixed(source: str, judge: Callable[[str], Sequence[Finding]]) -> str:
    """The text with all safe edits made, over and over until none is left."""
    for _ in range(ROUNDS):
        chosen = _chosen([one for one in judge(source) if safe(one)])
        if not chosen:
            break
        source = _made(source, chosen)
    return source


def _chosen(findings: Sequence[Finding]) -> list[Edit]:
    """Edits that do not touch each other; those of one finding all or none."""
    taken: dict[Edit, None] = {}
    for finding in findings:
        if not any(_touch(new, old) for new in finding.edits for old in taken):
            taken.update(dict.fromkeys(finding.edits))
    return sorted(taken)


def _touch(one: Edit, other: Edit) -> bool:
    return one.start <= other.end and other.start <= one.end


def _made(source: str, edits: Sequence[Edit]) -> str:
    parts, at = list[str](), 0
    for edit in edits:
        parts += [source[at : edit.start], edit.new]
        at = edit.end
    return "".join([*parts, source[at:]])


def difference(name: str, old: str, new: str) -> str:
    """A unified diff, with keys and passwords masked."""
    before, after = (masked(text).splitlines(keepends=True) for text in (old, new))
    lines = difflib.unified_diff(before, after, name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def write(path: Path, content: bytes) -> None:
    """Replace a file as a whole, so that nothing is lost where this is interrupted. Raises OSError."""
    real = path.resolve()
    with NamedTemporaryFile(dir=real.parent, prefix=f".{real.name}.", delete=False) as new:
        temporary = Path(new.name)
        try:
            new.write(content)
            new.close()
            shutil.copymode(real, temporary)
            temporary.replace(real)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
