"""Step three of the guide, first half: a model is registered over a connector."""

from __future__ import annotations

from .context import Context
from .contract import Blocked, check, said


def _answer(ctx: Context, name: str) -> None:
    answer = ctx.model(name).registered
    for key in ("task_id", "model_id"):
        ctx.holds(
            isinstance(answer.get(key), str) and answer.get(key),
            key,
            expected=said("expect.text"),
            actual=answer.get(key),
            seen=answer,
        )
    ctx.equal(answer.get("status"), "CREATED", said("register.status"), answer)


@check("register.guide-embedding-answer", killed_by=["mlcommons.embedding-register-without-task"], uses=["embedding"])
def guide_embedding_answer(ctx: Context) -> None:
    _answer(ctx, "embedding")


@check("register.guide-rerank-answer", killed_by=["mlcommons.rerank-register-without-task"], uses=["rerank"])
def guide_rerank_answer(ctx: Context) -> None:
    _answer(ctx, "rerank")


@check("register.guide-chat-answer", killed_by=["mlcommons.chat-register-without-task"], uses=["chat"])
def guide_chat_answer(ctx: Context) -> None:
    _answer(ctx, "chat")


def _task(ctx: Context) -> str:
    task_id = ctx.model("chat").registered.get("task_id")
    if not isinstance(task_id, str):
        raise Blocked("register.guide-chat-answer", said("register.no-task"))
    return task_id


@check("register.task-completed", killed_by=["mlcommons.register-task-unfinished"], uses=["chat"])
def task_completed(ctx: Context) -> None:
    task_id = _task(ctx)
    ctx.eventually(
        lambda: ctx.ok(ctx.ml.task(task_id)).get("state"),
        lambda state: state == "COMPLETED",
        said("deploy.task-state"),
        "COMPLETED",
    )


@check("register.task-names-model", killed_by=["mlcommons.register-task-without-model"], uses=["chat"])
def task_names_model(ctx: Context) -> None:
    answer = ctx.ok(ctx.ml.task(_task(ctx)))
    ctx.equal(answer.get("model_id"), ctx.model("chat").model_id, said("register.task-model"))


@check("register.model-names-connector", killed_by=["mlcommons.model-without-connector"], uses=["chat"])
def model_names_connector(ctx: Context) -> None:
    model = ctx.model("chat")
    ctx.equal(
        ctx.ok(ctx.ml.model(model.model_id)).get("connector_id"),
        model.connector_id,
        said("register.model", field="connector_id"),
    )


@check("register.unknown-connector-refused", killed_by=["mlcommons.unknown-connector-accepted"])
def unknown_connector_refused(ctx: Context) -> None:
    ctx.refused(ctx.scratch.register("no-such-connector-00"), 400, 404, reason="connector")


@check("register.same-name-twice", killed_by=["mlcommons.second-name-refused"])
def same_name_twice(ctx: Context) -> None:
    connector_id, body = ctx.connector("chat"), ctx.mark({"name": "model of one name"})
    first, second = (ctx.ok(ctx.scratch.register(connector_id, name=body["name"])).get("model_id") for _ in range(2))
    groups = [ctx.ok(ctx.ml.model(one)).get("model_group_id") for one in (first, second)]
    ctx.ok(ctx.ml.delete_model(first))  # the group that both share goes with the second
    ctx.holds(first != second, said("register.two-ids"), expected=said("expect.two-models"), actual=[first, second])
    ctx.note(said("register.groups", count=len(set(groups))))


@check("register.name-missing-refused", killed_by=["mlcommons.nameless-model-registered"])
def name_missing_refused(ctx: Context) -> None:
    ctx.refused(ctx.scratch.register(ctx.connector("chat"), name=None), 400, reason="name")


@check("register.connector-missing-refused", killed_by=["mlcommons.connectorless-model-registered"])
def connector_missing_refused(ctx: Context) -> None:
    ctx.refused(ctx.scratch.register(None), 400, reason="connector")


@check("register.function-name-missing-refused", killed_by=["mlcommons.functionless-model-registered"])
def function_name_missing_refused(ctx: Context) -> None:
    ctx.refused(ctx.scratch.register(ctx.connector("chat"), function_name=None), 400)


@check("register.deploy-flag-deploys", killed_by=["mlcommons.deploy-flag-ignored", "mlcommons.never-deployed"])
def deploy_flag_deploys(ctx: Context) -> None:
    model_id = ctx.ok(ctx.scratch.register(ctx.connector("chat"), deploy=True)).get("model_id")
    _eventually_reads(ctx, model_id, "DEPLOYED")


def _eventually_reads(ctx: Context, model_id: str, state: str) -> None:
    ctx.eventually(
        lambda: ctx.ok(ctx.ml.model(model_id)).get("model_state"), lambda one: one == state, "model_state", state
    )


@check("register.embedded-credential-hidden", killed_by=["mlcommons.embedded-credential-shown"])
def embedded_credential_hidden(ctx: Context) -> None:
    ctx.connector("chat")  # what is refused by itself is refused embedded
    body = ctx.body("chat", credential={"api_key": "sk-embedded-in-a-model"})
    model_id = ctx.ok(ctx.scratch.register(None, connector=body)).get("model_id")
    answer = ctx.ok(ctx.ml.model(model_id))
    hidden = "sk-embedded-in-a-model" not in answer.text
    ctx.holds(
        hidden, said("register.embedded"), expected=said("expect.no-credential"), actual=said("expect.credential-there")
    )


@check("register.found-by-search", killed_by=["mlcommons.model-search-finds-nothing"], uses=["chat"])
def found_by_search(ctx: Context) -> None:
    model_id = ctx.model("chat").model_id

    def found() -> list[str]:
        hits = ctx.ok(ctx.ml.search("models", {"ids": {"values": [model_id]}})).get("hits", "hits")
        return [hit["_id"] for hit in hits or ()]

    ctx.eventually(found, lambda ids: ids == [model_id], said("register.found-by-id"), f"[{model_id!r}]")


@check("register.model-is-remote", killed_by=["mlcommons.model-algorithm-lost"], uses=["chat"])
def model_is_remote(ctx: Context) -> None:
    document = ctx.ok(ctx.ml.model(ctx.model("chat").model_id))
    ctx.equal(document.get("algorithm"), "REMOTE", said("register.model", field="algorithm"))


@check("register.state-before-deployment", killed_by=["mlcommons.registered-reads-deploying"])
def state_before_deployment(ctx: Context) -> None:
    model_id = ctx.ok(ctx.scratch.register(ctx.connector("chat"))).get("model_id")
    ctx.equal(ctx.ok(ctx.ml.model(model_id)).get("model_state"), "REGISTERED", said("register.state"))


@check(
    "register.unknown-model-404", killed_by=["mlcommons.nonsense-taken", "mlcommons.unknown-model-read"], uses=["chat"]
)
def unknown_model_404(ctx: Context) -> None:
    ctx.refused(ctx.ml.model("no-such-model-000000"), 404, reason="model")


@check(
    "register.unknown-task-404", killed_by=["mlcommons.nonsense-taken", "mlcommons.unknown-task-read"], uses=["chat"]
)
def unknown_task_404(ctx: Context) -> None:
    ctx.refused(ctx.ml.task("no-such-task-0000000"), 404, reason="task")


@check("register.group-is-readable", killed_by=["mlcommons.group-unreadable"], uses=["chat"])
def group_is_readable(ctx: Context) -> None:
    group = ctx.ok(ctx.ml.model(ctx.model("chat").model_id)).get("model_group_id")
    ctx.holds(
        isinstance(group, str) and group,
        said("register.model", field="model_group_id"),
        expected=said("expect.text"),
        actual=group,
    )
    ctx.ok(ctx.ml.model_group(str(group)))


@check("register.chinese-name-kept", killed_by=["mlcommons.chinese-name-lost"])
def chinese_name_kept(ctx: Context) -> None:
    model_id = ctx.ok(ctx.scratch.register(ctx.connector("chat"), name="对话模型")).get("model_id")
    name = str(ctx.ok(ctx.ml.model(model_id)).get("name"))
    ctx.holds(name.startswith("对话模型"), said("register.name"), expected=said("expect.as-sent"), actual=name)
