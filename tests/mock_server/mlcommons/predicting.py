"""A predict without REST around it: a link that plays an answer and keeps what it was asked."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from polarsearch_mock.mlcommons.dataset import Dataset
from polarsearch_mock.mlcommons.engines import engine_named
from polarsearch_mock.mlcommons.errors import EngineError
from polarsearch_mock.mlcommons.execution import Outgoing, PredictCall
from polarsearch_mock.mlcommons.predict import predict
from polarsearch_mock.mlcommons.remote import Answer
from polarsearch_mock.mlcommons.throttle import Bucket
from polarsearch_mock.mlcommons.trust import Resolver


class PlayedLink:
    """Gives one answer to every request."""

    def __init__(self, body: Any = None, status: int = 200) -> None:
        self.bucket, self.resolver = Bucket(), Resolver()
        self.asked: list[Outgoing] = []
        text = body if isinstance(body, str) else json.dumps({"ok": True} if body is None else body)
        self._answer = Answer(status, (), text)

    async def ask(self, outgoing: Outgoing) -> Answer:
        self.asked.append(outgoing)
        return self._answer


def call(
    link: PlayedLink,
    dataset: Dataset | None = None,
    *,
    engine: str = "3.3",
    parameters: dict[str, str] | None = None,
    action: dict[str, Any] | None = None,
    credential: dict[str, str] | None = None,
    **more: Any,
) -> PredictCall:
    """A predict over one connector with one action; what is not given is the plainest there is."""
    base = {"action_type": "PREDICT", "method": "POST", "url": "http://127.0.0.1:9/echo", "request_body": "{}"}
    connector = {
        "parameters": parameters or {},
        "credential": credential or {},
        "actions": [{**base, **(action or {})}],
    }
    given = {"model": {}, "private_ip_allowed": True, "hop": False, **more}
    return PredictCall(
        engine=engine_named(engine), model_id="m", connector=connector, dataset=dataset or Dataset("remote", {}),
        runtime=link, **given,
    )  # fmt: skip


def answered(one: PredictCall) -> list[dict[str, Any]]:
    """The `inference_results` of a predict that succeeds."""
    return json.loads(asyncio.run(predict(one)))["inference_results"]


def failed(one: PredictCall) -> EngineError:
    """The failure of a predict that does not."""
    try:
        asyncio.run(predict(one))
    except EngineError as error:
        return error
    raise AssertionError("the predict succeeded")


def sent_body(one: PredictCall) -> str:
    """The body of the one request that a predict sends."""
    asyncio.run(predict(one))
    (outgoing,) = one.runtime.asked
    return outgoing.body.decode()
