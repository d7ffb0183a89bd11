"""What a connector's body holds: the readers of its fields, and the rules that need nothing but the body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .bodies import Cursor, Reader, read_fields
from .engines import Engine
from .errors import EngineError, illegal_argument, validation_error
from .hashing import hash_order, hashed
from .jsontokens import START_ARRAY
from .names import faults_of_names
from .substitution import stringify

ACTION_TYPES = ("PREDICT", "EXECUTE", "BATCH_PREDICT", "CANCEL_BATCH_PREDICT", "BATCH_PREDICT_STATUS")
ACCESS_MODES = ("public", "private", "restricted")
ACCESS_FIELDS = ("backend_roles", "add_all_backend_roles", "access_mode")

#: Defaults of `client_config`, in the order an answer has them. Time-outs in seconds, the back-off in milliseconds.
CLIENT_CONFIG = {
    "max_connection": 30,
    "connection_timeout": 30_000,
    "read_timeout": 30_000,
    "retry_backoff_millis": 200,
    "retry_timeout_seconds": 30,
    "max_retry_times": 0,
    "retry_backoff_policy": "constant",
}
_BACKOFF_POLICIES = ("constant", "exponential_equal_jitter", "exponential_full_jitter")
#: The order of an action's members in an answer.
_ACTION_ORDER = (
    "action_type", "method", "url", "headers", "request_body", "pre_process_function", "post_process_function",
)  # fmt: skip
_ACTION_SWITCH = 9
_ENUM = "org.opensearch.ml.common.connector.ConnectorAction.ActionType"


def _action_type(cursor: Cursor) -> str:
    name = cursor.text().upper()
    if name not in ACTION_TYPES:
        raise illegal_argument(f"No enum constant {_ENUM}.{name}")
    return name


_ACTION_READERS: dict[str, Reader] = {
    "action_type": _action_type,
    "method": Cursor.text,
    "url": Cursor.text,
    "headers": lambda cursor: hashed(cursor.text_map()),
    "request_body": Cursor.text,
    "pre_process_function": Cursor.text,
    "post_process_function": Cursor.text,
}
_REQUIRED_IN_ACTION = (("action_type", "action type"), ("url", "url"), ("method", "method"))


def read_action(cursor: Cursor) -> dict[str, Any]:
    """One action; IllegalArgumentException for the first of type, URL and method that is missing."""
    found = read_fields(cursor, _ACTION_READERS, _ACTION_SWITCH)
    for name, shown in _REQUIRED_IN_ACTION:
        if found.get(name) is None:
            raise illegal_argument(f"{shown} can't be null")
    return {name: found[name] for name in _ACTION_ORDER if found.get(name) is not None}


def read_actions(cursor: Cursor) -> list[dict[str, Any]]:
    """The list of actions."""
    cursor.expect(START_ARRAY)
    found = []
    while cursor.next() != "END_ARRAY":
        found.append(read_action(cursor))
    return found


def _backoff_policy(cursor: Cursor) -> str:
    name = cursor.text().lower()
    if name not in _BACKOFF_POLICIES:
        raise illegal_argument("Unsupported retry backoff policy")
    return name


def read_client_config(cursor: Cursor) -> dict[str, Any]:
    """A `client_config` with every default filled in."""
    readers: dict[str, Reader] = dict.fromkeys(CLIENT_CONFIG, Cursor.integer)
    readers["retry_backoff_policy"] = _backoff_policy
    return {**CLIENT_CONFIG, **read_fields(cursor, readers)}


def _access_mode(cursor: Cursor) -> str | None:
    """An unknown mode counts as none."""
    name = cursor.text().lower()
    return name if name in ACCESS_MODES else None


def parameter_reader(engine: Engine) -> Reader:
    """The reader of an object whose values all become texts."""
    return lambda cursor: hashed(stringify(cursor.map(), engine))


def connector_readers(engine: Engine) -> dict[str, Reader]:
    """The readers of a connector's fields."""
    return {
        "name": Cursor.text,
        "description": Cursor.text,
        "version": Cursor.text,
        "protocol": Cursor.text,
        "parameters": parameter_reader(engine),
        "credential": Cursor.text_map,
        "actions": read_actions,
        "backend_roles": Cursor.texts,
        "add_all_backend_roles": Cursor.boolean,
        "access_mode": _access_mode,
        "dry_run": Cursor.boolean,
        "client_config": read_client_config,
    }


def read_connector(cursor: Cursor, engine: Engine) -> dict[str, Any]:
    """A connector's body as far as it was given."""
    found = read_fields(cursor, connector_readers(engine), engine.connector_switch_local)
    return {name: value for name, value in found.items() if value is not None}


def require_fields(found: Mapping[str, Any]) -> None:
    """What a new connector must have, in the engine's order."""
    for name in ("name", "version", "protocol"):
        if found.get(name) is None:
            raise illegal_argument(f"Connector {name} is null")
    if not found.get("credential"):
        raise illegal_argument("Connector credential is null or empty list")


def check_names(found: Mapping[str, Any], engine: Engine, *, required: bool) -> None:
    """The rule for names and descriptions, where the engine has it."""
    texts = {f"Model connector {name}": found.get(name) for name in ("name", "description")}
    faults = faults_of_names(
        {name: texts[name] for name in hash_order(texts)}, "Model connector name" if required else ""
    )
    if engine.names_checked and faults:
        raise validation_error(*faults)


def check_protocol(found: Mapping[str, Any], engine: Engine) -> None:
    """A known protocol, and what `aws_sigv4` needs."""
    protocol = found.get("protocol")
    if protocol not in engine.protocols:
        raise illegal_argument(f"Can't find class for type {protocol}")
    if protocol == "aws_sigv4":
        _check_aws(found.get("credential") or {}, found.get("parameters") or {})
    if str(protocol).startswith("mcp_"):
        raise EngineError("status_exception", f"Not emulated: connectors with protocol {protocol}", 501)


def _check_aws(credential: Mapping[str, str], parameters: Mapping[str, str]) -> None:
    if not {"access_key", "secret_key"} <= set(credential):
        raise illegal_argument("Missing credential")
    for name, shown in (("service_name", "service name"), ("region", "region")):
        if name not in credential and name not in parameters:
            raise illegal_argument(f"Missing {shown}")
