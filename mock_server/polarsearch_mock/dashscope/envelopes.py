"""The shapes an error takes on each kind of route (dashscope.md §4.1)."""

from __future__ import annotations

from typing import Any

from .call import render
from .errors import LITERALS, Refusal, Wire


def native(said: Wire, request_id: str) -> dict[str, Any]:
    """The envelope of `/api/v1`."""
    return {"code": said.code, "message": said.message, "request_id": request_id}


def compatible(said: Wire, request_id: str, *, algorithm: bool, chat: bool) -> dict[str, Any]:
    """The envelope of the compatible routes; what the algorithm refuses carries an `id` too."""
    error = {"message": said.message, "type": said.type, "param": None, "code": said.code}
    if not algorithm:
        return {"error": error, "request_id": request_id}
    return {"error": error, "id": f"chatcmpl-{request_id}" if chat else request_id, "request_id": request_id}


def native_event(said: Wire, request_id: str, number: int = 1) -> bytes:
    """An error as a native event: the HTTP status is 200, the true one stands in a comment."""
    data = render(native(said, request_id))
    return b"id:%d\nevent:error\n:HTTP_STATUS/%d\ndata:%b\n\n" % (number, said.status, data)


def body(refusal: Refusal, said: Wire, request_id: str, *, is_native: bool, chat: bool) -> bytes:
    """The JSON of a refusal whose words are `said`."""
    if is_native:
        return render(native(said, request_id))
    return render(compatible(said, request_id, algorithm=LITERALS[refusal.name].algorithm, chat=chat))
