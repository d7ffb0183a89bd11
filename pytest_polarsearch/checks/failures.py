"""What comes back when the model service refuses or breaks."""

from __future__ import annotations

from .context import Context
from .contract import check


@check("failures.wrong-key-is-401", killed_by=["mlcommons.remote-status-lost"])
def wrong_key_is_401(ctx: Context) -> None:
    model = ctx.scratch_model("observed.chat", credential={"api_key": "sk-wrong-on-purpose"})
    answer = ctx.ml.predict(model.model_id, ctx.sample("chat"))
    ctx.refused(answer, 401, reason=("Error from remote service", "API key"))


@check("failures.throttling-is-429", killed_by=["mlcommons.throttling-hidden"], uses=["observed.chat"])
def throttling_is_429(ctx: Context) -> None:
    model = ctx.model("observed.chat")
    with ctx.service_fault("Throttling"):
        ctx.refused(ctx.ml.predict(model.model_id, ctx.sample("chat")), 429, reason="Error from remote service")
