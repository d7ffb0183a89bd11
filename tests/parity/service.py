"""A model service that plays scripted answers and remembers what it was asked."""

from __future__ import annotations

import asyncio
import base64
import re
import threading
from contextlib import suppress
from typing import Any

from .matching import unfolded

_UNHEARD = {"host", "user-agent", "content-length", "connection"}


class Service:
    """Listens on a free port of loopback, in a thread of its own, until `stop()`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._queue: list[tuple[int, Any]] = []
        self._heard: list[tuple[int, Any]] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**24), self._loop
        ).result()
        self.port: int = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Closes the port and ends the thread."""

        async def close() -> None:
            self._server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for one in others:
                one.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def script(self, answers: list[Any]) -> None:
        """The answers to the next requests, in their order."""
        self._queue, self._heard = list(enumerate(answers)), []

    def heard(self) -> list[Any]:
        """What was asked, in the order of the script."""
        return [asked for _, asked in sorted(self._heard, key=lambda pair: pair[0])]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        path = re.sub("^//+", "/", path)  # the recorder's own server did so
        pairs = [line.partition(":") for line in head[1:] if line]
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        kept = {name: value for name, value in headers.items() if name not in _UNHEARD}
        place, answer = self._take(body.decode("utf-8", "replace"))
        self._heard.append((place, {"method": method, "path": path, "headers": kept, **_body(body)}))
        return await _play(writer, answer)

    def _take(self, body: str) -> tuple[int, Any]:
        for place, (number, answer) in enumerate(self._queue):
            if answer.get("when", "") in body:
                del self._queue[place]
                return number, answer
        return 9999, {"status": 500, "headers": {}, "body": "not scripted"}


def _body(raw: bytes) -> dict[str, str]:
    try:
        return {"body": raw.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(raw).decode()}


async def _play(writer: asyncio.StreamWriter, answer: Any) -> bool:
    await asyncio.sleep(answer.get("delay", 0))
    if answer.get("drop") == "request":
        return False
    coded = answer.get("body_base64")
    body = base64.b64decode(coded) if coded is not None else unfolded(answer.get("body", "")).encode()
    sizes = answer.get("chunks")
    lines = [f"HTTP/1.1 {answer['status']} {answer.get('reason', 'Scripted')}"]
    lines += [f"{name}: {value}" for name, value in answer["headers"].items()]
    if sizes is not None:
        lines.append("transfer-encoding: chunked")
    elif answer["status"] not in (204, 304):
        lines.append(f"content-length: {len(body)}")
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    if sizes is None:
        writer.write(body[: len(body) // 2] if answer.get("drop") == "body" else body)
    else:
        await _write_chunks(writer, body, sizes)
    await writer.drain()
    return answer.get("drop") != "body"


async def _write_chunks(writer: asyncio.StreamWriter, body: bytes, sizes: list[int]) -> None:
    start = 0
    for size in [*sizes, len(body)]:
        piece, start = body[start : start + size], start + size
        if piece:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            await asyncio.sleep(0.05)
    writer.write(b"0\r\n\r\n")
