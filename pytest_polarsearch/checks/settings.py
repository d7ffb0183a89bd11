"""Step one of the guide: which model services the cluster trusts, and what a changed setting takes to act."""

from __future__ import annotations

import re

from .context import AUTO_DEPLOY, PRIVATE_IP, TRUSTED, Context, patterns_of
from .contract import check, said

UNTRUSTED = "http://untrusted.invalid"
GUIDE_PATTERN = "^http://ep-***.dashscope.cn-beijing.privatelink.aliyuncs.com/.*$"
UNKNOWN = "plugins.ml_commons.no_such_setting"
REFUSAL = "not matching the trusted connector endpoint regex"


@check("settings.accepted-and-read-back", killed_by=["mlcommons.settings-not-acknowledged"])
def accepted_and_read_back(ctx: Context) -> None:
    wanted = [*patterns_of(ctx), r"^http://conformance\.invalid/.*$"]
    with ctx.settings_changed({TRUSTED: wanted}) as answer:
        acknowledged = answer.get("acknowledged")
        ctx.holds(acknowledged is True, said("settings.acknowledged"), expected="true", actual=acknowledged)
        found = [one for one in patterns_of(ctx) if one in wanted]  # the change bears a mark in the list too
        ctx.equal(found, wanted, said("settings.read-back"))


@check("settings.untrusted-url-refused", killed_by=["mlcommons.untrusted-accepted"])
def untrusted_url_refused(ctx: Context) -> None:
    body = ctx.body("chat", name="untrusted connector")
    body["parameters"]["endpoint"] = UNTRUSTED.removeprefix("http://")
    ctx.refused(ctx.scratch.connector(body), 400, reason="trusted connector")


@check("settings.untrusted-url-not-stored", killed_by=["mlcommons.refused-but-stored"])
def untrusted_url_not_stored(ctx: Context) -> None:
    body = ctx.body("chat", name="never stored connector")
    body["parameters"]["endpoint"] = UNTRUSTED.removeprefix("http://")
    name = ctx.mark(body)["name"]
    ctx.scratch.connector(body | {"name": name})
    hits = ctx.ok(ctx.ml.search("connectors", {"match_phrase": {"name": name}})).get("hits", "hits")
    ctx.equal([hit["_source"]["name"] for hit in hits], [], said("settings.stored"))


@check(
    "settings.pattern-covers-whole-url",
    killed_by=["mlcommons.pattern-matches-partly", "mlcommons.untrusted-accepted"],
)
def pattern_covers_whole_url(ctx: Context) -> None:
    host = "partly-covered.invalid"
    body = ctx.body("chat", name="partly covered connector")
    body["parameters"]["endpoint"] = host
    with ctx.trusting(f"^http://{re.escape(host)}"):
        ctx.refused(ctx.scratch.connector(body), 400, reason=REFUSAL)


@check("settings.broken-pattern-refused", killed_by=["mlcommons.broken-pattern-ignored"])
def broken_pattern_refused(ctx: Context) -> None:
    body = ctx.body("chat", name="connector that meets the broken pattern")
    body["parameters"]["endpoint"] = UNTRUSTED.removeprefix("http://")
    with ctx.settings_changed({TRUSTED: [*patterns_of(ctx), GUIDE_PATTERN]}):
        ctx.refused(ctx.scratch.connector(body), 400, reason="Dangling meta character")


@check("settings.private-address-refused", killed_by=["mlcommons.private-address-allowed"])
def private_address_refused(ctx: Context) -> None:
    with ctx.settings_changed({PRIVATE_IP: False}):
        model = ctx.scratch_model("observed.chat")
        ctx.refused(ctx.ml.predict(model.model_id, ctx.sample("chat")), 400, reason="private")


@check(
    "settings.private-address-takes-effect",
    killed_by=["mlcommons.private-address-forgotten", "mlcommons.redeployment-fails"],
)
def private_address_takes_effect(ctx: Context) -> None:
    with ctx.settings_changed({PRIVATE_IP: False}):
        model = ctx.scratch_model("observed.chat")
    steps = (
        ("at-once", lambda: None),
        ("redeployed", lambda: ctx.ml.deploy(model.model_id)),
        ("undeployed-first", lambda: (ctx.ml.undeploy(model.model_id), ctx.scratch.deploy(model.model_id))),
    )
    for what, act in steps:
        act()
        answers = [ctx.ml.predict(model.model_id, ctx.sample("chat")) for _ in range(2)]
        if all(answer.ok for answer in answers):
            ctx.note(said(f"settings.private-{what}", setting=PRIVATE_IP))
            break
    ctx.equal(answers[-1].status, 200, said("settings.private-status"))


@check("settings.unknown-key-refused", killed_by=["mlcommons.unknown-setting-accepted"])
def unknown_key_refused(ctx: Context) -> None:
    _refused_as_unknown(ctx, UNKNOWN, True)  # noqa: FBT003  the setting's own value


def _refused_as_unknown(ctx: Context, setting: str, value: object) -> None:
    answer = ctx.ml.change_settings(persistent={setting: value})
    if answer.ok:
        ctx.ml.change_settings(persistent={setting: None})
    ctx.refused(answer, 400, reason="not recognized")


#: What engines from 3.7 on want beside the trusted list.
PRIVATE_LIST = "plugins.ml_commons.trusted_connector_private_endpoints_regex"


@check("settings.private-list", killed_by=["mlcommons.unknown-setting-accepted"])
def private_list(ctx: Context) -> None:
    patterns = ctx.settings().effective(PRIVATE_LIST)
    if patterns is None:
        _refused_as_unknown(ctx, PRIVATE_LIST, [])
        ctx.note(said("settings.list-unknown", setting=PRIVATE_LIST))
    else:
        ctx.holds(isinstance(patterns, list), PRIVATE_LIST, expected=said("expect.list"), actual=patterns)
        ctx.note(said("settings.list-known", setting=PRIVATE_LIST))


@check("settings.auto-deploy-shown", killed_by=["mlcommons.defaults-hidden"])
def auto_deploy_shown(ctx: Context) -> None:
    value = str(ctx.settings().effective(AUTO_DEPLOY)).lower()
    ctx.one_of(value, ("true", "false"), said("settings.shown", setting=AUTO_DEPLOY))
    ctx.note(said("settings.is", setting=AUTO_DEPLOY, value=value))


@check("settings.cleared-is-gone", killed_by=["mlcommons.null-clears-nothing"])
def cleared_is_gone(ctx: Context) -> None:
    before = ctx.settings().persistent.get(AUTO_DEPLOY)
    with ctx.settings_changed({AUTO_DEPLOY: True}):
        ctx.equal(
            str(ctx.settings().persistent.get(AUTO_DEPLOY)), "true", said("settings.once-set", setting=AUTO_DEPLOY)
        )
    ctx.equal(ctx.settings().persistent.get(AUTO_DEPLOY), before, said("settings.once-restored", setting=AUTO_DEPLOY))


@check(
    "settings.auto-deploy-off-holds",
    killed_by=["mlcommons.auto-deploy-unstoppable", "mlcommons.predict-after-undeploy-breaks"],
)
def auto_deploy_off_holds(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    with ctx.settings_changed({AUTO_DEPLOY: False}):
        ctx.ok(ctx.ml.undeploy(model.model_id))
        ctx.refused(ctx.ml.predict(model.model_id, ctx.sample("chat")), 400, reason="deploy")


@check(
    "settings.list-is-replaced",
    killed_by=["mlcommons.trusted-list-merged", "mlcommons.untrusted-accepted", "mlcommons.chat-connector-refused"],
)
def list_is_replaced(ctx: Context) -> None:
    body = ctx.body("chat", name="connector that is trusted for a while")
    body["parameters"]["endpoint"] = "for-a-while.invalid"
    with ctx.trusting(r"^http://for-a-while\.invalid/.*$"):
        ctx.ok(ctx.scratch.connector(body))
    ctx.refused(ctx.scratch.connector(body), 400, reason=REFUSAL)


@check(
    "settings.scheme-is-part-of-url",
    killed_by=["mlcommons.scheme-ignored", "mlcommons.pattern-matches-partly", "mlcommons.untrusted-accepted"],
)
def scheme_is_part_of_url(ctx: Context) -> None:
    body = ctx.body("chat", name="connector of another scheme")
    body["parameters"]["endpoint"] = "scheme.invalid"
    body["actions"][0]["url"] = "https://${parameters.endpoint}/compatible-mode/v1/chat/completions"
    with ctx.trusting(r"^http://scheme\.invalid/.*$"):
        ctx.refused(ctx.scratch.connector(body), 400, reason=REFUSAL)


@check(
    "settings.broken-pattern-reach",
    killed_by=["mlcommons.broken-pattern-poisons"],
)
def broken_pattern_reach(ctx: Context) -> None:
    ctx.connector("chat")
    with ctx.settings_changed({TRUSTED: [*patterns_of(ctx), GUIDE_PATTERN]}):
        answer = ctx.scratch.connector(ctx.body("chat"))
    ctx.one_of(answer.status, (200, 400), said("settings.earlier-status"))
    ctx.note(said("settings.broken-stops-some" if answer.ok else "settings.broken-stops-all"))


@check("settings.trust-withdrawn", killed_by=["mlcommons.withdrawn-trust-breaks"])
def trust_withdrawn(ctx: Context) -> None:
    model = ctx.scratch_model("chat")
    with ctx.settings_changed({TRUSTED: [r"^http://conformance\.invalid/.*$"]}):
        answer = ctx.ml.predict(model.model_id, ctx.sample("chat"))
    ctx.one_of(answer.status, (200, 400), said("settings.withdrawn-status"))
    ctx.note(said("settings.withdrawn-goes-on" if answer.ok else "settings.withdrawn-stops"))
