"""The guide's clean-up: undeploy, delete the model, delete the connector; another order is refused and harmless."""

from __future__ import annotations

from .context import Context
from .contract import check, said

UNKNOWN = "no-such-resource-000"


@check("teardown.deployed-model-not-deleted", killed_by=["mlcommons.deployed-model-deleted"])
def deployed_model_not_deleted(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    ctx.refused(ctx.ml.delete_model(model.model_id), 400, 409, reason="deployed")


@check("teardown.connector-in-use-not-deleted", killed_by=["mlcommons.connector-in-use-deleted"])
def connector_in_use_not_deleted(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    ctx.refused(ctx.ml.delete_connector(model.connector_id), 400, 409, 500, reason="connector")


@check("teardown.wrong-order-harmless", killed_by=["mlcommons.wrong-order-harms"])
def wrong_order_harmless(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    ctx.ml.delete_connector(model.connector_id)
    ctx.ml.delete_model(model.model_id)
    ctx.equal(
        ctx.ok(ctx.ml.model(model.model_id)).get("model_state"),
        "DEPLOYED",
        said("teardown.wrong-order-state"),
    )
    ctx.ok(ctx.ml.predict(model.model_id, ctx.sample("chat")))


@check("teardown.undeploy-answer", killed_by=["mlcommons.undeploy-answers-otherwise"])
def undeploy_answer(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    answer = ctx.ok(ctx.ml.undeploy(model.model_id))
    states = [node.get("stats", {}).get(model.model_id) for node in answer.json.values() if isinstance(node, dict)]
    ctx.holds(
        "undeployed" in states,
        said("teardown.nodes"),
        expected=said("expect.undeployed"),
        actual=answer.json,
    )
    ctx.equal(sorted(set(states) - {"undeployed", "not_found"}, key=str), [], said("teardown.other-words"))


@check("teardown.undeploy-state", killed_by=["mlcommons.undeploy-leaves-state"])
def undeploy_state(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    ctx.ok(ctx.ml.undeploy(model.model_id))
    ctx.eventually(
        lambda: ctx.ok(ctx.ml.model(model.model_id)).get("model_state"),
        lambda state: state == "UNDEPLOYED",
        said("teardown.state"),
        "UNDEPLOYED",
    )


@check("teardown.predict-after-undeploy", killed_by=["mlcommons.predict-after-undeploy-breaks"])
def predict_after_undeploy(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    ctx.ok(ctx.ml.undeploy(model.model_id))
    answer = ctx.ml.predict(model.model_id, ctx.sample("chat"))
    if answer.ok:
        ctx.note(said("teardown.predict-redeploys"))
        ctx.scratch.wait_for_state(model.model_id, "DEPLOYED")
    else:
        ctx.refused(answer, 400, reason="deploy")
        ctx.note(said("teardown.predict-refused"))


@check("teardown.unknown-model-404", killed_by=["mlcommons.unknown-model-deleted"], uses=["chat"])
def unknown_model_404(ctx: Context) -> None:
    ctx.refused(ctx.ml.delete_model(UNKNOWN), 404, reason="model")


@check("teardown.unknown-connector", killed_by=["mlcommons.unknown-connector-breaks"], uses=["chat"])
def unknown_connector(ctx: Context) -> None:
    answer = ctx.ml.delete_connector(UNKNOWN)
    ctx.one_of(answer.status, (200, 404), said("teardown.unknown-status"))
    if answer.ok:
        ctx.equal(answer.get("result"), "not_found", said("teardown.unknown-result"))
    ctx.note(said("teardown.unknown-connector", status=answer.status))


@check(
    "teardown.guide-order-leaves-nothing",
    killed_by=["mlcommons.nonsense-taken", "mlcommons.deleted-model-stays", "mlcommons.deleted-connector-stays"],
)
def guide_order_leaves_nothing(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    ctx.ok(ctx.ml.undeploy(model.model_id))
    ctx.equal(ctx.ok(ctx.ml.delete_model(model.model_id)).get("result"), "deleted", said("teardown.model-result"))
    ctx.equal(
        ctx.ok(ctx.ml.delete_connector(model.connector_id)).get("result"), "deleted", said("teardown.connector-result")
    )
    ctx.equal(ctx.ml.model(model.model_id).status, 404, said("teardown.deleted-model"))
    ctx.equal(ctx.ml.connector(model.connector_id).status, 404, said("teardown.deleted-connector"))


@check("teardown.undeploy-unknown-404", killed_by=["mlcommons.unknown-model-undeployed"], uses=["chat"])
def undeploy_unknown_404(ctx: Context) -> None:
    ctx.refused(ctx.ml.undeploy(UNKNOWN), 404, reason="model")


@check(
    "teardown.undeploy-twice-harmless",
    killed_by=["mlcommons.second-undeploy-fails", "mlcommons.undeploy-needs-deployment"],
)
def undeploy_twice_harmless(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    ctx.ok(ctx.ml.undeploy(model.model_id))
    ctx.ok(ctx.ml.undeploy(model.model_id))


@check("teardown.undeploy-several", killed_by=["mlcommons.undeploy-several-missing", "mlcommons.undeploy-leaves-state"])
def undeploy_several(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    ctx.ok(ctx.ml.request("POST", "/_plugins/_ml/models/_undeploy", {"model_ids": [model.model_id]}))
    ctx.eventually(
        lambda: ctx.ok(ctx.ml.model(model.model_id)).get("model_state"),
        lambda state: state == "UNDEPLOYED",
        said("teardown.several-state"),
        "UNDEPLOYED",
    )


@check("teardown.redeploy-works", killed_by=["mlcommons.redeployment-fails"])
def redeploy_works(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    ctx.ok(ctx.ml.undeploy(model.model_id))
    ctx.scratch.deploy(model.model_id)
    ctx.ok(ctx.ml.predict(model.model_id, ctx.sample("chat")))


@check("teardown.task-deleted", killed_by=["mlcommons.nonsense-taken", "mlcommons.task-stays"])
def task_deleted(ctx: Context) -> None:
    task_id = str(ctx.ok(ctx.scratch.register(ctx.connector("chat"))).get("task_id"))
    ctx.ok(ctx.ml.delete_task(task_id))
    ctx.equal(ctx.ml.task(task_id).status, 404, said("teardown.deleted-task"))


@check("teardown.group-in-use-not-deleted", killed_by=["mlcommons.group-in-use-deleted"], uses=["chat"])
def group_in_use_not_deleted(ctx: Context) -> None:
    group = ctx.ok(ctx.ml.model(ctx.model("chat").model_id)).get("model_group_id")
    ctx.refused(ctx.ml.delete_model_group(str(group)), 400, 409, reason="model")


@check("teardown.deleted-not-found-by-search", killed_by=["mlcommons.deleted-still-found"])
def deleted_not_found_by_search(ctx: Context) -> None:
    connector_id = ctx.connector("chat")
    ctx.ok(ctx.ml.delete_connector(connector_id))

    def found() -> list[str]:
        hits = ctx.ok(ctx.ml.search("connectors", {"ids": {"values": [connector_id]}})).get("hits", "hits")
        return [hit["_id"] for hit in hits or ()]

    ctx.eventually(found, lambda ids: not ids, said("teardown.found-deleted"), "[]")


@check(
    "teardown.undeploy-before-deploy",
    killed_by=["mlcommons.undeploy-needs-deployment", "mlcommons.undeploy-leaves-state"],
)
def undeploy_before_deploy(ctx: Context) -> None:
    model_id = str(ctx.ok(ctx.scratch.register(ctx.connector("chat"))).get("model_id"))
    ctx.ok(ctx.ml.undeploy(model_id))
    state = ctx.ok(ctx.ml.model(model_id)).get("model_state")
    ctx.one_of(state, ("REGISTERED", "UNDEPLOYED"), said("teardown.never-deployed"))
    ctx.note(said("teardown.never-deployed-reads", state=state))
