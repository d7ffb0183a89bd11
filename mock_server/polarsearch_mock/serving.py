"""Runs an application under uvicorn in a thread of its own: start, address, stop."""

from __future__ import annotations

import asyncio
import inspect
import socket
import threading
from typing import Any

import uvicorn

from .messages import App, Reply, Request


class ThreadedServer:
    """Serves `app` on `host`:`port` (0 takes a free one) until `stop()`. `tls` is an (certificate, key) pair of files."""

    def __init__(self, app: App, host: str = "127.0.0.1", port: int = 0, tls: tuple[str, str] | None = None) -> None:
        self._app, self._host, self._port, self._tls = app, host, port, tls
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self._host}:{self._port}"

    def start(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((self._host, self._port))
        self._port = self._socket.getsockname()[1]
        files = {"ssl_certfile": self._tls[0], "ssl_keyfile": self._tls[1]} if self._tls else {}
        config = uvicorn.Config(
            self._asgi, http="httptools", lifespan="off", log_config=None, access_log=False,
            server_header=False, date_header=False, **files,  # type: ignore[arg-type]
        )
        self._server = uvicorn.Server(config)
        self._socket.listen(2048)
        self._thread = threading.Thread(target=self._run, name=f"polarsearch-mock-{self._port}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))  # type: ignore[union-attr,list-item]

    def stop(self) -> None:
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join()

    async def _asgi(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        request = Request(
            scope["method"], scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1"),
            tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]), body,
        )
        answer = self._app(request)
        reply: Reply = await answer if inspect.isawaitable(answer) else answer
        headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in reply.headers]
        if reply.stream is None:
            headers.append((b"content-length", str(len(reply.body)).encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if reply.stream is not None:
            async for chunk in reply.stream:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": reply.body})
