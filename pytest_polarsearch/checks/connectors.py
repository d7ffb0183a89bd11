"""Step two of the guide: connectors, what is stored of them, and what is refused."""

from __future__ import annotations

import re
from typing import Any

from .context import Context, Exchange
from .contract import check, said

ID = re.compile(r"[A-Za-z0-9_-]{20}")
NO_CREDENTIAL = "credential"


def _created(ctx: Context, name: str) -> None:
    connector_id = ctx.ok(ctx.scratch.connector(ctx.body(name))).get("connector_id")
    ctx.holds(
        connector_id and isinstance(connector_id, str),
        "connector_id",
        expected=said("expect.text"),
        actual=connector_id,
    )


@check("connectors.guide-embedding-created", killed_by=["mlcommons.embedding-connector-refused"])
def guide_embedding_created(ctx: Context) -> None:
    _created(ctx, "embedding")


@check("connectors.guide-rerank-created", killed_by=["mlcommons.rerank-connector-refused"])
def guide_rerank_created(ctx: Context) -> None:
    _created(ctx, "rerank")


@check("connectors.guide-chat-created", killed_by=["mlcommons.chat-connector-refused"])
def guide_chat_created(ctx: Context) -> None:
    _created(ctx, "chat")


@check("connectors.id-form", killed_by=["mlcommons.ids-of-another-form"])
def id_form(ctx: Context) -> None:
    found = ctx.connector("chat")
    ctx.holds(ID.fullmatch(found), "connector_id", expected=said("expect.id-form"), actual=found)


@check("connectors.read-back", killed_by=["mlcommons.connector-read-back-changed"])
def read_back(ctx: Context) -> None:
    body = ctx.body("rerank")
    stored = ctx.ok(ctx.ml.connector(ctx.connector("rerank")))
    sent = body["actions"][0]
    for key in ("url", "request_body", "headers"):
        ctx.equal(stored.get("actions", 0, key), sent[key], said("connectors.stored", field=f"actions[0].{key}"))
    ctx.equal(str(stored.get("protocol")), "http", said("connectors.stored", field="protocol"))
    expected = {
        "endpoint": body["parameters"]["endpoint"],
        "model": body["parameters"]["model"],
        "query": "",
        "documents": "[]",
    }
    ctx.equal(stored.get("parameters"), expected, said("connectors.stored", field="parameters"))


@check("connectors.credential-hidden-in-get", killed_by=["mlcommons.credential-in-get"])
def credential_hidden_in_get(ctx: Context) -> None:
    key = ctx.body("chat")["credential"]["api_key"]
    answer = ctx.ok(ctx.ml.connector(ctx.connector("chat")))
    ctx.holds(
        key not in answer.text,
        said("connectors.read"),
        expected=said("expect.no-credential"),
        actual=said("expect.credential-there"),
    )


@check("connectors.credential-hidden-in-search", killed_by=["mlcommons.credential-in-search"])
def credential_hidden_in_search(ctx: Context) -> None:
    key = ctx.body("chat")["credential"]["api_key"]
    created = ctx.connector("chat")
    answer = ctx.ok(ctx.ml.search("connectors", {"ids": {"values": [created]}}))
    ctx.holds(
        key not in answer.text,
        said("connectors.searched"),
        expected=said("expect.no-credential"),
        actual=said("expect.credential-there"),
    )


@check("connectors.found-by-search", killed_by=["mlcommons.search-finds-nothing"])
def found_by_search(ctx: Context) -> None:
    created = ctx.connector("chat")

    def found() -> list[str]:
        hits = ctx.ok(ctx.ml.search("connectors", {"ids": {"values": [created]}})).get("hits", "hits")
        return [hit["_id"] for hit in hits or ()]

    ctx.eventually(found, lambda ids: ids == [created], said("connectors.found-by-id"), f"[{created!r}]")


def _refused_without(ctx: Context, field: str, reason: str) -> None:
    body = {key: value for key, value in ctx.body("chat").items() if key != field}
    ctx.refused(ctx.scratch.connector(body), 400, reason=reason)


@check("connectors.name-missing-refused", killed_by=["mlcommons.connector-without-name-accepted"])
def name_missing_refused(ctx: Context) -> None:
    _refused_without(ctx, "name", "name")


@check("connectors.protocol-missing-refused", killed_by=["mlcommons.connector-without-protocol-accepted"])
def protocol_missing_refused(ctx: Context) -> None:
    _refused_without(ctx, "protocol", "protocol")


@check("connectors.actions-missing-refused", killed_by=["mlcommons.connector-without-actions-accepted"])
def actions_missing_refused(ctx: Context) -> None:
    _refused_without(ctx, "actions", "actions")


@check("connectors.credential-rule", killed_by=["mlcommons.keyless-connector-fails-in-other-words"])
def credential_rule(ctx: Context) -> None:
    body = ctx.body("chat")
    del body["credential"]
    body["actions"][0]["headers"] = {}
    answer = ctx.scratch.connector(body)
    if answer.ok:
        ctx.note(said("connectors.no-credential-taken"))
    else:
        ctx.refused(answer, 400, reason=NO_CREDENTIAL)
        ctx.note(said("connectors.credential-needed"))


@check(
    "connectors.version-number-or-text",
    killed_by=["mlcommons.numeric-version-refused"],
)
def version_number_or_text(ctx: Context) -> None:
    found = [_read_created(ctx, ctx.body("chat", version=version)).get("version") for version in ("1", 1)]
    ctx.equal([str(one) for one in found], ["1", "1"], said("connectors.versions"))


def _read_created(ctx: Context, body: dict[str, Any]) -> Exchange:
    """The stored connector of a body; blocked where the guide's own is not taken either."""
    ctx.connector("chat")
    created = ctx.ok(ctx.scratch.connector(body)).get("connector_id")
    return ctx.ok(ctx.ml.connector(str(created)))


@check("connectors.unknown-is-404", killed_by=["mlcommons.nonsense-taken", "mlcommons.unknown-connector-read"])
def unknown_is_404(ctx: Context) -> None:
    ctx.refused(ctx.ml.connector("no-such-connector-00"), 404, reason="connector")


@check("connectors.unknown-protocol-refused", killed_by=["mlcommons.unknown-protocol-accepted"])
def unknown_protocol_refused(ctx: Context) -> None:
    ctx.refused(ctx.scratch.connector(ctx.body("chat", protocol="foo")), 400)


def _with_action(ctx: Context, **changed: Any) -> dict[str, Any]:
    """The chat connector with a changed action; a field given as None is left out."""
    body = ctx.body("chat")
    action = {**body["actions"][0], **changed}
    body["actions"] = [{key: value for key, value in action.items() if value is not None}]
    return body


@check("connectors.unknown-action-refused", killed_by=["mlcommons.unknown-action-accepted"])
def unknown_action_refused(ctx: Context) -> None:
    ctx.refused(ctx.scratch.connector(_with_action(ctx, action_type="foretell")), 400)


@check("connectors.misspelt-url-refused", killed_by=["mlcommons.action-without-url-accepted"])
def misspelt_url_refused(ctx: Context) -> None:
    url = ctx.body("chat")["actions"][0]["url"]
    ctx.refused(ctx.scratch.connector(_with_action(ctx, url=None, uri=url)), 400, reason="url")


@check("connectors.method-missing-refused", killed_by=["mlcommons.action-without-method-accepted"])
def method_missing_refused(ctx: Context) -> None:
    ctx.refused(ctx.scratch.connector(_with_action(ctx, method=None)), 400, reason="method")


@check("connectors.request-body-object", killed_by=["mlcommons.request-body-object-lost"])
def request_body_object(ctx: Context) -> None:
    answer = ctx.scratch.connector(_with_action(ctx, request_body={"model": "${parameters.model}"}))
    ctx.one_of(answer.status, (200, 400, 500), said("connectors.object-body-status"))
    if answer.ok:
        stored = ctx.ok(ctx.ml.connector(answer.get("connector_id"))).get("actions", 0, "request_body")
        ctx.holds(
            stored,
            said("connectors.stored", field="request_body"),
            expected=said("expect.what-was-sent"),
            actual=stored,
        )
    ctx.note(said("connectors.object-body", status=answer.status))


@check("connectors.empty-body-refused", killed_by=["mlcommons.empty-creation-accepted"])
def empty_body_refused(ctx: Context) -> None:
    ctx.refused(ctx.ml.create_connector(None), 400, 500)


@check("connectors.name-punctuation", killed_by=["mlcommons.odd-name-breaks"])
def name_punctuation(ctx: Context) -> None:
    answer = ctx.scratch.connector(ctx.body("chat", name="search & rerank，第一版"))
    ctx.one_of(answer.status, (200, 400), said("connectors.odd-name-status"))
    ctx.note(said("connectors.odd-name-taken" if answer.ok else "connectors.odd-name-refused"))


@check("connectors.chinese-name-kept", killed_by=["mlcommons.chinese-name-lost"])
def chinese_name_kept(ctx: Context) -> None:
    name = str(_read_created(ctx, ctx.body("chat", name="大语言模型连接器")).get("name"))
    ctx.holds(
        name.startswith("大语言模型连接器"),
        said("connectors.stored", field="name"),
        expected=said("expect.as-sent"),
        actual=name,
    )


@check("connectors.client-config-kept", killed_by=["mlcommons.client-config-lost"])
def client_config_kept(ctx: Context) -> None:
    config = {"max_connection": 20, "connection_timeout": 7, "read_timeout": 9}
    stored = _read_created(ctx, ctx.body("chat", client_config=config)).get("client_config") or {}
    ctx.equal({key: stored.get(key) for key in config}, config, said("connectors.stored", field="client_config"))


@check("connectors.dry-run-stores-nothing", killed_by=["mlcommons.nonsense-taken", "mlcommons.dry-run-stores"])
def dry_run_stores_nothing(ctx: Context) -> None:
    answer = ctx.ml.create_connector({"dry_run": True})
    ctx.one_of(answer.status, (200, 400), said("connectors.dry-run-status"))
    if answer.ok:
        ctx.equal(ctx.ml.connector(answer.get("connector_id")).status, 404, said("connectors.dry-run-read"))
    ctx.note(said("connectors.dry-run", status=answer.status, excerpt=answer.excerpt(60)))


@check(
    "connectors.credential-hidden-in-refusal",
    killed_by=["mlcommons.credential-in-refusal", "mlcommons.connector-without-actions-accepted"],
)
def credential_hidden_in_refusal(ctx: Context) -> None:
    body = ctx.body("chat", credential={"api_key": "sk-hidden-in-refusals"})
    del body["actions"]
    answer = ctx.refused(ctx.scratch.connector(body), 400)
    hidden = "sk-hidden-in-refusals" not in answer.text
    ctx.holds(
        hidden,
        said("connectors.refusal"),
        expected=said("expect.no-credential"),
        actual=said("expect.credential-there"),
    )


@check(
    "connectors.quote-in-parameter",
    killed_by=["mlcommons.quote-in-parameter-breaks", "mlcommons.bare-placeholder-sent"],
)
def quote_in_parameter(ctx: Context) -> None:
    body = ctx.body("observed.chat")
    model = ctx.scratch_model("observed.chat", parameters={**body["parameters"], "model": 'qwen"max'})
    answer = ctx.ml.predict(model.model_id, ctx.sample("chat"))
    ctx.one_of(answer.status, (400, 404), said("connectors.quote-status"))
    ctx.note(said("connectors.quote", reason=answer.short_reason(80)))
