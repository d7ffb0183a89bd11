"""Step three of the guide, second half: a model is deployed, and says so a moment later."""

from __future__ import annotations

from .context import Context
from .contract import check


@check("deploy.answer-shape", killed_by=["mlcommons.deploy-answers-otherwise"], uses=["chat"])
def answer_shape(ctx: Context) -> None:
    answer = ctx.model("chat").deployed
    ctx.holds(
        isinstance(answer.get("task_id"), str),
        "task_id in the answer to _deploy",
        expected="a text",
        actual=answer.get("task_id"),
    )
    ctx.equal(answer.get("task_type"), "DEPLOY_MODEL", "task_type in the answer to _deploy")
    ctx.equal(answer.get("status"), "COMPLETED", "status in the answer to _deploy")


@check("deploy.reaches-deployed", killed_by=["mlcommons.never-deployed"])
def reaches_deployed(ctx: Context) -> None:
    model_id = ctx.ok(ctx.scratch.register(ctx.connector("chat"))).get("model_id")
    ctx.ok(ctx.ml.deploy(model_id))
    ctx.eventually(
        lambda: ctx.ok(ctx.ml.model(model_id)).get("model_state"),
        lambda state: state == "DEPLOYED",
        "model_state",
        "DEPLOYED",
    )


@check("deploy.task-completed", killed_by=["mlcommons.deploy-task-unfinished"], uses=["chat"])
def task_completed(ctx: Context) -> None:
    task_id = ctx.model("chat").deployed.get("task_id")
    ctx.eventually(
        lambda: ctx.ok(ctx.ml.task(task_id)).get("state"),
        lambda state: state == "COMPLETED",
        "state of the task",
        "COMPLETED",
    )
