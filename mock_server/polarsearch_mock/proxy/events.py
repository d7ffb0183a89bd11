"""A stream of server-sent events cut at its blank lines, since faults of streams act event by event."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

BLANK_LINE = re.compile(rb"\r?\n\r?\n")
#: An event longer than this is handed on in parts: nobody may make us hold what has no end.
LONGEST = 2**20


async def events(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each event with its blank line, as soon as it is whole; what is left at the end as it is."""
    held = b""
    async for piece in pieces:
        held += piece
        start = 0
        for end in BLANK_LINE.finditer(held):
            yield held[start : end.end()]
            start = end.end()
        held = held[start:]
        if len(held) > LONGEST:
            yield held
            held = b""
    if held:
        yield held
