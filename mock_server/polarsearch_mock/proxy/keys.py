"""Keys that go no further than the proxy: who asks has a stand-in, and the target gets the key itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace

from ..messages import Reply, Request


class Keys:
    """The way to a target (`asked`) on which each stand-in becomes its key, and each key in an answer its stand-in."""

    def __init__(self, asked: Callable[[Request], Awaitable[Reply]], keys: Mapping[str, str]) -> None:
        self._asked, self._keys = asked, dict(keys)

    def __repr__(self) -> str:
        return f"Keys({len(self._keys)})"

    async def __call__(self, request: Request) -> Reply:
        """The target's answer, without keys."""
        headers = tuple(
            (name, self._inward(value) if name == "authorization" else value) for name, value in request.headers
        )
        reply = await self._asked(request._replace(headers=headers))
        stream = self._streamed(reply.stream) if reply.stream is not None else None
        shown = tuple((name, self._outward(value.encode("latin-1")).decode("latin-1")) for name, value in reply.headers)
        return replace(reply, body=self._outward(reply.body), headers=shown, stream=stream)

    def _inward(self, value: str) -> str:
        scheme, _, key = value.partition(" ")
        return f"{scheme} {self._keys[key]}" if key in self._keys else value

    def _outward(self, text: bytes) -> bytes:
        for stand_in, key in self._keys.items():
            text = text.replace(key.encode(), stand_in.encode())
        return text

    async def _streamed(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in stream:
            yield self._outward(piece)
