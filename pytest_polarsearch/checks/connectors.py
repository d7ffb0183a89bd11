"""Step two of the guide: connectors, what is stored of them, and what is refused."""

from __future__ import annotations

import re

from .context import Context
from .contract import check

ID = re.compile(r"[A-Za-z0-9_-]{20}")
NO_CREDENTIAL = "credential"


def _created(ctx: Context, name: str) -> None:
    connector_id = ctx.ok(ctx.scratch.connector(ctx.body(name))).get("connector_id")
    ctx.holds(connector_id and isinstance(connector_id, str), "connector_id", expected="a text", actual=connector_id)


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
    ctx.holds(ID.fullmatch(found), "connector_id", expected="20 characters of A-Z a-z 0-9 _ -", actual=found)


@check("connectors.read-back", killed_by=["mlcommons.connector-read-back-changed"])
def read_back(ctx: Context) -> None:
    body = ctx.body("rerank")
    stored = ctx.ok(ctx.ml.connector(ctx.connector("rerank")))
    sent = body["actions"][0]
    for key in ("url", "request_body", "headers"):
        ctx.equal(stored.get("actions", 0, key), sent[key], f"actions[0].{key} of the stored connector")
    ctx.equal(str(stored.get("protocol")), "http", "protocol of the stored connector")
    expected = {
        "endpoint": body["parameters"]["endpoint"],
        "model": body["parameters"]["model"],
        "query": "",
        "documents": "[]",
    }
    ctx.equal(stored.get("parameters"), expected, "parameters of the stored connector")


@check("connectors.credential-hidden-in-get", killed_by=["mlcommons.credential-in-get"])
def credential_hidden_in_get(ctx: Context) -> None:
    key = ctx.body("chat")["credential"]["api_key"]
    answer = ctx.ok(ctx.ml.connector(ctx.connector("chat")))
    ctx.holds(key not in answer.text, "the connector, read", expected="no credential", actual="the credential is there")


@check("connectors.credential-hidden-in-search", killed_by=["mlcommons.credential-in-search"])
def credential_hidden_in_search(ctx: Context) -> None:
    key = ctx.body("chat")["credential"]["api_key"]
    created = ctx.connector("chat")
    answer = ctx.ok(ctx.ml.search("connectors", {"ids": {"values": [created]}}))
    ctx.holds(
        key not in answer.text,
        "the connector, found by search",
        expected="no credential",
        actual="the credential is there",
    )


@check("connectors.found-by-search", killed_by=["mlcommons.search-finds-nothing"])
def found_by_search(ctx: Context) -> None:
    created = ctx.connector("chat")

    def found() -> list[str]:
        hits = ctx.ok(ctx.ml.search("connectors", {"ids": {"values": [created]}})).get("hits", "hits")
        return [hit["_id"] for hit in hits or ()]

    ctx.eventually(found, lambda ids: ids == [created], "connectors found by the new id", f"[{created!r}]")


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
        ctx.note("a connector without credential is accepted, as the guide says of services without keys")
    else:
        ctx.refused(answer, 400, reason=NO_CREDENTIAL)
        ctx.note("a connector needs a credential even where the service needs no key (the guide says otherwise)")
