"""The faults of the emulator beyond the guide's seven steps: refusals that do not come, changes that are lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from ..faults import Fault, Occasion
from ..messages import Reply, Request
from .fault_places import (
    CONNECTOR,
    CREATE,
    DEPLOY,
    MODEL,
    PREDICT,
    PREDICT_AS,
    REGISTER,
    SETTINGS,
    SOME_ID,
    TASK,
    UNTRUSTED,
    Patterns,
    broken,
    made_up,
    row,
)  # fmt: skip
from .reshaping import (
    When,
    answered,
    asked,
    at,
    changed,
    having,
    instead,
    reason_of,
    refusal,
    results,
    tensors,
    when,
    without,
)  # fmt: skip
from .routes import ML

Json = Any

GROUP = f"{ML}/model_groups/{{model_group_id}}"
MODELS = f"{ML}/models/_search"
UNKNOWN = "no-such"
CHINESE = re.compile(r"[\u3000-\u9fff]")


def registered(_request: Request) -> Reply:
    """A model that does not exist is said to be registered."""
    return answered(200, {"task_id": SOME_ID, "status": "CREATED", "model_id": SOME_ID})


def updated(_request: Request) -> Reply:
    """Something is said to be changed."""
    return answered(200, {"_id": SOME_ID, "_version": 2, "result": "updated"})


def predicted(_request: Request) -> Reply:
    """An answer of a model without anything in it."""
    return answered(200, {"inference_results": [{"output": [], "status_code": 200}]})


def nonsense_taken(reply: Reply, occasion: Occasion) -> Reply:
    """A success in place of "there is no such thing" and of "this cannot be read"."""
    reads = occasion.request.method == "GET" and reply.status in (400, 404)
    return answered(200, {}) if reads or (reply.status == 400 and _no_json(occasion.request.body)) else reply


def _no_json(body: bytes) -> bool:
    try:
        json.loads(body or b"{}")
    except ValueError:
        return True
    return False


def said(document: Json) -> Callable[[Request], Reply]:
    """Always that answer, as a success."""
    return lambda _request: answered(200, document)


def refused(reason: str) -> Callable[[Request], Reply]:
    """A refusal nobody asked for."""
    return lambda _request: refusal(400, "illegal_argument_exception", reason)


def about(part: str, method: str, *statuses: int) -> When:
    """True for an answer to a request whose path has this part."""
    return lambda request, reply: request.method == method and reply.status in statuses and part in request.path


def bodies(method: str, status: int, fits: Callable[[bytes], object]) -> When:
    """True for an answer to a request whose body fits."""
    return lambda request, reply: request.method == method and reply.status == status and bool(fits(request.body))


def repeated(reply: Reply, occasion: Occasion) -> Reply:
    """The refusal, with the key that the request had."""
    key = (asked(occasion.request).get("credential") or {}).get("api_key", "")
    if reply.status != 400:
        return reply
    return refusal(400, "illegal_argument_exception", f"{reason_of(reply)} {key}")


CREATION = (
    row("credential-in-refusal", "a cluster that repeats what it refuses", repeated, CREATE),
    row("unknown-setting-accepted", "a cluster that takes settings it does not know",
        instead(when("PUT", 400, saying="not recognized"), said({"acknowledged": True})), SETTINGS),
    row("defaults-hidden", "a cluster that does not show its defaults", changed(when("GET", 200), without("defaults")),
        SETTINGS),
    row("trusted-list-merged", "a cluster that adds to the trusted list in place of replacing it",
        instead(when("POST", 400, saying=UNTRUSTED, asking="for-a-while.invalid"), made_up), CREATE),
    row("scheme-ignored", "a cluster that compares URLs without their scheme",
        instead(when("POST", 400, saying=UNTRUSTED, asking="https://"), made_up), CREATE),
    row("numeric-version-refused", "a cluster that wants the version as a text",
        instead(when("POST", 200, asking='"version": 1,'), refused("version is no text")), CREATE),
    row("unknown-connector-read", "a cluster that reads what is not there",
        instead(about(UNKNOWN, "GET", 404), said({"name": "nothing"})), CONNECTOR),
    row("unknown-protocol-accepted", "a cluster that looks at the protocol at predict only",
        instead(when("POST", 400, asking='"protocol": "foo"'), made_up), CREATE),
    row("unknown-action-accepted", "a cluster that looks at the action at predict only",
        instead(when("POST", 400, asking="foretell"), made_up), CREATE),
    row("action-without-url-accepted", "a cluster that looks for the URL at predict only",
        instead(when("POST", 400, asking='"uri"'), made_up), CREATE),
    row("action-without-method-accepted", "a cluster that posts unless told otherwise",
        instead(when("POST", 400, saying="method"), made_up), CREATE),
    row("request-body-object-lost", "a cluster that says it stored what it could not read",
        instead(when("POST", 500, asking='"request_body": {'), made_up), CREATE),
    row("empty-creation-accepted", "a cluster that creates a connector of nothing",
        instead(bodies("POST", 500, lambda body: not body), made_up), CREATE),
    row("odd-name-breaks", "a cluster that fails on a name it does not like",
        instead(when("POST", 400, asking="search & rerank"), broken("Illegal character")), CREATE),
    row("chinese-name-lost", "a cluster whose store is not in UTF-8",
        changed(when("GET", 200), at("name", lambda name: CHINESE.sub("?", str(name)))), CONNECTOR, MODEL),
    row("client-config-lost", "an engine before 2.13, which has no client_config",
        changed(when("GET", 200), without("client_config")), CONNECTOR),
    row("dry-run-stores", "a cluster that stores what was only tried",
        instead(about("dryRunConnector", "GET", 404), said({"name": "tried"})), CONNECTOR),
    row("quote-in-parameter-breaks", "a cluster that fails on a quote in a connector's parameter",
        instead(when("POST", 400, saying='qwen"max'), broken("Unterminated object")), PREDICT),
    row("update-in-use-accepted", "a cluster that changes connectors under running models",
        instead(when("PUT", 400, saying="still using"), updated), CONNECTOR),
    row("unknown-connector-updated", "a cluster that changes connectors that are not there",
        instead(about(UNKNOWN, "PUT", 404), updated), CONNECTOR),
    row("untrusted-update-accepted", "a cluster that checks URLs at creation only",
        instead(when("PUT", 400, saying=UNTRUSTED), updated), CONNECTOR),
)  # fmt: skip

LIFE = (
    row("model-update-lost", "a cluster that forgets a changed description",
        changed(when("GET", 200), at("description", lambda _: "model description")), MODEL),
    row("unknown-model-updated", "a cluster that changes models that are not there",
        instead(about(UNKNOWN, "PUT", 404), updated), MODEL),
    row("disabled-model-predicts", "a cluster whose switch for models does nothing",
        instead(when("POST", 403), predicted), PREDICT),
    row("nameless-model-registered", "a cluster that needs no name",
        instead(when("POST", 400, saying="name"), registered), REGISTER),
    row("connectorless-model-registered", "a cluster that looks for the connector at deployment only",
        instead(when("POST", 400, saying="connector content"), registered), REGISTER),
    row("functionless-model-registered", "a cluster that takes every model for a remote one",
        instead(bodies("POST", 400, lambda body: b'"function_name"' not in body), registered), REGISTER),
    row("model-search-finds-nothing", "a cluster whose search for models looks in another index",
        changed(when("POST", 200), at("hits", at("hits", lambda _: []))), MODELS),
    row("model-algorithm-lost", "a cluster that does not say what kind a model is",
        changed(when("GET", 200), without("algorithm")), MODEL),
    row("registered-reads-deploying", "a cluster that deploys whatever is registered",
        changed(when("GET", 200), at("model_state", lambda one: "DEPLOYING" if one == "REGISTERED" else one)),
        MODEL),
    row("unknown-model-read", "a cluster that reads models that are not there",
        instead(about(UNKNOWN, "GET", 404), said({"name": "nothing"})), MODEL),
    row("nonsense-taken", "a gateway that answers for a cluster which is not there", nonsense_taken),
    row("unknown-task-read", "a cluster that reads tasks that are not there",
        instead(about(UNKNOWN, "GET", 404), said({"state": "COMPLETED"})), TASK),
    row("group-unreadable", "a cluster that does not find the group it made",
        instead(when("GET", 200), lambda _: refusal(404, "status_exception", "Failed to find model group")), GROUP),
    row("unknown-model-deployed", "a cluster that deploys models that are not there",
        instead(about(UNKNOWN, "POST", 404), said({"task_id": SOME_ID, "status": "COMPLETED"})), DEPLOY),
    row("workers-never-come", "a cluster whose nodes do not report what runs on them",
        changed(when("GET", 200), having(current_worker_node_count=0)), MODEL),
    row("auto-deploy-unstoppable", "a cluster that deploys on predict whatever the setting says",
        instead(when("POST", 400, saying="deploy the model first"), predicted), PREDICT),
)  # fmt: skip

PREDICTION = (
    row("remote-route-missing", "a cluster without the route that names the algorithm remote",
        instead(about("/remote/", "POST", 200), refused("Wrong function name")), PREDICT_AS),
    row("unknown-model-predicts", "a cluster that answers for models that are not there",
        instead(about(UNKNOWN, "POST", 404), predicted), PREDICT),
    row("unknown-algorithm-served", "a cluster that does not read the algorithm",
        instead(about("/clairvoyance/", "POST", 400, 404), predicted), PREDICT_AS),
    row("text-docs-here-break", "a cluster that fails on text_docs in the wrong place",
        instead(when("POST", 400, asking='"text_docs"'), broken("parameters is null")), PREDICT),
    row("broken-json-served", "a cluster that does not mind broken JSON",
        instead(bodies("POST", 400, lambda body: body.rstrip().endswith(b"[")), predicted), PREDICT),
    row("status-code-lost", "a cluster that does not say the service's status",
        changed(when("POST", 200), results(without("status_code"))), PREDICT),
    row("response-renamed", "a cluster with another name for raw answers",
        changed(when("POST", 200), tensors(at("name", lambda name: "output" if name == "response" else name))),
        PREDICT),
    row("text-for-list-served", "a cluster that sends a text where a list belongs",
        instead(when("POST", 400, asking='"input": "hello world"'), predicted), PREDICT),
    row("bare-word-served", "a cluster that is content with a word where a list belongs",
        instead(when("POST", 400, asking='"input": "hello"}'), predicted), PREDICT),
    row("text-docs-reversed", "a cluster that reads vectors backwards on the route of ingest pipelines",
        changed(when("POST", 200), tensors(at("data", lambda data: data[::-1]))), PREDICT_AS),
    row("json-text-breaks", "a cluster that fails on a prompt that is JSON",
        instead(when("POST", 400, asking='{\\"a\\"'), broken("Expected BEGIN_OBJECT")), PREDICT),
    row("placeholder-text-breaks", "a cluster that fails on a prompt with a placeholder",
        instead(when("POST", 200, asking="say ${parameters.model}"), broken("Infinite loop")), PREDICT),
    row("loop-swallowed", "a cluster that drops a prompt that names itself",
        instead(when("POST", 500, asking="again ${parameters.prompt}"), predicted), PREDICT),
    row("override-breaks", "a cluster that takes another endpoint for an attack",
        instead(when("POST", 400, asking="override.invalid"), lambda _: refusal(403, "security_exception", "no")),
        PREDICT),
)  # fmt: skip


def faults_beyond(patterns: Patterns) -> Iterable[Fault]:
    """The whole table for one cluster."""
    tables = (CREATION, LIFE, PREDICTION, _by_settings(patterns))
    return tuple(fault for table in tables for fault in table)


def _by_settings(patterns: Patterns) -> Iterable[Fault]:
    def poisoned(reply: Reply, occasion: Occasion) -> Reply:
        dangling = any("***" in pattern for pattern in patterns())
        return broken("Dangling meta character")(occasion.request) if reply.status == 200 and dangling else reply

    def withdrawn(reply: Reply, occasion: Occasion) -> Reply:
        return (
            reply if any("127" in pattern for pattern in patterns()) else broken("endpoint is null")(occasion.request)
        )

    return (
        row("broken-pattern-poisons", "a cluster that fails on every creation over a broken pattern", poisoned, CREATE),
        row("withdrawn-trust-breaks", "a cluster that fails where trust was withdrawn", withdrawn, PREDICT),
    )
