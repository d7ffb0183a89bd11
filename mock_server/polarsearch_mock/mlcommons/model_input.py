"""What a model's body holds: the readers of its fields at registration and update."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .bodies import Cursor, Reader, read_fields
from .connector_input import parameter_reader, read_connector
from .connectors import in_order
from .engines import Engine
from .errors import EngineError, illegal_argument
from .hashing import hash_order
from .jsontokens import START_ARRAY
from .names import faults_of_names
from .render import compact

FUNCTION_NAMES = (
    "LINEAR_REGRESSION", "KMEANS", "AD_LIBSVM", "SAMPLE_ALGO", "LOCAL_SAMPLE_CALCULATOR", "FIT_RCF", "BATCH_RCF",
    "ANOMALY_LOCALIZATION", "RCF_SUMMARIZE", "LOGISTIC_REGRESSION", "TEXT_EMBEDDING", "METRICS_CORRELATION", "REMOTE",
    "SPARSE_ENCODING", "SPARSE_TOKENIZE", "TEXT_SIMILARITY", "QUESTION_ANSWERING", "AGENT", "CONNECTOR",
)  # fmt: skip
_TIME_UNITS = ("NANOSECONDS", "MICROSECONDS", "MILLISECONDS", "SECONDS", "MINUTES", "HOURS", "DAYS")
_GUARDRAIL_TYPES = ("local_regex", "model")
_CONFIG_ORDER = (
    "model_type", "embedding_dimension", "framework_type", "all_config", "pooling_mode", "normalize_result",
    "model_max_length", "passage_prefix", "query_prefix",
)  # fmt: skip
_INTERFACE_PARTS = ("input", "output")
#: Time to live of a deployment when none is given: without end.
_NO_TTL = -1


def function_name(text: str) -> str:
    """A function's name in capitals; IllegalArgumentException for an unknown one."""
    name = text.upper()
    if name not in FUNCTION_NAMES:
        raise illegal_argument("Wrong function name")
    return name


def _time_unit(cursor: Cursor) -> str:
    name = cursor.text()
    if name not in _TIME_UNITS:
        raise illegal_argument(f"No enum constant java.util.concurrent.TimeUnit.{name}")
    return name


def _rate_limiter(cursor: Cursor) -> dict[str, Any]:
    readers: dict[str, Reader] = {"limit": Cursor.text, "unit": _time_unit}
    found = read_fields(cursor, readers)
    return {name: found[name] for name in ("limit", "unit") if name in found}


def _deploy_setting(cursor: Cursor) -> dict[str, Any]:
    readers: dict[str, Reader] = {"is_auto_deploy_enabled": Cursor.boolean, "model_ttl_minutes": Cursor.integer}
    found = {"model_ttl_minutes": _NO_TTL, **read_fields(cursor, readers)}
    return {name: found[name] for name in readers if name in found}


def _stop_words(cursor: Cursor) -> list[dict[str, Any]]:
    cursor.expect(START_ARRAY)
    readers: dict[str, Reader] = {"index_name": Cursor.text, "source_fields": Cursor.texts}
    found = []
    while cursor.next() != "END_ARRAY":
        found.append(read_fields(cursor, readers))
    return found


_GUARDRAIL_READERS: dict[str, Reader] = {
    "stop_words": _stop_words,
    "regex": Cursor.texts,
    "model_id": Cursor.text,
    "response_filter": Cursor.text,
    "response_validation_regex": Cursor.text,
}


def _guardrail(cursor: Cursor) -> dict[str, Any]:
    return {name: value for name, value in read_fields(cursor, _GUARDRAIL_READERS).items() if value}


def _guardrails(cursor: Cursor) -> dict[str, Any]:
    readers: dict[str, Reader] = {
        "type": Cursor.text, "input_guardrail": _guardrail, "output_guardrail": _guardrail,
    }  # fmt: skip
    found = read_fields(cursor, readers)
    if found.get("type") not in _GUARDRAIL_TYPES:
        raise illegal_argument("The type of guardrails is required, can not be null.")
    return {name: found[name] for name in readers if name in found}


def _model_config(cursor: Cursor) -> dict[str, Any]:
    readers: dict[str, Reader] = dict.fromkeys(_CONFIG_ORDER, Cursor.text)
    readers |= {"embedding_dimension": Cursor.integer, "model_max_length": Cursor.integer}
    readers |= {"normalize_result": Cursor.boolean, "framework_type": lambda place: place.text().upper()}
    found = read_fields(cursor, readers)
    return {name: found[name] for name in _CONFIG_ORDER if name in found}


def _interface_reader(engine: Engine) -> Reader:
    whole = parameter_reader(engine)

    def read(cursor: Cursor) -> dict[str, str]:
        return {name: text for name, text in whole(cursor).items() if name in _INTERFACE_PARTS}

    return read


def embedded_connector(value: Mapping[str, Any], engine: Engine) -> dict[str, Any] | None:
    """The connector inside a registration, read a second time as the engine does it.

    Its own illegal arguments are passed on; what else is wrong with it leaves no connector at all.
    """
    protocol = value.get("protocol")
    if protocol is None:
        raise illegal_argument("connector protocol is null")
    if protocol not in engine.protocols:
        raise illegal_argument(f"Can't find class for type {protocol}")
    cursor = Cursor(compact(value).encode("utf-8", "surrogatepass"))
    cursor.next()
    try:
        return in_order(read_connector(cursor, engine))
    except EngineError as error:
        if error.type == "illegal_argument_exception":
            raise
        return None


def _common_readers(engine: Engine) -> dict[str, Reader]:
    return {
        "name": Cursor.text,
        "description": Cursor.text,
        "model_group_id": Cursor.text,
        "connector_id": Cursor.text,
        "is_enabled": Cursor.boolean,
        "rate_limiter": _rate_limiter,
        "model_config": _model_config,
        "deploy_setting": _deploy_setting,
        "guardrails": _guardrails,
        "interface": _interface_reader(engine),
    }


def read_registration(cursor: Cursor, engine: Engine) -> dict[str, Any]:
    """The body of a registration: a name, and for models that are not remote a format."""
    readers = _common_readers(engine) | {
        "function_name": lambda place: function_name(place.text()),
        "connector": lambda place: embedded_connector(place.map(), engine),
        "version": Cursor.text,
        "model_format": Cursor.text,
        "url": Cursor.text,
        "model_node_ids": Cursor.texts,
        "backend_roles": Cursor.texts,
        "add_all_backend_roles": Cursor.boolean,
        "access_mode": Cursor.text,
    }
    found = read_fields(cursor, readers, engine.register_switch_local)
    if found.get("name") is None:
        raise illegal_argument("model name is null")
    if found.setdefault("function_name", "TEXT_EMBEDDING") != "REMOTE" and found.get("model_format") is None:
        raise illegal_argument("model format is null")
    return found


def read_model_update(cursor: Cursor, engine: Engine) -> dict[str, Any]:
    """The body of an update."""
    readers = _common_readers(engine) | {"connector": lambda place: read_connector(place, engine)}
    return read_fields(cursor, readers, engine.register_switch_local)


def faults_of_model_names(found: Mapping[str, Any], *, required: bool) -> list[str]:
    """The faults of a model's name and description."""
    texts = {f"Model {name}": found.get(name) for name in ("name", "description")}
    ordered = {name: texts[name] for name in hash_order(texts)}
    return faults_of_names(ordered, "Model name" if required else "")


def is_blank(text: str | None) -> bool:
    """Java's `StringUtils.isBlank`."""
    return text is None or not re.search(r"\S", text)
