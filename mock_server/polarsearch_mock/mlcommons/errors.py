"""The engine's failures: the exception every layer raises and the envelope it becomes.

Texts that several modules raise stand here; a text that one module raises stands beside the rule it belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Detail = Mapping[str, Any]


@dataclass
class EngineError(Exception):
    """A failure as the engine renders it: `{"error": {"root_cause": […], "type", "reason", …}, "status"}`.

    `type` is the rendered name (`illegal_argument_exception`), `status` the HTTP status of the answer, `caused_by` the
    nested cause (`{"type", "reason"[, "caused_by"]}`), `extra` members between reason and caused_by (line, col …),
    `root_cause` the list in its place where it is not the failure itself, `shown_status` the number in the body where
    it is another than the status of the answer.
    """

    type: str
    reason: str | None
    status: int = 400
    caused_by: Detail | None = None
    root_cause: Sequence[Detail] | None = None
    extra: Detail = field(default_factory=dict)
    shown_status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.type}: {self.reason}"

    def detail(self) -> dict[str, Any]:
        """The failure without its cause: what a `root_cause` list holds."""
        return {"type": self.type, "reason": self.reason, **self.extra}

    def document(self) -> dict[str, Any]:
        """The whole envelope, in the engine's key order."""
        roots = [dict(one) for one in self.root_cause] if self.root_cause is not None else [self.detail()]
        error: dict[str, Any] = {"root_cause": roots, **self.detail()}
        if self.caused_by is not None:
            error["caused_by"] = dict(self.caused_by)
        return {"error": error, "status": self.shown_status or self.status}


class NeverAnswers(Exception):
    """The engine gives no answer to this call; `str()` says why."""


def illegal_argument(reason: str, caused_by: Detail | None = None) -> EngineError:
    """A Java `IllegalArgumentException`: 400."""
    return EngineError("illegal_argument_exception", reason, 400, caused_by)


def status_error(reason: str, status: int, caused_by: Detail | None = None) -> EngineError:
    """An `OpenSearchStatusException`: it carries its own status."""
    return EngineError("status_exception", reason, status, caused_by)


def parse_error(reason: str, status: int = 400) -> EngineError:
    """An `OpenSearchParseException`."""
    return EngineError("parse_exception", reason, status)


def null_pointer(reason: str, status: int = 500) -> EngineError:
    """A Java `NullPointerException` with the virtual machine's own words: 500."""
    return EngineError("null_pointer_exception", reason, status)


def validation_error(*faults: str) -> EngineError:
    """An `ActionRequestValidationException`: the faults numbered, 400."""
    numbered = "".join(f"{number}: {fault};" for number, fault in enumerate(faults, 1))
    return EngineError("action_request_validation_exception", f"Validation Failed: {numbered}")


def index_missing(index: str) -> dict[str, Any]:
    """The `index_not_found_exception` of an index that was never made, as cause or root cause."""
    return {
        "type": "index_not_found_exception",
        "reason": f"no such index [{index}]",
        "index": index,
        "resource.id": index,
        "resource.type": "index_expression",
        "index_uuid": "_na_",
    }


def storage_failure(reason: str, status: int, index: str) -> EngineError:
    """The storage client's failure over a missing index: the index is the root cause."""
    cause = index_missing(index)
    return EngineError("status_exception", reason, status, cause, root_cause=[cause])
