"""Step three of the guide, first half: a model is registered over a connector."""

from __future__ import annotations

from .context import Context
from .contract import Blocked, check


def _answer(ctx: Context, name: str) -> None:
    answer = ctx.model(name).registered
    for key in ("task_id", "model_id"):
        ctx.holds(isinstance(answer.get(key), str) and answer.get(key), key, expected="a text", actual=answer.get(key))
    ctx.equal(answer.get("status"), "CREATED", "status in the answer to _register")


@check("register.guide-embedding-answer", killed_by=["mlcommons.embedding-register-without-task"], uses=["embedding"])
def guide_embedding_answer(ctx: Context) -> None:
    _answer(ctx, "embedding")


@check("register.guide-rerank-answer", killed_by=["mlcommons.rerank-register-without-task"], uses=["rerank"])
def guide_rerank_answer(ctx: Context) -> None:
    _answer(ctx, "rerank")


@check("register.guide-chat-answer", killed_by=["mlcommons.chat-register-without-task"], uses=["chat"])
def guide_chat_answer(ctx: Context) -> None:
    _answer(ctx, "chat")


def _task(ctx: Context) -> str:
    task_id = ctx.model("chat").registered.get("task_id")
    if not isinstance(task_id, str):
        raise Blocked("register.guide-chat-answer", "the registration named no task")
    return task_id


@check("register.task-completed", killed_by=["mlcommons.register-task-unfinished"], uses=["chat"])
def task_completed(ctx: Context) -> None:
    task_id = _task(ctx)
    ctx.eventually(
        lambda: ctx.ok(ctx.ml.task(task_id)).get("state"),
        lambda state: state == "COMPLETED",
        "state of the task",
        "COMPLETED",
    )


@check("register.task-names-model", killed_by=["mlcommons.register-task-without-model"], uses=["chat"])
def task_names_model(ctx: Context) -> None:
    answer = ctx.ok(ctx.ml.task(_task(ctx)))
    ctx.equal(answer.get("model_id"), ctx.model("chat").model_id, "model_id of the registration's task")


@check("register.model-names-connector", killed_by=["mlcommons.model-without-connector"], uses=["chat"])
def model_names_connector(ctx: Context) -> None:
    model = ctx.model("chat")
    ctx.equal(ctx.ok(ctx.ml.model(model.model_id)).get("connector_id"), model.connector_id, "connector_id of the model")


@check("register.unknown-connector-refused", killed_by=["mlcommons.unknown-connector-accepted"])
def unknown_connector_refused(ctx: Context) -> None:
    ctx.refused(ctx.scratch.register("no-such-connector-00"), 400, 404, reason="connector")
