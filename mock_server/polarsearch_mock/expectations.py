"""pytest-httpserver's API over our server: expectations first, the built-in routes behind them, everything recorded.

`ExpectingServer` keeps every documented method of `pytest_httpserver.HTTPServer` (`expect_request`, ordered and
one-shot handlers, `assert_request_made`, `check()`, `log`, `wait()`, `url_for`, …) and replaces the server underneath,
which in the original closes each connection and lets one idle client block all others.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from re import Pattern
from typing import Any

from pytest_httpserver import HTTPServer, RequestHandler, RequestMatcher, URIPattern, WaitingSettings
from pytest_httpserver.httpserver import (
    HVMATCHER_T,
    METHOD_ALL,
    UNDEFINED,
    HandlerType,
    HTTPServerError,
    QueryMatcher,
)
from werkzeug import Request as WerkzeugRequest
from werkzeug import Response as WerkzeugResponse

from .front import Front
from .messages import Reply, Request
from .recorder import Call
from .serving import ThreadedServer
from .werkzeug_view import QuickMatcher, plain_reply, werkzeug_request, werkzeug_response
from .workers import in_thread

#: Unexpected requests that are described; more would only repeat them.
MOST_ASSERTIONS = 100


class MockHandler(RequestHandler):
    """A handler that knows whether its function is the test author's, and so may block."""

    may_block = False

    def respond_with_handler(self, func: Callable[[WerkzeugRequest], WerkzeugResponse]) -> None:
        """As in pytest-httpserver; the function runs in a thread of its own."""
        self.may_block = True
        super().respond_with_handler(func)


class ExpectingServer(HTTPServer):
    """A server with built-in routes that also takes expectations. `front` answers what no expectation is for.

    `paths` are the built-in routes, to name the nearest when a request misses them all.
    """

    def __init__(
        self, front: Front, paths: Iterable[str], host: str, port: int, waiting: WaitingSettings | None
    ) -> None:
        self.front, self._paths, self._wanted_port = front, tuple(paths), port
        self._builtin = front.app
        front.app = self._answer
        self._choosing = threading.Lock()
        super().__init__(host, port, default_waiting_settings=waiting)
        self._served = ThreadedServer(front, host, port, gzip=True)

    # ------------------------------------------------------------------------------------------ lifecycle
    @property
    def endpoint(self) -> str:
        """Address as `host:port`, the form in which connectors name it."""
        return f"{self.format_host(self.host)}:{self.port}"

    @property
    def url(self) -> str:
        """Base URL without a trailing slash."""
        return self._served.url

    def is_running(self) -> bool:
        """Between `start()` and `stop()`."""
        return self._served.is_running()

    def start(self) -> None:
        """Answers from here on. HTTPServerError when it runs already, OSError when the address is taken."""
        if self.is_running():
            raise HTTPServerError("Server is already running")
        self._served.start()
        self.port = self._served.port

    def stop(self) -> None:
        """Frees the port within milliseconds. HTTPServerError when it does not run."""
        if not self.is_running():
            raise HTTPServerError("Server is not running")
        self._served.stop()
        self.port = self._wanted_port or self.port

    def clear(self) -> None:
        """Forgets expectations, assertions, log, faults, and what the built-in routes were told."""
        super().clear()
        self.front.reset()

    # ------------------------------------------------------------------------------------------ answering
    def create_matcher(self, *args: Any, **kwargs: Any) -> RequestMatcher:
        """As in pytest-httpserver, with a matcher that tests the path first."""
        return QuickMatcher(*args, **kwargs)

    def expect_request(  # noqa: PLR0917  # the signature that it replaces
        self,
        uri: str | URIPattern | Pattern[str],
        method: str = METHOD_ALL,
        data: str | bytes | None = None,
        data_encoding: str = "utf-8",
        headers: Mapping[str, str] | None = None,
        query_string: QueryMatcher | str | bytes | Mapping[str, str] | None = None,
        header_value_matcher: HVMATCHER_T | None = None,
        handler_type: HandlerType = HandlerType.PERMANENT,
        json: Any = UNDEFINED,
    ) -> RequestHandler:
        """As in pytest-httpserver, with a handler that knows whether it may block."""
        matcher = self.create_matcher(
            uri, method.upper(), data, data_encoding, headers, query_string, header_value_matcher, json=json
        )
        return self.expect(matcher, handler_type)

    def expect(self, matcher: RequestMatcher, handler_type: HandlerType = HandlerType.PERMANENT) -> RequestHandler:
        """Registers a handler for a matcher; the `expect_…` methods end here."""
        handler = MockHandler(matcher)
        lists = {HandlerType.PERMANENT: self.handlers, HandlerType.ONESHOT: self.oneshot_handlers}
        with self._choosing:
            lists.get(handler_type, self.ordered_handlers).append(handler)
        return handler

    def _answer(self, request: Request) -> Reply | Awaitable[Reply]:
        if not (self.handlers or self.oneshot_handlers or self.ordered_handlers or self.permanently_failed):
            return self._builtin_answer(request)
        asked = werkzeug_request(request)
        with self._choosing:
            handler = self._choose(asked)
        if handler is None:
            return self._unmatched(request, asked)
        if isinstance(handler, MockHandler) and handler.may_block:
            return in_thread(lambda: self._respond(handler, asked))
        return self._respond(handler, asked)

    def _choose(self, asked: WerkzeugRequest) -> RequestHandler | None:
        """pytest-httpserver's order: an ordered handler must be next, then one-shot, then permanent ones."""
        if self.permanently_failed:
            return None
        if self.ordered_handlers:
            if self.ordered_handlers[0].matcher.match(asked):
                handler = self.ordered_handlers.pop(0)
                self._update_waiting_result()
                return handler
            self.permanently_failed = True
            return None
        once = self.oneshot_handlers.match(asked)
        if once is None:
            return self.handlers.match(asked)
        self.oneshot_handlers.remove(once)
        self._update_waiting_result()
        return once

    def _respond(self, handler: RequestHandler, asked: WerkzeugRequest) -> Reply:
        try:
            return plain_reply(handler.respond(asked))
        except AssertionError as error:
            self.add_assertion(error)
            raise
        except Exception as error:
            self.handler_errors.append(error)
            raise

    def _unmatched(self, request: Request, asked: WerkzeugRequest) -> Reply | Awaitable[Reply]:
        if not self.permanently_failed:
            return self._builtin_answer(request)
        text = "All requests will be permanently failed due failed ordered handler"
        return plain_reply(self.respond_nohandler(asked, f"\n{text}"))

    def _builtin_answer(self, request: Request) -> Reply | Awaitable[Reply]:
        if not self.front.recorder.kind_of(request):
            self._note_unexpected(request)
        return self._builtin(request)

    def _note_unexpected(self, request: Request) -> None:
        if self._waiting_settings.stop_on_nohandler:
            self._set_waiting_result(value=False)
        self.add_assertion(f"unexpected request {request.method} {request.path}{self._near_misses(request)}")

    def _near_misses(self, request: Request) -> str:
        """The closest built-in routes, and why each expectation did not match."""
        lines = [
            f"  built-in: {path}" for path in difflib.get_close_matches(request.path, self._paths, n=3, cutoff=0.5)
        ]
        asked = werkzeug_request(request)
        for handler in (*self.ordered_handlers[:1], *self.oneshot_handlers, *self.handlers):
            fields = [field for field, _, _ in handler.matcher.difference(asked)]
            lines.append(f"  expected: {handler.matcher.method} {handler.matcher.uri!r} differs in {', '.join(fields)}")
        return "\n".join(["; near misses:", *lines]) if lines else ""

    def add_assertion(self, obj: str | AssertionError) -> None:
        """Adds what `check()` raises. Bounded, since a server that is never checked may run for days."""
        if len(self.assertions) < MOST_ASSERTIONS:
            super().add_assertion(obj)

    def dispatch(self, request: WerkzeugRequest) -> WerkzeugResponse:
        """Not used: requests come from our own server, and `_answer` decides."""
        raise NotImplementedError("requests do not pass through dispatch() here")

    # ------------------------------------------------------------------------------------------ looking back
    def calls(self, kind: str | None = None, after: int = 0) -> list[Call]:
        """Recorded requests to one route (`"embedding"`, `"rerank"`, `"chat"`, …) or to all, oldest first; only those
        that came `after` so many had been `received`."""
        return self.front.recorder.calls(kind, after)

    @property
    def received(self) -> int:
        """How many requests have arrived since the start: `calls(after=…)` gives those that came later."""
        return self.front.recorder.received

    @property
    def dropped(self) -> int:
        """Requests that the bounded log no longer holds."""
        return self.front.recorder.dropped

    @property
    def log(self) -> list[tuple[WerkzeugRequest, WerkzeugResponse]]:
        """The kept exchanges as werkzeug objects, rebuilt on each read. Bodies of old answers are not kept."""
        entries = self.front.recorder.entries()
        return [(werkzeug_request(asked), werkzeug_response(reply, status)) for asked, status, reply in entries]

    @log.setter
    def log(self, value: list[Any]) -> None:
        if not value:
            self.front.recorder.clear()

    def iter_matching_requests(self, matcher: RequestMatcher) -> Iterable[tuple[WerkzeugRequest, WerkzeugResponse]]:
        """The kept exchanges that match."""
        for asked, status, reply in self.front.recorder.entries():
            request = werkzeug_request(asked)
            if matcher.match(request):
                yield request, werkzeug_response(reply, status)

    def assert_request_made(self, matcher: RequestMatcher, *, count: int = 1) -> None:
        """As in pytest-httpserver. Where the log has dropped requests, only "more than `count`" can be told."""
        if self.dropped and self.get_matching_requests_count(matcher) <= count:
            kept = len(self.front.recorder)
            raise AssertionError(
                f"{self.dropped} requests were dropped from the log, which keeps the last {kept}: it cannot tell that "
                f"{matcher} was requested {count} times; call clear_log() earlier, or raise log_limit"
            )
        super().assert_request_made(matcher, count=count)
