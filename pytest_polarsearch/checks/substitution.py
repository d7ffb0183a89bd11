"""How parameters get into the request body: every character survives, and what is missing is said."""

from __future__ import annotations

from .context import Context
from .contract import check, said


def _survives(ctx: Context, text: str) -> None:
    with ctx.watching("chat") as seen:
        ctx.ok(ctx.predict("observed.prompt", prompt=text))
    ctx.equal(seen.one.json["messages"][0]["content"], text, said("substitution.prompt"))


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


@check("substitution.slashes-survive", killed_by=["mlcommons.slashes-lost"], uses=["observed.prompt"])
def slashes_survive(ctx: Context) -> None:
    _survives(ctx, "see https://example.org/a/b and \u2028 a line separator")


@check("substitution.markup-survives", killed_by=["mlcommons.markup-lost"], uses=["observed.chat"])
def markup_survives(ctx: Context) -> None:
    messages = [{"role": "user", "content": "it's <b> & 1 = 1"}]
    with ctx.watching("chat") as seen:
        ctx.ok(ctx.predict("observed.chat", messages=messages))
    ctx.equal(seen.one.json["messages"], messages, said("substitution.messages"))


@check("substitution.long-text-survives", killed_by=["mlcommons.long-text-cut"], uses=["observed.prompt"])
def long_text_survives(ctx: Context) -> None:
    _survives(ctx, "long text " * 3000)


@check("substitution.roles-and-order-survive", killed_by=["mlcommons.messages-reordered"], uses=["observed.chat"])
def roles_and_order_survive(ctx: Context) -> None:
    roles = ("system", "user", "assistant", "user")
    messages = [{"role": role, "content": f"message {place}"} for place, role in enumerate(roles)]
    with ctx.watching("chat") as seen:
        ctx.ok(ctx.predict("observed.chat", messages=messages))
    ctx.equal(seen.one.json["messages"], messages, said("substitution.conversation"))


@check(
    "substitution.json-text",
    killed_by=["mlcommons.json-text-breaks", "mlcommons.bare-placeholder-sent"],
    uses=["observed.prompt"],
)
def json_text(ctx: Context) -> None:
    text = '{"a": "b"}'
    with ctx.watching("chat") as seen:
        answer = ctx.ml.predict(ctx.model("observed.prompt").model_id, {"prompt": text})
    if answer.ok:
        ctx.equal(seen.one.json["messages"][0]["content"], text, said("substitution.prompt"))
        ctx.note(said("substitution.json-kept"))
    else:
        ctx.refused(answer, 400, reason="Invalid payload")
        ctx.note(said("substitution.json-spliced"))


@check("substitution.placeholder-in-text", killed_by=["mlcommons.placeholder-text-breaks"], uses=["observed.prompt"])
def placeholder_in_text(ctx: Context) -> None:
    with ctx.watching("chat") as seen:
        ctx.ok(ctx.predict("observed.prompt", prompt="say ${parameters.model}"))
    sent = seen.one.json["messages"][0]["content"]
    expanded = f"say {ctx.body('observed.prompt')['parameters']['model']}"
    ctx.one_of(sent, ("say ${parameters.model}", expanded), said("substitution.placeholder-prompt"))
    ctx.note(said("substitution.placeholder-filled" if sent == expanded else "substitution.placeholder-stays"))


@check("substitution.loop-ends", killed_by=["mlcommons.loop-swallowed"], uses=["observed.prompt"])
def loop_ends(ctx: Context) -> None:
    text = "again ${parameters.prompt}"
    with ctx.watching("chat") as seen:
        answer = ctx.ml.predict(ctx.model("observed.prompt").model_id, {"prompt": text})
    ctx.one_of(answer.status, (200, 400, 500), said("substitution.loop-status"))
    if answer.ok:
        ctx.equal(seen.one.json["messages"][0]["content"], text, said("substitution.prompt"))
    ctx.note(said("substitution.loop", status=answer.status))


@check("substitution.numbers-stay-numbers", killed_by=["mlcommons.numbers-become-texts"])
def numbers_stay_numbers(ctx: Context) -> None:
    action = ctx.body("observed.chat")["actions"][0]
    template = action["request_body"][:-1] + ', "temperature": ${parameters.heat}, "seed": ${parameters.seed} }'
    model = ctx.scratch_model("observed.chat", actions=[{**action, "request_body": template}])
    with ctx.watching("chat") as seen:
        ctx.ok(ctx.ml.predict(model.model_id, ctx.sample("chat", heat=0.5, seed=7)))
    sent = {key: seen.one.json.get(key) for key in ("temperature", "seed")}
    ctx.equal(sent, {"temperature": 0.5, "seed": 7}, said("substitution.numbers"))


@check("substitution.request-wins", killed_by=["mlcommons.new-model-name-lost"], uses=["observed.chat"])
def request_wins(ctx: Context) -> None:
    with ctx.watching("chat") as seen:
        ctx.ok(ctx.predict("observed.chat", model="qwen-plus"))
    ctx.equal(seen.one.json.get("model"), "qwen-plus", said("substitution.model"))


@check("substitution.missing-may-be-allowed", killed_by=["mlcommons.skip-switch-ignored"], uses=["observed.prompt"])
def missing_may_be_allowed(ctx: Context) -> None:
    with ctx.watching("chat") as seen:
        answer = ctx.ml.predict(ctx.model("observed.prompt").model_id, {"skip_validating_missing_parameters": "true"})
    ctx.holds(
        seen.calls,
        said("substitution.requests"),
        expected=said("expect.one-with-placeholder"),
        actual=answer.excerpt(200),
    )
    ctx.note(said("substitution.skip"))


@check("substitution.key-in-header", killed_by=["mlcommons.key-cut"])
def key_in_header(ctx: Context) -> None:
    key = "sk-" + "0123456789abcdef" * 4
    model = ctx.scratch_model("observed.chat", credential={"api_key": key})
    with ctx.watching("chat") as seen:
        ctx.ml.predict(model.model_id, ctx.sample("chat"))  # the service refuses such a key
    same = seen.one.headers.get("authorization") == f"Bearer {key}"
    ctx.holds(
        same,
        said("substitution.authorization"),
        expected=said("expect.stored-credential"),
        actual=said("expect.something-else"),
    )


@check("substitution.content-type-is-json", killed_by=["mlcommons.content-type-lost"], uses=["observed.chat"])
def content_type_is_json(ctx: Context) -> None:
    with ctx.watching("chat") as seen:
        ctx.predict("observed.chat")
    found = seen.one.headers.get("content-type", "")
    ctx.holds(
        found.startswith("application/json"),
        said("substitution.content-type"),
        expected="application/json",
        actual=found,
    )


@check("substitution.own-headers-sent", killed_by=["mlcommons.own-headers-lost"])
def own_headers_sent(ctx: Context) -> None:
    action = ctx.body("observed.chat")["actions"][0]
    action["headers"]["X-Workspace"] = "ws-conformance"
    model = ctx.scratch_model("observed.chat", actions=[action])
    with ctx.watching("chat") as seen:
        ctx.ok(ctx.ml.predict(model.model_id, ctx.sample("chat")))
    ctx.equal(seen.one.headers.get("x-workspace"), "ws-conformance", said("substitution.own-header"))


@check("substitution.endpoint-override", killed_by=["mlcommons.override-breaks"], uses=["observed.chat"])
def endpoint_override(ctx: Context) -> None:
    with ctx.watching("chat") as seen:
        answer = ctx.predict("observed.chat", endpoint="override.invalid")
    ctx.one_of(answer.status, (200, 400, 500), said("substitution.override-status"))
    if answer.ok:
        ctx.holds(
            seen.calls, said("substitution.own-endpoint"), expected=said("expect.one"), actual=said("expect.none")
        )
        ctx.note(said("substitution.override-harmless"))
    else:
        ctx.note(said("substitution.override-works"))
