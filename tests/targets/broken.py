"""Whole broken servers as tables: model services, and clusters, each around the sound one or without it."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from polarsearch_mock import Reply, Request, ThreadedServer
from polarsearch_mock.dashscope.service import DashScope
from polarsearch_mock.messages import App
from polarsearch_mock.mlcommons.front import emulator_front

Json = Any
Change = Callable[[Request, Reply], Reply]

JSON = (("content-type", "application/json"),)
HTML = (("content-type", "text/html; charset=utf-8"),)
LOGIN_PAGE = b"<html><head><title>Sign in</title></head><body><form method=post>Password</form></body></html>"
EMBEDDING, RERANK, CHAT = "v1/embeddings", "rerank", "chat/completions"
IDS = {"connector_id": "c-1", "model_id": "m-1", "task_id": "t-1"}
#: What a cluster says that says yes to everything.
YES = {
    **IDS, "status": "COMPLETED", "state": "COMPLETED", "model_state": "DEPLOYED", "acknowledged": True,
    "persistent": {}, "transient": {}, "hits": {"total": {"value": 0}, "hits": []}, "result": "deleted",
    "inference_results": [{"output": [], "status_code": 200}],
}  # fmt: skip


def answer(status: int, body: Json = None, headers: tuple[tuple[str, str], ...] = JSON) -> Reply:
    """A reply with a JSON body, or with bytes as they are."""
    return Reply(status, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)


def always(reply: Reply) -> App:
    """A server with one answer."""
    return lambda _request: reply


async def _changed(reply: Awaitable[Reply], request: Request, change: Change) -> Reply:
    return change(request, await reply)


def around(app: App, change: Change) -> App:
    """A server that answers as `app` does, but for what `change` makes of it."""

    def served(request: Request) -> Reply | Awaitable[Reply]:
        reply = app(request)
        return _changed(reply, request, change) if inspect.isawaitable(reply) else change(request, reply)

    return served


def sound_service() -> App:
    """The service as it should be."""
    return DashScope(api_keys=(KEY,))


def unlocked(app: App) -> App:
    """The service behind a gateway that knows its key, so that callers need none."""
    key = ("authorization", f"Bearer {KEY}")
    return lambda request: app(
        request._replace(headers=(*(pair for pair in request.headers if pair[0] != "authorization"), key))
    )


def broken_service(change: Change) -> App:
    """The service with something broken."""
    return around(sound_service(), change)


def document(change: Callable[[Json], Json], part: str = "") -> Change:
    """A change of the JSON of successes on paths that have `part` in them."""

    def act(request: Request, reply: Reply) -> Reply:
        if reply.status != 200 or part not in request.path or reply.stream is not None or not reply.body:
            return reply
        return Reply(200, json.dumps(change(json.loads(reply.body))).encode(), JSON)

    return act


def only(part: str, broken: Reply) -> Change:
    """Another answer on paths that have `part` in them."""
    return lambda request, reply: broken if part in request.path else reply


def reversed_rows(one: Json) -> Json:
    """Vectors the other way round, each with the index of its new place."""
    return {**one, "data": [{**row, "index": place} for place, row in enumerate(one["data"][::-1])]}


def first_vector() -> Callable[[Json], Json]:
    """Every text has the vector of the first that was ever asked."""
    kept: list[Json] = []

    def change(one: Json) -> Json:
        kept.append(one["data"][0]["embedding"])
        return {**one, "data": [{**row, "embedding": kept[0]} for row in one["data"]]}

    return change


async def slow(request: Request) -> Reply:
    """A service that takes longer than anybody waits."""
    await asyncio.sleep(5)
    return answer(200, {})


def cached() -> App:
    """The first answer that was ever given, for everything."""
    service, kept = sound_service(), []

    def served(request: Request) -> Reply:
        if not kept:
            kept.append(service(request))
        return kept[0]

    return served


def echo(request: Request) -> Reply:
    """What was sent comes back."""
    return Reply(200, request.body or b"{}", JSON)


#: The one key that the sound service takes.
KEY = "sk-only-this-key"
UNAUTHORIZED = answer(401, {"error": {"message": "Incorrect API key provided.", "type": "invalid_request_error"}})
BUSY = answer(503, {"error": {"message": "Service Unavailable"}})


def yes() -> App:
    """A service with an answer of every shape for everybody, each under a number of its own."""
    numbers = itertools.count()
    shape = {"data": [{"index": 0, "embedding": [0.5] * 8}], "choices": [{"message": {"content": "yes"}}]}
    return lambda _request: answer(200, {**shape, "output": {"results": []}, "id": str(next(numbers))})


SERVICES: Mapping[str, Callable[[], App]] = {
    "accept-all": yes,
    "reject-all": lambda: always(UNAUTHORIZED),
    "always-503": lambda: always(BUSY),
    "empty-200": lambda: always(Reply(200, b"", JSON)),
    "login-page": lambda: always(Reply(200, LOGIN_PAGE, HTML)),
    "echo": lambda: echo,
    "cached-answer": cached,
    "same-vector": lambda: broken_service(document(first_vector(), EMBEDDING)),
    "slow": lambda: slow,
    "keyless": lambda: unlocked(sound_service()),
    "wrong-order": lambda: broken_service(document(reversed_rows, EMBEDDING)),
    "no-embeddings": lambda: broken_service(only(EMBEDDING, answer(404, {"error": {"message": "no such route"}}))),
    "no-rerank": lambda: broken_service(only(RERANK, BUSY)),
    "chat-down": lambda: broken_service(only(CHAT, answer(500, b"<html>oops</html>", HTML))),
    "chat-without-choices": lambda: broken_service(document(lambda one: {**one, "choices": []}, CHAT)),
    "vectors-of-nothing": lambda: broken_service(document(lambda one: {**one, "data": []}, EMBEDDING)),
    "answers-of-another-model": lambda: broken_service(document(lambda one: {**one, "choices": [
        {**choice, "message": {"role": "assistant", "tool_calls": []}} for choice in one["choices"]]}, CHAT)),
}  # fmt: skip


def info(number: str = "3.3.2", **more: Json) -> Json:
    """What `GET /` answers."""
    return {
        "name": "node", "cluster_name": "cluster", "version": {"number": number, "distribution": "opensearch"},
        "tagline": "The OpenSearch Project: https://opensearch.org/", **more,
    }  # fmt: skip


def polite(rest: App) -> App:
    """A cluster that passes the first look, and is `rest` in everything else."""

    def served(request: Request) -> Reply | Awaitable[Reply]:
        if request.path == "/":
            return answer(200, info())
        if request.path.endswith("connectors/_search"):
            return answer(200, {"hits": {"total": {"value": 0}, "hits": []}})
        return rest(request)

    return served


def sound_cluster() -> App:
    """The emulator as it should be."""
    return emulator_front("3.3", 1, ())


def refusing(pattern: str) -> App:
    """The emulator, which refuses every POST on paths that match."""
    sound = sound_cluster()
    return lambda request: REFUSED if request.method == "POST" and re.search(pattern, request.path) else sound(request)


REFUSED = answer(400, {"error": {"type": "illegal_argument_exception", "reason": "no"}, "status": 400})
ELASTIC = info("8.13.0", tagline="You Know, for Search")
NO_HANDLER = answer(400, {"error": "no handler found for uri"})

CLUSTERS: Mapping[str, Callable[[], App]] = {
    "accept-all": lambda: polite(always(answer(200, YES))),
    "reject-all": lambda: polite(always(REFUSED)),
    "echo": lambda: polite(echo),
    "empty-200": lambda: polite(always(Reply(200, b"", JSON))),
    "login-page": lambda: always(Reply(200, LOGIN_PAGE, HTML)),
    "always-503": lambda: always(BUSY),
    "elasticsearch": lambda: always(answer(200, ELASTIC)),
    "no-ml-commons": lambda: lambda request: answer(200, info()) if request.path == "/" else NO_HANDLER,
    "no-connectors": lambda: refusing("connectors/_create"),
    "no-models": lambda: refusing("models/_register"),
    "never-deploys": lambda: refusing("models/[^/]+/_deploy"),
    "no-predict": lambda: refusing("_predict"),
    "cached-answer": lambda: around(sound_cluster(), _first_predict()),
}


def _first_predict() -> Change:
    kept: list[Reply] = []

    def act(request: Request, reply: Reply) -> Reply:
        if "_predict" not in request.path or reply.status != 200:
            return reply
        kept.append(reply)
        return Reply(kept[0].status, kept[0].body, kept[0].headers)

    return act


@contextmanager
def serving(app: App) -> Iterator[str]:
    """The address of a server that answers so, until the block ends."""
    closing = getattr(app, "close", None)
    server = ThreadedServer(app, closing=closing) if closing else ThreadedServer(app)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
