"""What comes back when the model service refuses or breaks."""

from __future__ import annotations

from .context import Context, Exchange
from .contract import check, said


@check(
    "failures.wrong-key-is-401",
    killed_by=["dashscope.nonsense-taken", "mlcommons.remote-status-lost", "dashscope.any-key-taken"],
)
def wrong_key_is_401(ctx: Context) -> None:
    model = ctx.scratch_model("observed.chat", credential={"api_key": "sk-wrong-on-purpose"})
    answer = ctx.ml.predict(model.model_id, ctx.sample("chat"))
    ctx.refused(answer, 401, reason="API key")


@check("failures.throttling-is-429", killed_by=["mlcommons.throttling-hidden"], uses=["observed.chat"])
def throttling_is_429(ctx: Context) -> None:
    model = ctx.model("observed.chat")
    with ctx.service_fault("Throttling"):
        ctx.refused(ctx.ml.predict(model.model_id, ctx.sample("chat")), 429, reason="requests list")


def _under(ctx: Context, fault: str) -> Exchange:
    """A predict while the service has a fault, on a model of its own: a failure may not spoil others."""
    model = ctx.scratch_model("observed.chat")
    with ctx.service_fault(fault):
        return ctx.ml.predict(model.model_id, ctx.sample("chat"))


@check(
    "failures.unknown-model-is-404",
    killed_by=["dashscope.nonsense-taken", "mlcommons.remote-404-lost", "dashscope.any-model-taken"],
)
def unknown_model_is_404(ctx: Context) -> None:
    parameters = {**ctx.body("observed.chat")["parameters"], "model": "no-such-model"}
    model = ctx.scratch_model("observed.chat", parameters=parameters)
    answer = ctx.ml.predict(model.model_id, ctx.sample("chat"))
    ctx.refused(answer, 404, reason="no-such-model")


@check("failures.refused-content-is-400", killed_by=["mlcommons.remote-400-lost"])
def refused_content_is_400(ctx: Context) -> None:
    ctx.refused(_under(ctx, "DataInspectionFailed"), 400, reason="inappropriate content")


@check(
    "failures.too-many-texts-is-400",
    killed_by=["dashscope.small-batches", "mlcommons.remote-400-lost", "dashscope.rows-over-limit-dropped"],
    uses=["observed.embedding"],
)
def too_many_texts_is_400(ctx: Context) -> None:
    texts = [f"text {number}" for number in range(11)]
    answer = ctx.ml.predict(ctx.model("observed.embedding").model_id, {"input": texts})
    ctx.refused(answer, 400, reason="batch size")


@check("failures.arrears-are-400", killed_by=["mlcommons.remote-400-lost"])
def arrears_are_400(ctx: Context) -> None:
    ctx.refused(_under(ctx, "Arrearage"), 400, reason="good standing")


@check("failures.internal-error-is-500", killed_by=["mlcommons.remote-500-reworded"])
def internal_error_is_500(ctx: Context) -> None:
    ctx.refused(_under(ctx, "InternalError"), 500, reason="internal error")


@check("failures.overload-is-503", killed_by=["mlcommons.remote-503-lost", "mlcommons.failing-once-fails-for-ever"])
def overload_is_503(ctx: Context) -> None:
    model = ctx.scratch_model("observed.chat")
    with ctx.service_fault("ModelUnavailable"):
        ctx.refused(ctx.ml.predict(model.model_id, ctx.sample("chat")), 503, reason="Model is unavailable")
    ctx.ok(ctx.ml.predict(model.model_id, ctx.sample("chat")))


@check("failures.empty-answer-is-error", killed_by=["mlcommons.empty-answer-served"])
def empty_answer_is_error(ctx: Context) -> None:
    ctx.refused(_under(ctx, "empty-body"), 400, 500, 502, 503, 504)


@check("failures.error-page-is-502", killed_by=["mlcommons.error-page-lost"])
def error_page_is_502(ctx: Context) -> None:
    ctx.refused(_under(ctx, "html-error-page"), 502, reason="Bad Gateway")


@check("failures.dropped-connection-is-error", killed_by=["mlcommons.dropped-connection-served"])
def dropped_connection_is_error(ctx: Context) -> None:
    ctx.refused(_under(ctx, "reset"), 500, 502, 503, reason="remote")


@check("failures.cut-answer-is-no-result", killed_by=["mlcommons.cut-answer-served"])
def cut_answer_is_no_result(ctx: Context) -> None:
    answer = _under(ctx, "truncated-body")
    ctx.equal(answer.get("inference_results"), None, said("failures.cut-results"))
    ctx.holds(answer.reason, said("failures.reason"), expected=said("expect.sentence"), actual=answer.text[:200])
    ctx.note(said("failures.cut", status=answer.status))


@check("failures.redirect-not-followed", killed_by=["mlcommons.redirect-followed"])
def redirect_not_followed(ctx: Context) -> None:
    answer = _under(ctx, "redirect")
    ctx.holds(not answer.ok, said("failures.redirect-status"), expected=said("expect.no-200"), actual=answer.status)
    ctx.note(said("failures.redirect", status=answer.status))


@check("failures.error-under-200", killed_by=["mlcommons.error-under-200-lost"])
def error_under_200(ctx: Context) -> None:
    answer = _under(ctx, "error-with-200")
    ctx.contains(answer.text, "inference internal error", said("failures.refusal-with-200"))
    ctx.note(said("failures.200-is-success" if answer.ok else "failures.200-is-refusal", status=answer.status))


@check("failures.throttling-and-retries", killed_by=["mlcommons.throttling-hidden"])
def throttling_and_retries(ctx: Context) -> None:
    config = {"max_retry_times": 2, "retry_backoff_millis": 1}
    model = ctx.scratch_model("observed.chat", client_config=config)
    with ctx.service_fault("Throttling"), ctx.watching("chat") as seen:
        answer = ctx.ml.predict(model.model_id, ctx.sample("chat"))
    ctx.refused(answer, 429)
    ctx.one_of(len(seen.calls), (1, 2, 3), said("failures.retry-requests"))
    ctx.note(said("failures.retries", count=len(seen.calls)))


@check("failures.character-in-two-pieces", killed_by=["mlcommons.chat-answer-lost"])
def character_in_two_pieces(ctx: Context) -> None:
    model = ctx.scratch_model("observed.chat")
    messages = [{"role": "user", "content": "什么是机器学习?"}]
    with ctx.service_fault("split-character", seconds=0.02):
        answer = ctx.ok(ctx.ml.predict(model.model_id, {"messages": messages}))
    content = answer.get("inference_results", 0, "output", 0, "dataAsMap", "choices", 0, "message", "content")
    ctx.holds(content, said("failures.two-pieces-content"), expected=said("expect.text"), actual=content)
    ctx.note(said("failures.character-spoilt" if "\ufffd" in str(content) else "failures.character-survives"))


@check("failures.other-content-type", killed_by=["mlcommons.plain-text-refused"])
def other_content_type(ctx: Context) -> None:
    model = ctx.scratch_model("observed.chat")
    messages = [{"role": "user", "content": "Is plain text JSON?"}]
    with ctx.service_fault("wrong-content-type"):
        ctx.ok(ctx.ml.predict(model.model_id, {"messages": messages}))


@check("failures.key-echoed", killed_by=["mlcommons.remote-status-lost"])
def key_echoed(ctx: Context) -> None:
    answer = ctx.refused(_under(ctx, "key-echoed"), 401)
    shown = ctx.body("observed.chat")["credential"]["api_key"] in answer.text
    ctx.note(said("failures.key-passed-on" if shown else "failures.key-taken-out"))


@check("failures.unknown-host-is-error", killed_by=["mlcommons.unknown-host-served"])
def unknown_host_is_error(ctx: Context) -> None:
    parameters = {**ctx.body("observed.chat")["parameters"], "endpoint": "no-such-host.invalid"}
    with ctx.trusting(r"^http://no-such-host\.invalid/.*$"):
        model = ctx.scratch_model("observed.chat", parameters=parameters)
    ctx.refused(ctx.ml.predict(model.model_id, ctx.sample("chat")), 400, 500)


#: Seconds that a service takes which is too slow for a deadline of one.
TOO_SLOW = 5


@check("failures.read-timeout", killed_by=["mlcommons.read-timeout-ignored", "mlcommons.dropped-connection-served"])
def read_timeout(ctx: Context) -> None:
    model = ctx.scratch_model("observed.chat", client_config={"read_timeout": 1})
    with ctx.service_fault("latency", seconds=TOO_SLOW):
        answer = ctx.ml.predict(model.model_id, ctx.sample("chat"))
    ctx.refused(answer, 500, 502, 504, reason="remote")


@check("failures.page-under-200", killed_by=["mlcommons.unread-answer-served"])
def page_under_200(ctx: Context) -> None:
    answer = _under(ctx, "page-with-200")
    ctx.refused(answer, 400, 500, 502)
