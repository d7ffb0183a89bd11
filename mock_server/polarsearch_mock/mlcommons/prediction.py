"""Predict calls up to the connector: what the body says, which model, on which node, whether it may run."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .bodies import Cursor, Reader, read_fields
from .connector_input import ACTION_TYPES
from .connectors import remote_disabled
from .dataset import Dataset
from .deployment import Deployed, Deployments
from .engines import Engine
from .errors import EngineError, illegal_argument, null_pointer, status_error, storage_failure, validation_error
from .hashing import hashed
from .jsontokens import START_ARRAY
from .model_input import function_name
from .predict import PredictCall, predict
from .render import parsed
from .rest import Call
from .settings import Settings
from .state import MODELS, Document, Store

_TEXT_KINDS = {"TEXT_EMBEDDING": "text_docs", "SPARSE_ENCODING": "text_docs", "TEXT_SIMILARITY": "text_similarity"}
_TEXT_KINDS["SPARSE_TOKENIZE"] = "text_docs"
_NO_INPUT = (
    'Cannot invoke "org.opensearch.ml.common.input.MLInput.setAlgorithm(org.opensearch.ml.common.FunctionName)" '
    'because "mlInput" is null'
)
_NOT_READY = "Model not ready yet. Please deploy the model first."
_OPTED_OUT = "Auto deployment disabled for this model, please deploy model first Model ID: "
#: Faults of an input's constructor that reach the caller; all others leave it without an input.
_PASSED_ON = ("illegal_argument_exception", "number_format_exception")
#: Names under which services give the id of a batch job.
_JOB_NAMES = ("id", "TransformJobArn", "processedJobArn", "job_id")
_PARSER_FAULTS = ("json_parse_exception", "json_e_o_f_exception")


def _action_type(cursor: Cursor) -> str:
    name = cursor.text().upper()
    if name not in ACTION_TYPES:
        raise illegal_argument(f"Wrong Action Type of {cursor.text()}")
    return name


def _text_docs(cursor: Cursor) -> list[str | None]:
    cursor.expect(START_ARRAY)
    docs = []
    while cursor.next() != "END_ARRAY":
        docs.append(cursor.text_or_null())
    return docs


_REMOTE_READERS: dict[str, Reader] = {"parameters": Cursor.map, "action_type": _action_type, "dlq": Cursor.map}
_TEXT_READERS: dict[str, Reader] = {
    "text_docs": _text_docs,
    "query_text": Cursor.text,
    "parameters": Cursor.map,
    "return_bytes": Cursor.boolean,
    "return_number": Cursor.boolean,
    "target_response": Cursor.texts,
    "target_response_positions": lambda cursor: [int(one) for one in cursor.texts()],
}


def _remote(cursor: Cursor, action: str) -> Dataset:
    found = read_fields(cursor, _REMOTE_READERS)
    asked = found.get("action_type") or action
    return Dataset(kind="remote", parameters=found.get("parameters"), action_type=asked)


def _texts(cursor: Cursor, kind: str) -> Dataset:
    found = read_fields(cursor, _TEXT_READERS)
    docs = found.get("text_docs") or []
    if kind == "text_docs" and not docs:
        raise illegal_argument("Empty text docs")
    if kind == "text_similarity" and not docs:
        raise illegal_argument("No text documents were provided")
    if kind == "text_similarity" and found.get("query_text") is None:
        raise illegal_argument("No query text was provided")
    return Dataset(kind=kind, parameters=found.get("parameters"), text_docs=docs, query_text=found.get("query_text"))


def read_input(call: Call, algorithm: str, action: str, engine: Engine) -> Dataset | None:
    """The input of a predict; None for an algorithm that takes none of ours."""
    name = function_name(algorithm)
    cursor = call.cursor()
    cursor.expect("START_OBJECT")
    try:
        if name == "REMOTE":
            return _remote(cursor, action)
        return _texts(cursor, _TEXT_KINDS[name]) if name in _TEXT_KINDS else None
    except EngineError as error:
        if error.type in _PASSED_ON or (engine.predict_body_faults_from_parser and error.type in _PARSER_FAULTS):
            raise
        raise null_pointer(_NO_INPUT) from None


@dataclass
class Prediction:
    """The predict routes of one cluster."""

    engine: Engine
    store: Store
    settings: Settings
    deployments: Deployments
    _turns: count[int] = field(default_factory=count)

    async def predict_call(self, call: Call) -> bytes:
        """`POST models/{id}/_predict` and `POST _predict/{algorithm}/{id}`."""
        return await self._answer(call, "PREDICT")

    async def batch_call(self, call: Call) -> dict[str, Any]:
        """`POST models/{id}/_batch_predict`."""
        answer = parsed(await self._answer(call, "BATCH_PREDICT"))
        job = answer["inference_results"][0].get("output", [{}])[0].get("dataAsMap") or {}
        if not any(name in job for name in _JOB_NAMES):
            raise EngineError("resource_not_found_exception", "Unable to create batch transform job", 404)
        remote = hashed({**job, "dlq": None})
        task = self.deployments.tasks.open("BATCH_PREDICTION", is_async=True, model_id=call.parts["model_id"])
        self.store.tasks.update(task.id, {"remote_job": remote})
        return {"task_id": task.id, "status": "CREATED", "remote_job": remote}

    async def _answer(self, call: Call, action: str) -> bytes:
        key = call.parts["model_id"]
        running = self.deployments.running.get(key)
        algorithm = call.parts.get("algorithm", "REMOTE")
        if running is not None:
            dataset = self._input(call, algorithm, action)
            call.refuse_unknown()
            document = self.deployments.require(key)
        else:
            call.refuse_unknown()
            document = self._look_up(key)
            dataset = self._input_or_404(call, algorithm, action)
        if dataset is None:
            raise validation_error("input data can't be null")
        call.permit()
        if running is not None and document.source.get("is_enabled") is False:
            raise status_error("Model is disabled.", 403)
        return await self._run(document, running or self._auto_deploy(document), dataset)

    def _look_up(self, key: str) -> Document:
        if not self.store.models.exists:
            raise storage_failure(f"Failed to get data object from index {MODELS}", 404, MODELS)
        return self.deployments.require(key)

    def _input(self, call: Call, algorithm: str, action: str) -> Dataset | None:
        if not self.settings.flag("remote_inference.enabled"):
            raise remote_disabled()
        return read_input(call, algorithm, action, self.engine)

    def _input_or_404(self, call: Call, algorithm: str, action: str) -> Dataset | None:
        """The body of a predict on a model that does not run: whatever is wrong with it is answered as 404."""
        try:
            return self._input(call, algorithm, action)
        except EngineError as error:
            error.status = 404
            raise

    def _auto_deploy(self, document: Document) -> Deployed:
        if not self.settings.flag("model_auto_deploy.enable"):
            raise illegal_argument(_NOT_READY)
        if (document.source.get("deploy_setting") or {}).get("is_auto_deploy_enabled") is False:
            raise illegal_argument(f"{_OPTED_OUT}{document.id}")
        self.deployments.deploy(document.id)
        return self.deployments.start(document)

    async def _run(self, document: Document, running: Deployed, dataset: Dataset) -> bytes:
        node = next(self._turns) % len(running.runtimes)
        running.predicts += 1
        live = self.settings.flag("connector.private_ip_enabled")
        frozen = self.engine.private_ip_frozen_at_deploy
        current = self.store.models.get(document.id) or document
        return await predict(
            PredictCall(
                engine=self.engine,
                model=current.source,
                model_id=document.id,
                connector=running.connector,
                dataset=dataset,
                private_ip_allowed=running.private_ip_allowed if frozen else live,
                hop=node > 0,
                runtime=running.runtimes[node],
            )
        )
