"""How a model service itself refuses: statuses, envelopes, ids. What reaches a caller through the cluster is this."""

from __future__ import annotations

from .context import Context, Exchange
from .contract import check, said
from .dialect import NOTHING, any_of, offered, words_of

#: Routes that bear witness to a rule, where they are declared; any other only where none of these is.
KINDS = ("embedding", "chat")
#: A path with its version doubled, as clients make it whose base address already ends with one.
DOUBLED = "/v1/v1/no-such-route"


@check("refusals.wrong-key-is-401", killed_by=["dashscope.nonsense-taken", "dashscope.any-key-taken"])
def wrong_key_is_401(ctx: Context) -> None:
    ctx.needs_key()
    for kind in _witnesses(ctx):
        _in_words(ctx, ctx.ask_service(kind, key="sk-wrong-on-purpose"), 401)


def _witnesses(ctx: Context) -> list[str]:
    return offered(ctx, KINDS) or [any_of(ctx)]


def _in_words(ctx: Context, answer: Exchange, *statuses: int) -> None:
    """A refusal is JSON with words: under `error`, as `error`, or at the top. Their form is another requirement's."""
    words = words_of(ctx.refused(answer, *statuses))
    ctx.holds(words, said("refusals.message"), expected=said("expect.text"), actual=answer.text)


@check("refusals.missing-key-is-401", killed_by=["dashscope.nonsense-taken", "dashscope.any-key-taken"])
def missing_key_is_401(ctx: Context) -> None:
    ctx.needs_key()
    _in_words(ctx, ctx.ask_service(any_of(ctx), key=""), 401)


@check("refusals.unknown-model-refused", killed_by=["dashscope.nonsense-taken", "dashscope.any-model-taken"])
def unknown_model_refused(ctx: Context) -> None:
    for kind in _witnesses(ctx):
        _in_words(ctx, ctx.ask_service(kind, model="no-such-model"), 400, 404)


@check("refusals.missing-model-refused", killed_by=["dashscope.missing-model-taken"])
def missing_model_refused(ctx: Context) -> None:
    _in_words(ctx, ctx.ask_service(any_of(ctx), model=None), 400, 404, 422)


@check("refusals.broken-json-refused", killed_by=["dashscope.nonsense-taken", "dashscope.broken-json-taken"])
def broken_json_refused(ctx: Context) -> None:
    _in_words(ctx, ctx.ask_service(any_of(ctx), raw=b'{"model": "qwen-max", "messages": ['), 400, 422)


@check("refusals.unknown-path-refused", killed_by=["dashscope.nonsense-taken", "dashscope.any-path-taken"])
def unknown_path_refused(ctx: Context) -> None:
    answer = ctx.ask_service(any_of(ctx), path=DOUBLED)
    ctx.one_of(answer.status, (400, 401, 403, 404, 405), said("refusals.path-status"))


@check("refusals.wrong-method-refused", killed_by=["dashscope.any-method-taken"])
def wrong_method_refused(ctx: Context) -> None:
    answer = ctx.ask_service(any_of(ctx), method="GET")
    ctx.one_of(answer.status, (400, 404, 405), said("refusals.get-status"))


@check(
    "refusals.code-is-text",
    killed_by=["dashscope.un-nested-error", "dashscope.empty-conversation-taken"],
)
def code_is_text(ctx: Context) -> None:
    name = any_of(ctx)
    answer = ctx.refused(ctx.ask_service(name, **NOTHING[name]), 400, 422)
    error = answer.get("error")
    ctx.holds(isinstance(error, dict), said("refusals.error"), expected=said("expect.object"), actual=answer.text[:200])
    code = error.get("code")
    ctx.holds(code is None or isinstance(code, str), "error.code", expected=said("expect.text-or-null"), actual=code)


@check("refusals.answers-are-json", killed_by=["dashscope.wrong-content-type"])
def answers_are_json(ctx: Context) -> None:
    name = any_of(ctx)
    answers = (ctx.ask_service(name), ctx.ask_service(name, **NOTHING[name]))
    ctx.equal([one.content_type for one in answers], ["application/json"] * 2, said("refusals.types"))


@check("refusals.request-has-an-id", killed_by=["dashscope.missing-request-id"])
def request_has_an_id(ctx: Context) -> None:
    answer = ctx.ok(ctx.ask_service(any_of(ctx)))
    found = answer.get("id") or answer.get("request_id") or answer.headers.get("x-request-id")
    ctx.holds(found, said("refusals.request-id"), expected=said("expect.text"), actual=found)
