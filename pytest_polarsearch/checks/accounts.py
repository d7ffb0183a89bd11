"""Accounts: who has none, a wrong one, or one without permissions, and what the security plugin says to them."""

from __future__ import annotations

import base64

from .context import NOBODY, READER, STRANGER, STRANGER_ACCOUNT, Context, Exchange
from .contract import check, said

#: Routes that need an account, whatever it may do.
GUARDED = ("/", "/_cluster/settings", "/_plugins/_ml/models/no-such-model")
ML = "/_plugins/_ml"
ACTIONS = "cluster:admin/opensearch/ml/"


@check("accounts.anonymous-refused", killed_by=["mlcommons.anonymous-served"])
def anonymous_refused(ctx: Context) -> None:
    for path in GUARDED:
        ctx.refused(ctx.asking_as(NOBODY).request("GET", path), 401)


@check("accounts.wrong-password-refused", killed_by=["mlcommons.any-password-taken"])
def wrong_password_refused(ctx: Context) -> None:
    for path in GUARDED:
        ctx.refused(ctx.asking_as(STRANGER).request("GET", path), 401)


@check("accounts.challenge-named", killed_by=["mlcommons.challenge-lost", "mlcommons.anonymous-served"])
def challenge_named(ctx: Context) -> None:
    answer = ctx.refused(ctx.asking_as(NOBODY).request("GET", "/"), 401)
    scheme = answer.headers.get("www-authenticate", "").partition(" ")[0]
    ctx.equal(scheme, "Basic", said("accounts.scheme"))
    ctx.note(said("accounts.refusal-is-no-json", type=repr(answer.content_type), excerpt=repr(answer.excerpt(40))))


@check(
    "accounts.reader-refused", killed_by=["mlcommons.reader-served", "mlcommons.permission-unnamed"], uses=["chat"]
)  # fmt: skip
def reader_refused(ctx: Context) -> None:
    for action, answer in _as_reader(ctx).items():
        ctx.refused(answer, 403, reason=f"no permissions for [{ACTIONS}{action}]")


def _as_reader(ctx: Context) -> dict[str, Exchange]:
    """What an account without permissions is answered, by the action that it lacks; nothing is changed by asking."""
    model, reader = ctx.model("chat"), ctx.asking_as(READER)
    return {
        "connectors/get": reader.request("GET", f"{ML}/connectors/{model.connector_id}"),
        "models/get": reader.request("GET", f"{ML}/models/{model.model_id}"),
        "models/search": reader.request("POST", f"{ML}/models/_search", {"query": {"match_all": {}}}),
    }


@check(
    "accounts.reader-predict-unsent",
    killed_by=["mlcommons.disabled-model-predicts", "mlcommons.reader-served"],
    uses=["observed.chat"],
)
def reader_predict_unsent(ctx: Context) -> None:
    path = f"{ML}/models/{ctx.model('observed.chat').model_id}/_predict"
    with ctx.watching("chat") as seen:
        answer = ctx.asking_as(READER).request("POST", path, {"parameters": ctx.sample("chat")})
    ctx.refused(answer, 403)
    ctx.equal(len(seen.calls), 0, said("accounts.reader-requests"))


@check("accounts.refusal-leaks-nothing", killed_by=["mlcommons.refusal-shows-credentials"], uses=["chat"])
def refusal_leaks_nothing(ctx: Context) -> None:
    stranger = ctx.asking_as(STRANGER).request("GET", "/")
    answers = [stranger, *_as_reader(ctx).values()]
    sent = [STRANGER_ACCOUNT.partition(":")[2], base64.b64encode(STRANGER_ACCOUNT.encode()).decode()]
    for answer in answers:
        told = f"{answer.text} {dict(answer.headers)}"
        held = [
            word for word in (*sent, ctx.service.key.reveal(), ctx.service.netloc) if not answer.ok and word in told
        ]
        ctx.equal(len(held), 0, said("accounts.leaks", method=answer.method, path=answer.path))


@check("accounts.body-or-permission-first", killed_by=["mlcommons.connector-without-name-accepted"])
def body_or_permission_first(ctx: Context) -> None:
    answer = ctx.asking_as(READER).request("POST", f"{ML}/connectors/_create", {})
    ctx.one_of(answer.status, (400, 403), said("accounts.empty-creation"))
    ctx.note(said("accounts.body-first" if answer.status == 400 else "accounts.permission-first", status=answer.status))
