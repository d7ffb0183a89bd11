"""The faults of the emulator along the guide's seven steps as a table: name, what a cluster with it does, where it
acts. Others: `faults_between`, `faults_beyond`, `faults_of_order`, `faults_on_the_way`, `faults_remembering`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..faults import Fault, Occasion
from ..messages import Reply
from .execution import Outgoing
from .fault_places import (
    CHAT,
    CONNECTOR,
    CONNECTORS,
    CREATE,
    DEPLOY,
    EMBEDDING,
    MODEL,
    OTHER_IDS,
    PREDICT,
    PREDICT_AS,
    REGISTER,
    RERANK,
    SETTINGS,
    SOME_ID,
    TASK,
    UNDEPLOY,
    UNTRUSTED,
    Patterns,
    broken,
    deleted,
    made_up,
    row,
)  # fmt: skip
from .faults_accounts import AROUND_ACCOUNTS
from .faults_between import faults_between
from .faults_beyond import faults_beyond
from .faults_of_order import faults_of_order
from .faults_on_the_way import ON_THE_WAY
from .faults_remembering import faults_that_remember
from .reshaping import (
    answered,
    asked,
    at,
    changed,
    having,
    instead,
    refusal,
    results,
    tensors,
    texts,
    when,
    without,
)  # fmt: skip

Json = Any

CREATION = (
    row("settings-not-acknowledged", "a cluster whose nodes did not all take a change of settings in time",
        changed(when("PUT", 200), having(acknowledged=False)), SETTINGS),
    row("untrusted-accepted", "a cluster that trusts every endpoint",
        instead(when("POST", 400, saying=UNTRUSTED), made_up), CREATE),
    row("broken-pattern-ignored", "a cluster that passes over a pattern it cannot compile",
        instead(when("POST", 400, saying="Dangling"), lambda _: refusal(400, "illegal_argument_exception", UNTRUSTED)),
        CREATE),
    row("embedding-connector-refused", "a cluster that knows no openai functions",
        instead(when("POST", 200, asking=EMBEDDING), broken("cannot resolve symbol")), CREATE),
    row("rerank-connector-refused", "a cluster that takes no list as a parameter",
        instead(when("POST", 200, asking=RERANK), broken("Can't get text on a START_ARRAY")), CREATE),
    row("chat-connector-refused", "a cluster that reads an unquoted placeholder as broken JSON",
        instead(when("POST", 200, asking=CHAT), broken("Invalid JSON in payload")), CREATE),
    row("connector-read-back-changed", "a cluster that stores parameters as they were sent, not as texts",
        changed(when("GET", 200), lambda one: {**one, "parameters": {
            key: [] if value == "[]" else value for key, value in one.get("parameters", {}).items()}}), CONNECTOR),
    row("objects-in-words", "a cluster that stores objects as Java prints them",
        changed(when("GET", 200), at("parameters", lambda found: {
            key: re.sub(r'"([^"]*)":', r"\1=", value) if value.startswith("{") else value
            for key, value in found.items()})), CONNECTOR),
    row("search-finds-nothing", "a cluster whose search looks in another index",
        changed(when("POST", 200), lambda one: {**one, "hits": {**one["hits"], "hits": []}}), CONNECTORS),
    row("refused-but-stored", "a cluster that stores a connector before it checks its URL",
        changed(when("POST", 200, asking="match_phrase"), lambda one: {**one, "hits": {**one["hits"], "hits": [
            {"_id": SOME_ID, "_source": {"name": "never stored connector"}}]}}), CONNECTORS),
    *(
        row(f"connector-without-{field}-accepted", f"a cluster that needs no {field}",
            instead(when("POST", 400, saying=word), made_up), CREATE)
        for field, word in (("name", "name is null"), ("protocol", "protocol is null"), ("actions", "No actions"))
    ),
    row("keyless-connector-fails-in-other-words", "a cluster that stumbles over a missing credential",
        instead(when("POST", 400, saying="credential"), broken("credential of null")), CREATE),
)  # fmt: skip

LIFE = (
    *(
        row(f"{kind}-register-without-task", "an engine before 2.11, whose registration answered less",
            changed(when("POST", 200, asking=f'"{kind} model'), without("task_id")), REGISTER)
        for kind in ("embedding", "rerank", "chat")
    ),
    row("register-task-unfinished", "a cluster whose task is never completed",
        changed(when("GET", 200), lambda one: {**one, "state": "RUNNING"}
                if one.get("task_type") == "REGISTER_MODEL" else one), TASK),
    row("register-task-without-model", "a cluster whose task forgets the model",
        changed(when("GET", 200), lambda one: without("model_id")(one)
                if one.get("task_type") == "REGISTER_MODEL" else one), TASK),
    row("deploy-task-unfinished", "a cluster whose nodes never report back",
        changed(when("GET", 200), lambda one: {**one, "state": "RUNNING"}
                if one.get("task_type") == "DEPLOY_MODEL" else one), TASK),
    row("model-without-connector", "a cluster that hides a model's connector",
        changed(when("GET", 200), without("connector_id")), MODEL),
    row("unknown-connector-accepted", "an engine up to 2.15, which looks for the connector at deployment only",
        instead(when("POST", 404, saying="connector"), lambda _: answered(
            200, {"task_id": SOME_ID, "status": "CREATED", "model_id": SOME_ID})), REGISTER),
    row("deploy-answers-otherwise", "an engine before 2.11, whose deployment answered CREATED",
        changed(when("POST", 200), having(status="CREATED")), DEPLOY),
    row("never-deployed", "a cluster none of whose nodes may run models",
        changed(when("GET", 200), lambda one: {**one, "model_state": "DEPLOYING"}
                if one.get("model_state") == "DEPLOYED" else one), MODEL),
)  # fmt: skip

PREDICTION = (
    row("private-address-allowed", "a cluster that calls any address",
        instead(when("POST", 400, saying="private ip"), lambda _: answered(
            200, {"inference_results": [{"output": [], "status_code": 200}]})), PREDICT),
    row("tensor-of-another-name", "a cluster with a post-process script of its own",
        changed(when("POST", 200), tensors(having(name="output"))), PREDICT),
    row("tensor-shape-wrong", "a cluster that says one component where there are many",
        changed(when("POST", 200), tensors(having(shape=[1]))), PREDICT),
    row("vector-of-texts", "a cluster that writes numbers as texts",
        changed(when("POST", 200), tensors(lambda one: {**one, "data": [str(number) for number in one["data"]]}
                if "data" in one else one)), PREDICT),
    row("tensor-lost", "a cluster that loses the last of several tensors",
        changed(when("POST", 200), results(at("output", lambda found: found[:-1] or found))), PREDICT),
    row("text-docs-refused", "a cluster without the route of ingest pipelines",
        instead(when("POST", 200), lambda _: refusal(400, "illegal_argument_exception", "Wrong function name")),
        PREDICT_AS),
    row("chat-answer-lost", "a cluster that keeps the usage and loses the answer",
        changed(when("POST", 200), tensors(lambda one: {**one, "dataAsMap": without("choices")(one["dataAsMap"])}
                if "dataAsMap" in one else one)), PREDICT),
    row("bare-placeholder-sent", "an engine that sends whatever the template becomes",
        instead(when("POST", 400, saying="Invalid payload"), lambda _: answered(200, {"inference_results": []})),
        PREDICT),
    row("quoted-placeholder-unnamed", "a cluster that does not say which parameter is missing",
        instead(when("POST", 400, saying="placeholder not filled"), lambda _: refusal(
            400, "illegal_argument_exception", "Some parameters are missing")), PREDICT),
    row("remote-status-lost", "a cluster that turns the service's 401 into a failure of its own",
        instead(when("POST", 401), broken("Error from remote service")), PREDICT),
    row("throttling-hidden", "a cluster that turns the service's 429 into a failure of its own",
        instead(when("POST", 429), broken("Error from remote service")), PREDICT),
    *(
        row(f"{what}-lost", f"a cluster that does not carry {what} to the service", texts(change), on="outgoing")
        for what, change in (
            ("quotes", lambda text: text.replace('"', "'")),
            ("backslashes", lambda text: text.replace("\\", "")),
            ("newlines", lambda text: text.replace("\n", " ")),
            ("cjk", lambda text: re.sub(r"[\u3000-\u9fff]", "?", text)),
            ("emoji", lambda text: re.sub(r"[\U00010000-\U0010ffff]", "\ufffd", text)),
        )
    ),
)  # fmt: skip

CLEANUP = (
    row("deployed-model-deleted", "a cluster that says a deployed model is deleted",
        instead(when("DELETE", 400, saying="deployed"), deleted), MODEL),
    row("connector-in-use-deleted", "a cluster that says a connector in use is deleted",
        instead(when("DELETE", 409), deleted), CONNECTOR),
    row("undeploy-answers-otherwise", "a cluster that answers for all nodes at once",
        instead(when("POST", 200), lambda _: answered(200, {"status": "ok"})), UNDEPLOY),
    row("undeploy-leaves-state", "a cluster whose model document is not brought up to date",
        changed(when("GET", 200), lambda one: {**one, "model_state": "DEPLOYED"}
                if one.get("model_state") == "UNDEPLOYED" else one), MODEL),
    row("unknown-model-deleted", "a cluster that deletes what is not there",
        instead(when("DELETE", 404), lambda _: answered(200, {"result": "not_found"})), MODEL),
    row("unknown-connector-breaks", "an engine up to 3.1 before its first connector",
        lambda reply, _: refusal(500, "status_exception", "Failed to delete data object")
        if b"not_found" in reply.body else reply, CONNECTOR),
)  # fmt: skip


def extra_parameters_sent(outgoing: Outgoing, _occasion: Occasion) -> Outgoing:
    """Parameters without a place in the template go out as well."""
    try:
        document = json.loads(outgoing.body)
    except ValueError:  # a template that a lenient engine took
        return outgoing
    return replace(outgoing, body=json.dumps({**document, "top_n": 3}).encode()) if "input" in document else outgoing


def faults_for(patterns: Patterns) -> Iterable[Fault]:
    """The whole table for one cluster: some rows ask which patterns it trusts, others remember what they have seen."""
    steps = (*CREATION, *LIFE, *PREDICTION, *CLEANUP, *faults_that_remember(), *faults_of_order(), *_inside(patterns))
    return (*steps, *ON_THE_WAY, *AROUND_ACCOUNTS, *faults_between(), *faults_beyond(patterns))


def _inside(patterns: Patterns) -> Iterable[Fault]:
    """Rows that go by the cluster's settings, act on what it sends, or on a rule of its own."""

    def matches_partly(reply: Reply, occasion: Occasion) -> Reply:
        body = asked(occasion.request)
        if not when("POST", 400, saying=UNTRUSTED)(occasion.request, reply):
            return reply
        url = f"http://{body['parameters']['endpoint']}/"
        return made_up(occasion.request) if any(re.match(pattern, url) for pattern in patterns()) else reply

    return (
        row("pattern-matches-partly", "a cluster that looks for a pattern anywhere in the URL", matches_partly, CREATE),
        row("extra-parameters-sent", "a cluster that sends every parameter", extra_parameters_sent, on="outgoing"),
        Fault(OTHER_IDS, "a cluster that makes ids of its own", on="rule"),
    )  # fmt: skip
