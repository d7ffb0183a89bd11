"""Step three of the guide, second half: a model is deployed, and says so a moment later."""

from __future__ import annotations

from .context import Context
from .contract import check, said


@check("deploy.answer-shape", killed_by=["mlcommons.deploy-answers-otherwise"], uses=["chat"])
def answer_shape(ctx: Context) -> None:
    answer = ctx.model("chat").deployed
    ctx.holds(
        isinstance(answer.get("task_id"), str),
        said("deploy.answer", field="task_id"),
        expected=said("expect.text"),
        actual=answer.get("task_id"),
        seen=answer,
    )
    ctx.equal(answer.get("task_type"), "DEPLOY_MODEL", said("deploy.answer", field="task_type"), answer)
    ctx.equal(answer.get("status"), "COMPLETED", said("deploy.answer", field="status"), answer)


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
        said("deploy.task-state"),
        "COMPLETED",
    )


@check("deploy.twice-allowed", killed_by=["mlcommons.second-deployment-refused"])
def twice_allowed(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    ctx.ok(ctx.ml.deploy(model.model_id))
    ctx.scratch.wait_for_state(model.model_id, "DEPLOYED")


@check("deploy.unknown-model-404", killed_by=["mlcommons.unknown-model-deployed"], uses=["chat"])
def unknown_model_404(ctx: Context) -> None:
    ctx.refused(ctx.ml.deploy("no-such-model-000000"), 404, reason="model")


@check("deploy.workers-reach-plan", killed_by=["mlcommons.workers-never-come"], uses=["chat"])
def workers_reach_plan(ctx: Context) -> None:
    model_id = ctx.model("chat").model_id

    def counts() -> tuple[float, float]:
        document = ctx.ok(ctx.ml.model(model_id))
        return document.get("current_worker_node_count") or 0, document.get("planning_worker_node_count") or 0

    ctx.eventually(
        counts, lambda both: both[0] == both[1] >= 1, said("deploy.workers"), said("expect.as-many-as-planned")
    )


@check("deploy.predict-without-it", killed_by=["mlcommons.predict-before-deploy-breaks", "mlcommons.never-deployed"])
def predict_without_it(ctx: Context) -> None:
    model_id = ctx.ok(ctx.scratch.register(ctx.connector("chat"))).get("model_id")
    answer = ctx.predict("chat", model_id)
    if answer.ok:
        ctx.scratch.wait_for_state(model_id, "DEPLOYED")
        ctx.note(said("deploy.first-predict-deploys"))
    else:
        ctx.refused(answer, 400, reason="deploy")
        ctx.note(said("deploy.no-predict"))


@check("deploy.all-nodes-answer", killed_by=["mlcommons.second-node-fails"])
def all_nodes_answer(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    messages = [{"role": "user", "content": "Answer node by node."}]
    answers = [ctx.ml.predict(model.model_id, ctx.sample("chat", messages=messages)).status for _ in range(4)]
    ctx.equal(answers, [200] * 4, said("deploy.four-predicts"))
