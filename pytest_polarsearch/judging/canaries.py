"""Plants values where secrets go, and searches what a run wrote for them and for the secrets themselves."""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..client import NoAnswer
from ..secret import Secret
from ..verbs import ML, MlCommons
from .redaction import forms

GZIP = b"\x1f\x8b\x08"
#: Bytes of one compressed member that are looked at.
MOST_INFLATED = 64 * 2**20
PIECE = 2**20


def plant(ml: MlCommons, canaries: Mapping[str, Secret]) -> None:
    """Send them where secrets go: in a body and in a header of a request that no cluster can grant."""
    if not canaries:
        return
    values = {name: one.reveal() for name, one in canaries.items()}
    header = {"x-polarsearch-canary": values.pop("CANARY_HEADER")}
    try:
        ml.request(
            "POST", f"{ML}/models/polarsearch-canary/_predict", {"parameters": values}, headers=header, timeout=2
        )
    except NoAnswer:
        return  # it was sent, which is all that is wanted


class Scanner:
    """Knows every form in which some secrets can stand in a file."""

    def __init__(self, hidden: Iterable[Secret]) -> None:
        self._forms = tuple({form.encode() for one in hidden for form in forms(one.reveal())})

    def hits(self, files: Iterable[Path]) -> list[Path]:
        """The files in which one of the secrets stands. Files that cannot be read count as not written."""
        return [path for path in files if self._in_file(path)]

    def _in_file(self, path: Path) -> bool:
        try:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return self._in_bytes(content) or any(self._in_bytes(piece) for piece in inflated(content))
        except (OSError, ValueError):  # gone meanwhile, or empty
            return False

    def _in_bytes(self, content: bytes | mmap.mmap) -> bool:
        return any(content.find(form) >= 0 for form in self._forms)


def inflated(content: bytes | mmap.mmap) -> Iterator[bytes]:
    """What the gzip members inside hold, in overlapping pieces, wherever each begins."""
    start = content.find(GZIP)
    while start >= 0:
        yield from _member(content, start)
        start = content.find(GZIP, start + 1)


def _member(content: bytes | mmap.mmap, start: int) -> Iterator[bytes]:
    reader, seen, tail = zlib.decompressobj(zlib.MAX_WBITS | 16), 0, b""
    for at in range(start, len(content), PIECE):
        data = content[at : at + PIECE]
        while data and not reader.eof and seen < MOST_INFLATED:
            try:
                piece = reader.decompress(data, PIECE)
            except zlib.error:
                return  # looked like gzip, and is none
            yield tail + piece
            tail, seen, data = piece[-1024:], seen + len(piece), reader.unconsumed_tail
        if reader.eof or seen >= MOST_INFLATED:
            return
