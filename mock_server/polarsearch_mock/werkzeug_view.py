"""Our plain requests and replies as werkzeug's, and back: what pytest-httpserver's API speaks. Rebuilt only on use."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from pytest_httpserver import RequestMatcher
from pytest_httpserver.httpserver import METHOD_ALL, UNDEFINED, URI_DEFAULT
from werkzeug import Request as WerkzeugRequest
from werkzeug import Response as WerkzeugResponse

from .messages import Reply, Request
from .workers import in_thread

#: Headers that the serving layer writes itself.
OURS = frozenset({"content-length", "date", "connection", "transfer-encoding"})


def werkzeug_request(request: Request) -> WerkzeugRequest:
    """The request as pytest-httpserver's matchers and handlers know it."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": request.peer,
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
    }
    for name, value in request.headers:
        key = "HTTP_" + name.upper().replace("-", "_")
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["CONTENT_LENGTH"] = str(len(request.body))
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    made = WerkzeugRequest(environ)
    made.__dict__["data"] = request.body  # where werkzeug caches it: reading its stream costs as much as all matchers
    return made


def werkzeug_response(reply: Reply | None, status: int | None) -> WerkzeugResponse:
    """The recorded answer; without its body and headers where only the status is still kept."""
    if reply is None:
        return WerkzeugResponse(b"", status or 500)
    return WerkzeugResponse(reply.body, reply.status, list(reply.headers))


def plain_reply(response: WerkzeugResponse | str | None) -> Reply:
    """What a handler gave, as our reply. A generator becomes a stream whose pieces leave as they are made."""
    made = response if isinstance(response, WerkzeugResponse) else WerkzeugResponse(response or "")
    headers = tuple((name.lower(), value) for name, value in made.headers if name.lower() not in OURS)
    if made.is_streamed:
        return Reply(made.status_code, headers=headers, stream=_pieces(iter(made.iter_encoded())))
    return Reply(made.status_code, made.get_data(), headers)


async def _pieces(source: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A generator of a test author may block, so it runs beside the loop."""
    end = object()
    while (piece := await in_thread(lambda: next(source, end))) is not end:
        yield piece  # type: ignore[misc]


class QuickMatcher(RequestMatcher):
    """pytest-httpserver's matcher, cheap where it does not match: path and method first, a body parsed once."""

    def match(self, request: WerkzeugRequest) -> bool:
        """Whether the request is the one that was expected."""
        return self.may_match(request) and super().match(request)

    def may_match(self, request: WerkzeugRequest) -> bool:
        """Whether path and method fit."""
        if self.method not in (METHOD_ALL, request.method):
            return False
        return self.uri in (URI_DEFAULT, request.path) if isinstance(self.uri, str) else self.match_uri(request)

    def match_json(self, request: WerkzeugRequest) -> bool:
        """As the base class; the parsed body is kept in the request for the next matcher."""
        if self.json is UNDEFINED:
            return True
        key = f"polarsearch_mock.json.{self.data_encoding}"
        if key not in request.environ:
            try:
                request.environ[key] = json.loads(request.data.decode(self.data_encoding))
            except ValueError:
                request.environ[key] = UNDEFINED
        return bool(request.environ[key] == self.json)
