"""What may be changed on connectors and models after their creation, and when a change acts."""

from __future__ import annotations

from .context import Context
from .contract import check, said

#: A protocol that no engine knows.
PIGEON = "carrier-pigeon"


@check("updates.parameters-are-merged", killed_by=["mlcommons.update-replaces-parameters"])
def parameters_are_merged(ctx: Context) -> None:
    connector_id = ctx.connector("chat")
    ctx.ok(ctx.ml.update_connector(connector_id, {"parameters": {"model": "qwen-plus"}}))
    expected = {**ctx.body("chat")["parameters"], "model": "qwen-plus"}
    ctx.equal(ctx.ok(ctx.ml.connector(connector_id)).get("parameters"), expected, said("updates.parameters"))


@check("updates.connector-in-use-refused", killed_by=["mlcommons.update-in-use-accepted"])
def connector_in_use_refused(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    answer = ctx.ml.update_connector(model.connector_id, {"description": "changed under a deployed model"})
    ctx.refused(answer, 400, 409, reason="connector")


@check("updates.act-after-redeployment", killed_by=["mlcommons.new-model-name-lost", "mlcommons.redeployment-fails"])
def act_after_redeployment(ctx: Context) -> None:
    model = ctx.scratch_model("observed.chat")
    ctx.ok(ctx.ml.undeploy(model.model_id))
    ctx.ok(ctx.ml.update_connector(model.connector_id, {"parameters": {"model": "qwen-plus"}}))
    ctx.scratch.deploy(model.model_id)
    with ctx.watching("chat") as seen:
        ctx.ok(ctx.ml.predict(model.model_id, ctx.sample("chat")))
    ctx.equal(seen.one.json.get("model"), "qwen-plus", said("updates.model"))


@check("updates.unknown-connector-404", killed_by=["mlcommons.unknown-connector-updated"])
def unknown_connector_404(ctx: Context) -> None:
    ctx.refused(ctx.ml.update_connector("no-such-connector-00", {"description": "nothing"}), 404, reason="connector")


@check("updates.untrusted-url-refused", killed_by=["mlcommons.untrusted-update-accepted"])
def untrusted_url_refused(ctx: Context) -> None:
    connector_id = ctx.connector("chat")
    action = {**ctx.body("chat")["actions"][0], "url": "http://untrusted.invalid/v1/chat/completions"}
    answer = ctx.ml.update_connector(connector_id, {"actions": [action]})
    ctx.refused(answer, 400, reason="trusted connector")


@check("updates.model-description", killed_by=["mlcommons.model-update-lost"])
def model_description(ctx: Context) -> None:
    model_id = ctx.ok(ctx.scratch.register(ctx.connector("chat"))).get("model_id")
    ctx.ok(ctx.ml.update_model(model_id, {"description": "changed description"}))
    ctx.equal(
        ctx.ok(ctx.ml.model(model_id)).get("description"),
        "changed description",
        said("register.model", field="description"),
    )


@check("updates.unknown-model-404", killed_by=["mlcommons.unknown-model-updated"])
def unknown_model_404(ctx: Context) -> None:
    ctx.refused(ctx.ml.update_model("no-such-model-000000", {"description": "nothing"}), 404, reason="model")


@check("updates.disabled-model-refuses", killed_by=["mlcommons.disabled-model-predicts"])
def disabled_model_refuses(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    ctx.ok(ctx.ml.update_model(model.model_id, {"is_enabled": False}))
    answer = ctx.eventually(
        lambda: ctx.ml.predict(model.model_id, ctx.sample("chat")),
        lambda one: one.status == 403,
        said("updates.disabled"),
        "HTTP 403",
    )
    ctx.refused(answer, 403, reason="disabled")


@check("updates.unknown-protocol", killed_by=["mlcommons.unknown-protocol-breaks"])
def unknown_protocol(ctx: Context) -> None:
    connector_id = ctx.connector("chat")
    answer = ctx.ml.update_connector(connector_id, {"protocol": PIGEON})
    if answer.ok:
        ctx.note(said("updates.protocol-taken", status=ctx.ml.connector(connector_id).status))
    else:
        ctx.refused(answer, 400)
        ctx.note(said("updates.protocol-refused"))
    ctx.equal(ctx.ml.delete_connector(connector_id).get("result"), "deleted", said("updates.deleted"))
