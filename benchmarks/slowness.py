"""A cluster, or a model service, that takes its time: a server in a process of its own, a relay holds back its answers.

A plain relay of bytes, so that any request of the suite passes as it is; the server itself stays quick.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from asking import served

PIECE = 2**18


class Relay:
    """Holds back what a server answers by so many seconds."""

    def __init__(self, url: str, seconds: float) -> None:
        self._to, self._seconds = urlsplit(url), seconds
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self.port = 0

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
        try:
            while piece := await reader.read(PIECE):
                await asyncio.sleep(seconds)
                writer.write(piece)
        except ConnectionError:
            return
        finally:
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._to.hostname, self._to.port)
        await asyncio.gather(
            self._pump(reader, far_writer, 0), self._pump(far_reader, writer, self._seconds), return_exceptions=True
        )

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()

    def _run(self) -> None:
        self._loop.create_task(self._listen())
        self._loop.run_forever()

    @contextmanager
    def running(self) -> Iterator[str]:
        """The address under which everything takes longer."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        self._ready.wait(10)
        try:
            yield f"http://127.0.0.1:{self.port}"
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)


@contextmanager
def slow(which: str, seconds: float, *options: str) -> Iterator[str]:
    """The address of `polarsearch` or `dashscope` whose every answer takes at least so long."""
    with served("--only", which, *options) as at, Relay(at[which], seconds).running() as url:
        yield url
