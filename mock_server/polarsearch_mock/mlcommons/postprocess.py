"""Built-in post-process functions: what a connector makes of the service's answer, and how each of them fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .engines import Engine
from .hashing import hash_order
from .javajson import BigDecimal, java_class
from .jsonpath import PathError, read_path

Tensor = dict[str, Any]
#: The order in which the engine looks for a data type's name in the path of a function.
_DATA_TYPES = (
    "FLOAT32", "FLOAT64", "FLOAT16", "UINT8", "INT32", "INT8", "INT64", "BOOLEAN", "UNKNOWN", "STRING",
    "BINARY", "UBINARY",
)  # fmt: skip
_JAVA_BASE = "module java.base of loader 'bootstrap'"
_NO_INDEX = (
    'Cannot invoke "java.lang.Integer.intValue()" because the return value of "java.util.Map.get(Object)" is null'
)
_NO_LIST = "Post process function input is not a List."
#: What json-smart may have put into an array of numbers.
_ELEMENTS = frozenset((int, float, BigDecimal, type(None)))


def refused(reason: str) -> PathError:
    """A Java IllegalArgumentException from a function."""
    return PathError("illegal_argument_exception", reason)


def _cast(value: Any, wanted: str) -> PathError:
    found = java_class(value)
    places = f"{found} and {wanted} are in {_JAVA_BASE}"
    if found.startswith("net."):
        places = f"{found} is in unnamed module of loader java.net.FactoryURLClassLoader; {wanted} is in {_JAVA_BASE}"
    return PathError("class_cast_exception", f"class {found} cannot be cast to class {wanted} ({places})")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _tensor(name: str, data: list[Any], data_type: str | None) -> Tensor:
    return {"name": name, "data_type": data_type or "FLOAT32", "shape": [len(data)], "data": data}


def _check_vector(row: list[Any]) -> None:
    if not row or not _is_number(row[0]):
        raise refused("The embedding should be a non-empty List containing Float values.")


def _vector(row: Any, data_type: str | None) -> Tensor:
    if row is None:
        reason = 'Cannot invoke "java.util.List.size()" because "embedding" is null'
        raise PathError("null_pointer_exception", reason)
    if not isinstance(row, list):
        raise _cast(row, "java.util.List")
    if not _ELEMENTS.issuperset(map(type, row)):
        element = "can not cast one of the elements of java.lang.Object[] to the type of the destination array"
        raise PathError("array_store_exception", f"arraycopy: element type mismatch: {element}, java.lang.Number")
    return _tensor("sentence_embedding", row, data_type)


def _vectors(value: Any, data_type: str | None) -> list[Tensor]:
    if not isinstance(value, list):
        raise refused(_NO_LIST)
    if value:
        if not isinstance(value[0], list):
            raise refused("The embedding should be a non-empty List containing List of Float values.")
        _check_vector(value[0])
    return [_vector(row, data_type) for row in value]


def _one_vector(value: Any, data_type: str | None) -> list[Tensor]:
    if not isinstance(value, list):
        raise refused(_NO_LIST)
    if value:
        _check_vector(value)
    return [_vector(value, data_type)]


def _double(value: Any) -> Any:
    if value is None or (isinstance(value, float) and not isinstance(value, BigDecimal)):
        return value
    raise _cast(value, "java.lang.Double")


def _double_or_decimal(value: Any) -> Any:
    if not isinstance(value, float):
        raise refused("relevanceScore is not BigDecimal or Double.")
    return float(value)


Check = Callable[[list[Any]], None]


class _Score(NamedTuple):
    """How one service names and writes a score, and what is looked at before any score is placed."""

    name: str
    read: Callable[[Any], Any]
    check: Check


def _index(item: dict[str, Any]) -> int:
    found = item.get("index")
    if found is None:
        raise PathError("null_pointer_exception", _NO_INDEX)
    if java_class(found) != "java.lang.Integer":
        raise _cast(found, "java.lang.Integer")
    return int(found)


def _check_first(results: list[Any]) -> None:
    """Only the first result is looked at."""
    if results and not isinstance(results[0], dict):
        raise refused("Post process function input is not a List of Map.")
    if results and not {"index", "relevance_score"} <= results[0].keys():
        raise refused("The rerank result should contain index and relevance_score.")


def _check_each(results: list[Any]) -> None:
    """Every result is looked at, and there must be one."""
    if not results:
        raise refused("Post process function input is empty.")
    for item in results:
        if not isinstance(item, dict):
            raise refused("Rerank result is not a Map.")
        if not item:
            raise refused("Rerank result is empty.")
        if not {"index", "relevanceScore"} <= item.keys():
            raise refused("Rerank result should have both index and relevanceScore.")
        _double_or_decimal(item["relevanceScore"])


_COHERE_SCORE = _Score("relevance_score", _double, _check_first)
_BEDROCK_SCORE = _Score("relevanceScore", _double_or_decimal, _check_each)


def _scores(score: _Score) -> Callable[[Any, str | None], list[Tensor]]:
    def run(value: Any, data_type: str | None) -> list[Tensor]:  # noqa: ARG001 - one signature for all functions
        if not isinstance(value, list):
            raise refused(_NO_LIST)
        score.check(value)
        placed: list[Any] = [None] * len(value)
        for item in value:
            if not isinstance(item, dict):
                raise _cast(item, "java.util.Map")
            at, found = _index(item), score.read(item.get(score.name))
            if not 0 <= at < len(placed):
                reason = f"Index {at} out of bounds for length {len(placed)}"
                raise PathError("array_index_out_of_bounds_exception", reason)
            placed[at] = found
        return [_tensor("similarity", [one], None) for one in placed]

    return run


def _job_arn(value: Any, data_type: str | None) -> list[Tensor]:  # noqa: ARG001 - one signature for all functions
    if not isinstance(value, dict):
        raise refused("Post process function input is not a Map.")
    if "jobArn" not in value:
        raise refused("job arn is missing.")
    if not isinstance(value["jobArn"], str):
        raise _cast(value["jobArn"], "java.lang.String")
    whole = {**value, "processedJobArn": value["jobArn"].replace("/", "%2F")}
    return [{"name": "response", "dataAsMap": {name: whole[name] for name in hash_order(whole)}}]


def _passthrough(value: Any, data_type: str | None) -> list[Tensor]:  # noqa: ARG001 - one signature for all functions
    if not isinstance(value, (dict, list)):
        raise refused("Post process function input must be a Map or List")
    if isinstance(value, list):
        raise _cast(value, "java.util.Map")
    results = value.get("inference_results")
    if not isinstance(results, list):
        return [{"name": "response", "dataAsMap": value}]
    outputs = (one.get("output") for one in results if isinstance(one, dict))
    return [_passed(one) for listed in outputs if isinstance(listed, list) for one in listed if one]


def _passed(output: dict[str, Any]) -> Tensor:
    """A tensor again from one of another node's answers."""
    name, kind, shape, data = (output.get(key) for key in ("name", "data_type", "shape", "data"))
    tensor: Tensor = {"name": name if isinstance(name, str) else "output"}
    if kind in _DATA_TYPES:
        tensor["data_type"] = kind
    if isinstance(shape, list):
        tensor["shape"] = [int(one) if _is_number(one) else 0 for one in shape]
    if isinstance(data, list):
        tensor["data"] = [one if _is_number(one) else None for one in data]
    tensor |= {key: output[key] for key in ("result", "dataAsMap") if output.get(key) is not None}
    return tensor


Function = Callable[[Any, str | None], list[Tensor]]


class _Row(NamedTuple):
    """One built-in function: its path into the answer, its body, whether it came with 3.x."""

    path: str
    run: Function
    v2: bool = False


_PREFIX = "connector.post_process."
_NAMED: Sequence[tuple[str, _Row]] = (
    ("openai.embedding", _Row("$.data[*].embedding", _vectors)),
    ("cohere.embedding", _Row("$.embeddings", _vectors)),
    ("default.embedding", _Row("$[*]", _vectors)),
    ("bedrock.embedding", _Row("$.embedding", _one_vector)),
    ("cohere.rerank", _Row("$.results", _scores(_COHERE_SCORE))),
    ("default.rerank", _Row("$[*]", _scores(_COHERE_SCORE))),
    ("bedrock.rerank", _Row("$.results", _scores(_BEDROCK_SCORE))),
    ("bedrock.batch_job_arn", _Row("$", _job_arn)),
    ("cohere_v2.embedding.float", _Row("$.embeddings.float", _vectors, v2=True)),
    ("cohere_v2.embedding.int8", _Row("$.embeddings.int8", _vectors, v2=True)),
    ("cohere_v2.embedding.uint8", _Row("$.embeddings.uint8", _vectors, v2=True)),
    ("cohere_v2.embedding.binary", _Row("$.embeddings.binary", _vectors, v2=True)),
    ("cohere_v2.embedding.ubinary", _Row("$.embeddings.ubinary", _vectors, v2=True)),
    ("bedrock_v2.embedding.float", _Row("$.embeddingsByType.float", _one_vector, v2=True)),
    ("bedrock_v2.embedding.binary", _Row("$.embeddingsByType.binary", _one_vector, v2=True)),
    ("mlcommons.passthrough", _Row("$", _passthrough, v2=True)),
)
FUNCTIONS = {f"{_PREFIX}{name}": row for name, row in _NAMED}


def is_builtin(function: str | None, engine: Engine) -> bool:
    """Whether the engine has a post-process function of this name."""
    row = FUNCTIONS.get(function or "")
    return row is not None and (engine.has_v2_post_process or not row.v2)


def postprocess(body: str, function: str, response_filter: str | None) -> list[Tensor]:
    """The tensors that a built-in function makes of an answer's text; PathError with Java's words where it fails."""
    row = FUNCTIONS[function]
    path = response_filter if response_filter and response_filter.strip() else row.path
    value = read_path(body, path)
    if value is None:
        raise refused("Can't run post process function as model output is null")
    lowered = path.lower()
    data_type = next((name for name in _DATA_TYPES if f".{name.lower()}" in lowered), None)
    return row.run(value, data_type)
