"""The service's answer as tensors: a built-in function, a response filter, or the whole body as `dataAsMap`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .engines import Engine
from .errors import Detail, EngineError
from .gsonreader import GsonError, read_lenient
from .jsonpath import PathError, read_path
from .lenientjson import is_json
from .postprocess import Tensor, is_builtin, postprocess, refused
from .preprocess import script_not_emulated

_WRAPPED = "Fail to execute PREDICT in aws connector"
_NAME = "response"


def tensors(body: str, action: Mapping[str, Any], parameters: Mapping[str, str], engine: Engine) -> list[Tensor]:
    """What one answer becomes. EngineError: 400 or 500 `m_l_exception` by engine and cause, 501 for a script."""
    function = action.get("post_process_function")
    wanted = parameters.get("response_filter")
    try:
        if is_builtin(function, engine):
            return postprocess(body, str(function), wanted)
        if function is not None:
            raise script_not_emulated("post_process_function", function)
        whole = _whole(body)
        return [_response(body, whole)] if wanted is None else [_filtered(body, wanted, engine)]
    except PathError as error:
        raise post_process_failure(error.type, error.reason, engine) from None


def post_process_failure(type_: str, reason: str, engine: Engine, caused_by: Detail | None = None) -> EngineError:
    """A failure after the service has answered: wrapped, but IllegalArgumentException stays bare on newer engines."""
    if type_ == "illegal_argument_exception" and engine.post_process_refusal_is_400:
        return EngineError(type_, reason, 400, caused_by)
    cause = {"type": type_, "reason": reason, **({"caused_by": caused_by} if caused_by else {})}
    return EngineError("m_l_exception", _WRAPPED, 500, cause)


def _whole(body: str) -> Any:
    """The body as gson reads it, every number a double; scalars are refused, so is what gson cannot read."""
    try:
        value = read_lenient(body)
    except GsonError as error:
        raise _syntax(error) from None
    if not isinstance(value, (dict, list)):
        raise refused("Unsupported response type")
    return value


def _syntax(error: GsonError) -> EngineError:
    java, rendered = ("java.io.EOFException", "e_o_f_exception")
    if not error.eof:
        java, rendered = ("com.google.gson.stream.MalformedJsonException", "malformed_json_exception")
    below = {"type": rendered, "reason": str(error)}
    cause = {"type": "json_syntax_exception", "reason": f"{java}: {error}", "caused_by": below}
    return EngineError("m_l_exception", _WRAPPED, 500, cause)


def _response(body: str, whole: Any) -> Tensor:
    if not is_json(body):
        return {"name": _NAME, "dataAsMap": {_NAME: body}}
    return {"name": _NAME, "dataAsMap": whole if isinstance(whole, dict) else {_NAME: whole}}


def _filtered(body: str, path: str, engine: Engine) -> Tensor:
    value = read_path(body, path)
    if isinstance(value, str) and is_json(value):
        return _response(value, read_lenient(value))
    if isinstance(value, dict) and engine.filter_unwraps_objects:
        return {"name": _NAME, "dataAsMap": value}
    return {"name": _NAME, "dataAsMap": {_NAME: value}}
