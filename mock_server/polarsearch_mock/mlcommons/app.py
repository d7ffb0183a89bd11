"""The emulator as an application: from a request to the answer's bytes."""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ..messages import Reply, Request
from .connectors import Connectors
from .core import Core
from .deployment import Deployments
from .engines import DEFAULT_ENGINE, engine_named
from .errors import EngineError, NeverAnswers
from .groups import Groups
from .jsontokens import too_deep
from .models import Models
from .prediction import Prediction
from .render import JSON_TYPE, TEXT_TYPE, WRITERS, filtered, parsed
from .rest import Call, path_parts, split_query
from .routes import Route, Router, named_parts
from .search import Search
from .security import AnyAccount, Security, require, unauthorized
from .settings import Settings
from .state import Store
from .stats import Stats
from .tasks import Tasks
from .yamlbody import yaml_to_json

#: How long a call is kept open that the engine never answers, in seconds.
HANG_SECONDS = 120.0
#: The longest body, in bytes (http.max_content_length).
MAX_BODY = 100 * 1024 * 1024

_MEDIA_TYPE = re.compile(r"[\w!#$%&'*+.^`|~-]+/[\w!#$%&'*+.^`|~-]+\s*(;.*)?")
_FORMATS = {
    "application/json": "json", "application/x-ndjson": "json", "application/*": "json",
    "application/vnd.opensearch+json": "json", "application/yaml": "yaml",
}  # fmt: skip
_JSON_HEADERS = (("content-type", JSON_TYPE),)
_log = logging.getLogger(__name__)

Handler = Callable[[Call], Any]


class Emulator:
    """One cluster: an application that answers as OpenSearch with ML Commons does.

    `engine` names a row of `engines.ENGINES`, `nodes` is the size of the cluster, `accounts` turn the security plugin
    on. A call that the engine never answers is dropped after `hang_seconds`.
    """

    def __init__(
        self,
        engine: str = DEFAULT_ENGINE,
        nodes: int = 1,
        accounts: Iterable[AnyAccount] = (),
        hang_seconds: float = HANG_SECONDS,
    ) -> None:
        if nodes < 1:
            raise ValueError("a cluster has at least one node")
        self.engine = engine_named(engine)
        self.store = Store(nodes)
        self.settings = Settings(self.engine)
        self.security = Security(accounts)
        self._hang_seconds = hang_seconds
        self._router = Router()
        tasks = Tasks(self.store)
        self.deployments = Deployments(self.engine, self.store, self.settings, tasks)
        self._handlers = self._handler_table(tasks)
        version = f"OpenSearch/{self.engine.number} (opensearch)"
        self._version_header = ("x-opensearch-version", version)

    def _handler_table(self, tasks: Tasks) -> dict[str, Handler]:
        groups = Groups(self.engine, self.store, self.settings)
        connectors = Connectors(self.engine, self.store, self.settings)
        search = Search(self.engine, self.store)
        core = Core(self.engine, self.store, self.deployments)
        owners: dict[str, object] = {
            "core": core,
            "settings": _Named(read=self.settings.read, update=self.settings.update),
            "connectors": connectors,
            "groups": groups,
            "tasks": tasks,
            "deployments": self.deployments,
            "models": Models(self.engine, self.store, self.settings, groups, tasks, self.deployments),
            "prediction": Prediction(self.engine, self.store, self.settings, self.deployments),
            "stats": Stats(self.engine, self.store, self.deployments, tasks),
        }
        special: dict[str, Handler] = {
            "connectors.update": lambda call: connectors.update(
                call, self.deployments.using(call.parts["connector_id"])
            ),
            "search.connectors": partial(search.run, index=self.store.connectors),
            "search.models": partial(search.run, index=self.store.models),
            "search.groups": partial(search.run, index=self.store.groups),
            "search.tasks": partial(search.run, index=self.store.tasks),
        }
        for kind in self.store.pipelines:
            special[f"core.put_{kind}_pipeline"] = core.put_pipeline(kind)
            special[f"core.get_{kind}_pipeline"] = core.get_pipeline(kind)
            special[f"core.delete_{kind}_pipeline"] = core.delete_pipeline(kind)
        return _Handlers(owners, special)

    def route_name(self, request: Request) -> str:
        """The pattern of the route a request takes; the empty text for a path or method that has none."""
        return self._router.name_of(request.method, path_parts(request.path))

    async def close(self) -> None:
        """Closes every connection to model services."""
        await self.deployments.close()

    # --- one request ---

    async def __call__(self, request: Request) -> Reply:
        """The answer to one request."""
        reply = await self._reply(request)
        await self.deployments.close_ended()
        opaque = request.header("x-opaque-id")
        extra = (("X-Opaque-Id", opaque),) if opaque is not None else ()
        reply.headers = (*reply.headers, *extra, self._version_header)
        if request.method == "HEAD":
            reply.body = b""
        return reply

    async def _reply(self, request: Request) -> Reply:
        query = split_query(request.query)
        writer = _writer(request, query)
        try:
            return await self._routed(request, query, writer)
        except EngineError as error:
            return _written(error.status, error.document(), query, writer, error.headers)
        except RecursionError:
            return _written(400, too_deep().document(), query, writer)
        except NeverAnswers as reason:
            _log.warning("%s %s stays open as on the engine: %s", request.method, request.path, reason)
            await asyncio.sleep(self._hang_seconds)
            return Reply(504, abort="request")

    async def _routed(self, request: Request, query: dict[str, str], writer: str) -> Reply:
        _check_content_type_header(request)
        account = self.security.account(request.header("authorization"))
        if self.security.on and account is None:
            return unauthorized()
        parts = path_parts(request.path)
        found = self._router.find(parts)
        route = found.get(request.method)
        if route is None:
            return _no_route(request, found)
        refusal = _refused_body(request)
        if refusal is not None:
            return refusal
        if not route.handler:
            return _written(501, _not_emulated(route), query, writer)
        call = self._call(request, route, parts, query, account)
        answer = self._handlers[route.handler](call)
        if inspect.isawaitable(answer):
            answer = await answer
        return answer if isinstance(answer, Reply) else _written(200, answer, query, writer)

    @staticmethod
    def _call(
        request: Request, route: Route, parts: list[str], query: dict[str, str], account: AnyAccount | None
    ) -> Call:
        body = request.body
        if body and _format_of(request.header("content-type")) == "yaml":
            body = yaml_to_json(body)
        call = Call(request.method, request.path, query, named_parts(route, parts), body)
        call.allowed, call.parts_read = route.parameters, route.parts_read
        if account is not None:
            call.guard = partial(require, account, route.action)
        return call


class _Named:
    """A few functions by name."""

    def __init__(self, **handlers: Handler) -> None:
        self.__dict__.update(handlers)


class _Handlers(dict[str, Handler]):
    """Handlers by the name a route has for them: `owner.method`."""

    def __init__(self, owners: dict[str, object], special: dict[str, Handler]) -> None:
        super().__init__(special)
        self._owners = owners

    def __missing__(self, name: str) -> Handler:
        owner, _, method = name.partition(".")
        handler: Handler = getattr(self._owners[owner], method)
        self[name] = handler
        return handler


# --- content types ---


def _format_of(content_type: str | None) -> str | None:
    return _FORMATS.get((content_type or "").partition(";")[0].strip().lower())


def _check_content_type_header(request: Request) -> None:
    header = request.header("content-type")
    if header is not None and not _MEDIA_TYPE.fullmatch(header.strip()):
        reason = f"invalid Content-Type header [{header}]"
        cause = {"type": "illegal_argument_exception", "reason": reason}
        raise EngineError("content_type_header_exception", f"java.lang.IllegalArgumentException: {reason}", 400, cause)


def _refused_body(request: Request) -> Reply | None:
    """406 for a body of a kind that nobody reads, 413 for one too long."""
    if len(request.body) > MAX_BODY:
        return Reply(413)
    header = request.header("content-type")
    if not request.body or _format_of(header) is not None:
        return None
    error = {"error": f"Content-Type header [{header or ''}] is not supported", "status": 406}
    return Reply(406, WRITERS["json"][1](error).encode(), _JSON_HEADERS)


# --- routes ---


def _no_route(request: Request, found: dict[str, Route]) -> Reply:
    if not found:
        uri = request.path + (f"?{request.query}" if request.query else "")
        error: dict[str, Any] = {"error": f"no handler found for uri [{uri}] and method [{request.method}]"}
        return Reply(400, WRITERS["json"][1](error).encode("utf-8", "replace"), _JSON_HEADERS)
    allowed = ("allow", ",".join(sorted(found)))
    if request.method == "OPTIONS":
        return Reply(200, b"", (("content-type", TEXT_TYPE), allowed))
    listed = ", ".join(sorted(found))
    text = f"Incorrect HTTP method for uri [{request.path}] and method [{request.method}], allowed: [{listed}]"
    body = WRITERS["json"][1]({"error": text, "status": 405}).encode("utf-8", "replace")
    return Reply(405, body, (*_JSON_HEADERS, allowed))


def _not_emulated(route: Route) -> dict[str, Any]:
    reason = (
        f"Not emulated: {route.methods} {route.pattern}. What is emulated: the coverage table in mock_server/README.md"
    )
    return EngineError("status_exception", reason, 501).document()


# --- writing ---


def _writer(request: Request, query: dict[str, str]) -> str:
    """Which form an answer takes: `?format`, else Accept, else that of the body, else JSON; with `?pretty` indented."""
    asked = query.get("format", "").lower()
    form = asked if asked in WRITERS else _format_of(request.header("accept"))
    form = form or (_format_of(request.header("content-type")) if request.body else None) or "json"
    wants_pretty = query.get("pretty", "false") in ("", "true")
    return "pretty" if form == "json" and wants_pretty else form


def _written(
    status: int, answer: Any, query: dict[str, str], writer: str, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    content_type, write = WRITERS[writer]
    paths = query.get("filter_path", "") if status == 200 else ""
    if isinstance(answer, bytes):
        if writer == "json" and not paths:
            return Reply(status, answer, (("content-type", content_type), *headers))
        answer = parsed(answer)
    shown = filtered(answer, paths) if paths else answer
    return Reply(status, write(shown).encode("utf-8", "replace"), (("content-type", content_type), *headers))
