"""Mistakes in a connector that its creation may pass over: refused there, or by the first predict at the latest."""

from __future__ import annotations

from typing import Any

from .context import Context, Exchange
from .contract import check, said

Json = Any


def _refused_sooner_or_later(ctx: Context, what: str, name: str, **connector_fields: Json) -> None:
    """The guide's steps with such a connector, up to the one that refuses it."""
    stage, answer = _first_refusal(ctx, name, **connector_fields)
    ctx.refused(answer, 400, 404, 500)
    ctx.note(said(f"latent.{stage}", what=what, reason=answer.short_reason(80)))


def _first_refusal(ctx: Context, name: str, **connector_fields: Json) -> tuple[str, Exchange]:
    created = ctx.scratch.connector(ctx.body(name, **connector_fields))
    if not created.ok:
        return "at-creation", created
    model = ctx.scratch_model(name, **connector_fields)
    return "at-predict", ctx.ml.predict(model.model_id, ctx.sample(name))


@check("connectors.action-url-and-scheme-in-endpoint", killed_by=["mlcommons.second-scheme-dropped"])
def scheme_in_endpoint(ctx: Context) -> None:
    parameters = {**ctx.body("chat")["parameters"], "endpoint": ctx.service.url}
    _refused_sooner_or_later(ctx, said("latent.two-schemes"), "chat", parameters=parameters)


@check("substitution.credential-in-url", killed_by=["mlcommons.url-with-a-hole-served"])
def credential_in_url(ctx: Context) -> None:
    action = ctx.body("observed.chat")["actions"][0]
    action["url"] += "?key=${credential.api_key}"
    _refused_sooner_or_later(ctx, said("latent.key-in-url"), "observed.chat", actions=[action])
