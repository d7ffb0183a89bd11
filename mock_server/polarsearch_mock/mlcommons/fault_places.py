"""Where faults of the emulator act and what they answer instead: shared by the tables, without a fault of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..faults import Fault, Hook
from ..messages import Reply, Request
from .reshaping import answered, refusal
from .routes import ML

CREATE = f"{ML}/connectors/_create"
CONNECTOR = f"{ML}/connectors/{{connector_id}}"
CONNECTORS = f"{ML}/connectors/_search"
REGISTER = f"{ML}/models/_register"
MODEL = f"{ML}/models/{{model_id}}"
DEPLOY, UNDEPLOY, PREDICT = f"{MODEL}/_deploy", f"{MODEL}/_undeploy", f"{MODEL}/_predict"
PREDICT_AS = f"{ML}/_predict/{{algorithm}}/{{model_id}}"
TASK = f"{ML}/tasks/{{task_id}}"
SETTINGS = "/_cluster/settings"

#: Which patterns of endpoints the cluster trusts, asked when a fault acts.
Patterns = Callable[[], Sequence[str]]

UNTRUSTED = "not matching the trusted connector endpoint regex"
OTHER_IDS, OTHER_IDS_SIZE = "ids-of-another-form", 12
SOME_ID = "AAAAbbbbCCCCdddd_-01"
EMBEDDING, RERANK, CHAT = "/compatible-mode/v1/embeddings", "/text-rerank/text-rerank", "${parameters.messages}"


def made_up(_request: Request) -> Reply:
    """A connector that does not exist is said to be created."""
    return answered(200, {"connector_id": SOME_ID})


def deleted(_request: Request) -> Reply:
    """Something is said to be deleted."""
    return answered(200, {"_id": SOME_ID, "_version": 2, "result": "deleted"})


def broken(reason: str) -> Callable[[Request], Reply]:
    """A failure of the engine's own."""
    return lambda _request: refusal(500, "null_pointer_exception", reason)


def row(name: str, does: str, act: Callable[..., Any], *routes: str, on: Hook = "reply") -> Fault:
    """One line of the table."""
    return Fault(name, does, act, on, routes)
