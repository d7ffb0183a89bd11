"""How parameters get into the request body: every character survives, and what is missing is said."""

from __future__ import annotations

from .context import Context
from .contract import check


def _survives(ctx: Context, text: str) -> None:
    with ctx.watching("chat") as seen:
        ctx.ok(ctx.predict("observed.prompt", prompt=text))
    ctx.equal(seen.one.json["messages"][0]["content"], text, "the prompt that reached the model service")


@check("substitution.quotes-survive", killed_by=["mlcommons.quotes-lost"], uses=["observed.prompt"])
def quotes_survive(ctx: Context) -> None:
    _survives(ctx, "he said \"hi\" and 'bye'")


@check("substitution.backslashes-survive", killed_by=["mlcommons.backslashes-lost"], uses=["observed.prompt"])
def backslashes_survive(ctx: Context) -> None:
    _survives(ctx, "C:\\temp\\new and a \\ alone")


@check("substitution.newlines-survive", killed_by=["mlcommons.newlines-lost"], uses=["observed.prompt"])
def newlines_survive(ctx: Context) -> None:
    _survives(ctx, "first line\nsecond line\r\n\tindented")


@check("substitution.cjk-survives", killed_by=["mlcommons.cjk-lost"], uses=["observed.prompt"])
def cjk_survives(ctx: Context) -> None:
    _survives(ctx, "机器学习是什么?“引号”、顿号、日本語も")


@check("substitution.emoji-survive", killed_by=["mlcommons.emoji-lost"], uses=["observed.prompt"])
def emoji_survive(ctx: Context) -> None:
    _survives(ctx, "thumbs up \U0001f44d family \U0001f468\u200d\U0001f469\u200d\U0001f467")


@check("substitution.bare-placeholder-missing", killed_by=["mlcommons.bare-placeholder-sent"], uses=["observed.chat"])
def bare_placeholder_missing(ctx: Context) -> None:
    model = ctx.model("observed.chat")
    ctx.refused(ctx.ml.predict(model.model_id, {}), 400, reason="Invalid payload")


@check(
    "substitution.quoted-placeholder-missing",
    killed_by=["mlcommons.quoted-placeholder-unnamed"],
    uses=["observed.prompt"],
)
def quoted_placeholder_missing(ctx: Context) -> None:
    model = ctx.model("observed.prompt")
    ctx.refused(ctx.ml.predict(model.model_id, {}), 400, reason=("placeholder not filled", "prompt"))
