"""What a second node changes: an answer or a failure that crossed the wire between two nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import Detail, EngineError, null_pointer
from .javajson import to_float32

#: Exceptions that keep their class between nodes.
_REGISTERED = frozenset(
    ("status_exception", "illegal_argument_exception", "null_pointer_exception", "number_format_exception",
     "illegal_state_exception", "i_o_exception", "array_index_out_of_bounds_exception", "e_o_f_exception",
     "string_index_out_of_bounds_exception", "security_exception", "parse_exception", "parsing_exception",
     "not_emulated", "index_not_found_exception", "script_exception")
)  # fmt: skip
#: Exceptions without a registered name that travel as their superclass.
_AS_SUPERCLASS = {
    "unknown_host_exception": "i_o_exception",
    "malformed_u_r_l_exception": "i_o_exception",
    "malformed_json_exception": "i_o_exception",
    "pattern_syntax_exception": "illegal_argument_exception",
}
#: Exceptions that OpenSearch itself defines: a root cause is looked for through these only.
_OPENSEARCH = frozenset(("status_exception", "parse_exception", "parsing_exception"))
_WHOLE_TYPES = ("INT8", "UINT8", "INT32", "INT64")
_LOST_TYPES = ("BINARY", "UBINARY")
_NO_SCORE = 'Cannot invoke "java.lang.Number.floatValue()" because "v" is null'


def crossed_results(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results after their way: float32 in tensors, doubles in maps; 500 for a tensor with a null in it."""
    return [{**one, "output": [_tensor(each) for each in one["output"]]} if "output" in one else one for one in results]


def _tensor(tensor: dict[str, Any]) -> dict[str, Any]:
    crossed = dict(tensor)
    if crossed.get("data_type") in _LOST_TYPES:
        crossed.pop("data", None)
    if "data" in crossed:
        crossed["data"] = [_component(one, crossed.get("data_type")) for one in crossed["data"]]
    if "dataAsMap" in crossed:
        crossed["dataAsMap"] = _doubles(crossed["dataAsMap"])
    return crossed


def _component(value: Any, data_type: str | None) -> Any:
    if value is None:
        raise null_pointer(_NO_SCORE)
    return int(value) if data_type in _WHOLE_TYPES else to_float32(value)


def _doubles(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _doubles(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_doubles(inner) for inner in value]
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def crossed_error(error: EngineError) -> EngineError:
    """A failure after its way: unregistered exceptions carry their type in the reason, the root cause lies deeper."""
    top = _crossed(
        {**error.detail(), **({"caused_by": error.caused_by} if error.caused_by else {})}, is_open=_is_open(error)
    )
    extra = {name: value for name, value in top.items() if name not in ("type", "reason", "caused_by")}
    root = _root(top, error.type)
    shown = [{name: value for name, value in root.items() if name != "caused_by"}]
    return EngineError(top["type"], top["reason"], error.status, top.get("caused_by"), root_cause=shown, extra=extra)


def _is_open(error: EngineError) -> bool:
    return error.type in _OPENSEARCH or error.type not in _REGISTERED


def _crossed(detail: Detail, *, is_open: bool) -> dict[str, Any]:
    crossed = dict(detail)
    kind = crossed["type"]
    if kind in _AS_SUPERCLASS:
        crossed["type"] = _AS_SUPERCLASS[kind]
    elif kind not in _REGISTERED:
        crossed["reason"] = f"{kind}: {crossed['reason']}"
    for nested in ("suppressed",):
        if nested in crossed:
            crossed[nested] = [_crossed(one, is_open=is_open) for one in crossed[nested]]
    if crossed.get("caused_by"):
        crossed["caused_by"] = _crossed(crossed["caused_by"], is_open=is_open)
    return crossed


def _root(top: dict[str, Any], kind: str) -> dict[str, Any]:
    """The deepest cause that is an exception of OpenSearch or travelled wrapped in one."""
    found = top
    if kind in _REGISTERED and kind not in _OPENSEARCH:
        return found
    while (below := found.get("caused_by")) and _wrapped(below):
        found = below
    return found


def _wrapped(detail: Mapping[str, Any]) -> bool:
    kind = detail["type"]
    return kind in _OPENSEARCH or (kind not in _REGISTERED and kind not in _AS_SUPERCLASS.values())
