"""What the service's answer, or its silence, becomes: statuses, empty bodies, broken connections, throttling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .engines import Engine
from .errors import EngineError, NeverAnswers, null_pointer, status_error

_SUCCESS = range(200, 301)
#: OpenSearch's RestStatus: an answer with any other status has no name in it.
_NAMED = frozenset(
    (100, 101, *range(200, 208), *range(300, 306), 307, *range(400, 418), *range(421, 425), 429, *range(500, 506), 507)
)
_NAMELESS = 'Cannot invoke "org.opensearch.core.rest.RestStatus.getStatus()" because "status" is null'
_THROTTLED = (
    "Error from remote service: The request was denied due to remote server throttling. "
    "To change the retry policy and behavior, please update the connector client_config."
)
_THROTTLING_TYPE = "remote_connector_throttling_exception"
_THROTTLING_HEADER, _THROTTLING_VALUE = "x-amzn-errortype", "ThrottlingException"
_FAILED = "Error communicating with remote model: "
_NO_RESPONSE = "No response from model"
_EMPTY = "Remote service returned empty response body"
CLOSED = (
    "The connection was closed during the request. The request will usually succeed on a retry, but if it does not: "
    "consider disabling any proxies you have configured, enabling debug logging, or performing a TCP dump to identify "
    "the root cause. If this is a streaming operation, validate that data is being read or written in a timely manner. "
    "Channel Information: ChannelDiagnostics("
)


@dataclass(frozen=True)
class Answer:
    """One answer of the service: its status, headers (names in lower case) and body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def throttled(self) -> bool:
        """Whether it is an error that AWS marks as throttling: the only one that is tried again."""
        marks = (value for name, value in self.headers if name == _THROTTLING_HEADER)
        return self.status not in _SUCCESS and any(value.startswith(_THROTTLING_VALUE) for value in marks)


def body_or_error(answer: Answer, engine: Engine, *, hop: bool) -> str:
    """The text of a usable answer; EngineError for every other, NeverAnswers where the engine stays silent."""
    success = answer.status in _SUCCESS
    if not answer.body.strip(" \t\n\r\f\v"):
        raise _empty(answer.status, engine, hop=hop, success=success)
    if not success:
        raise _named(f"Error from remote service: {answer.body}", answer.status, hop=hop)
    return answer.body


def _empty(status: int, engine: Engine, *, hop: bool, success: bool) -> EngineError:
    if not engine.empty_body_keeps_status:
        return status_error(_NO_RESPONSE, 400)
    if success:
        return status_error(_EMPTY, 502)
    return _named(f"Remote service returned error status {status} with empty body", status, hop=hop)


def _named(reason: str, status: int, *, hop: bool) -> EngineError:
    if status in _NAMED:
        return status_error(reason, status)
    if hop:
        raise NeverAnswers(f"the service's status {status} has no name, and the failure is lost between the nodes")
    return null_pointer(_NAMELESS)


def throttled(answer: Answer, attempts: int) -> EngineError:
    """The failure after the last throttled attempt: those before it are its suppressed ones."""
    one: dict[str, Any] = {"type": _THROTTLING_TYPE, "reason": _THROTTLED}
    extra = {"suppressed": [dict(one) for _ in range(attempts - 1)]} if attempts > 1 else {}
    return EngineError(_THROTTLING_TYPE, _THROTTLED, answer.status, extra=extra)


def communication_error(detail: str, status: int = 500) -> EngineError:
    """No whole answer came: `status` is the one that had been received, 500 before any was."""
    return status_error(f"{_FAILED}{detail}", status)
