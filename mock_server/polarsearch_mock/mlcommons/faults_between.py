"""The faults of the emulator between request and answer: what its connector functions spoil, which failures of the
service it hides, and what it forgets when models go."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..faults import Fault, Occasion
from ..messages import Reply
from .fault_places import (
    CONNECTOR,
    CONNECTORS,
    DEPLOY,
    PREDICT,
    PREDICT_AS,
    TASK,
    UNDEPLOY,
    broken,
    deleted,
    row,
)  # fmt: skip
from .faults_beyond import GROUP, UNKNOWN, about, predicted, refused, said
from .reshaping import Act, Memory, answered, asked, at, changed, instead, resource_of, results, tensors, when, without
from .routes import ML

Json = Any

UNDEPLOY_MANY = f"{ML}/models/_undeploy"
REMOTE = "Error from remote service"
VECTOR = {"name": "sentence_embedding", "data_type": "FLOAT32", "shape": [2], "data": [0.0, 0.0]}


def similarity(reply: Reply, _occasion: Occasion) -> Reply:
    """The tensors of a rerank from the highest score to the lowest."""
    if reply.status != 200 or b'"similarity"' not in reply.body:
        return reply
    document = json.loads(reply.body)
    for result in document["inference_results"]:
        result["output"].sort(key=lambda tensor: -float(tensor["data"][0]))
    return answered(200, document)


def split(found: list[Json]) -> list[Json]:
    """Each tensor as a result of its own."""
    return [{**one, "output": [tensor]} for one in found for tensor in one.get("output", ())]


def merged(found: list[Json]) -> list[Json]:
    """All results as one."""
    return [{"output": [tensor for one in found for tensor in one.get("output", ())], "status_code": 200}]


PROCESSING = (
    row("similarity-renamed", "a cluster with another name for rerank scores",
        changed(when("POST", 200), tensors(at("name", lambda one: "score" if one == "similarity" else one))),
        PREDICT_AS),
    row("similarity-in-order-of-score", "a cluster that keeps the service's order of documents", similarity,
        PREDICT_AS),
    row("similarity-breaks", "a cluster that fails where no pre-process function is",
        instead(when("POST", 400, saying="pre_process_function not defined"), broken("function is null")), PREDICT_AS),
    row("score-trouble-hidden", "a cluster that answers nothing where it cannot read the scores",
        instead(when("POST", 500), predicted), PREDICT_AS),
    row("misspelt-function-served", "a cluster that passes over functions it does not know",
        instead(lambda request, reply: reply.status in (500, 501) and b"hello world" in request.body, predicted),
        PREDICT),
    row("vector-of-nothing", "a cluster that makes up a vector where the service gave none",
        changed(when("POST", 200), results(lambda one: {"output": [VECTOR], **one})), PREDICT),
    row("results-split", "a cluster that answers a result a text",
        changed(when("POST", 200), at("inference_results", split)), PREDICT_AS),
    row("results-merged", "a cluster that answers all texts in one result",
        changed(when("POST", 200), at("inference_results", merged)),
        PREDICT_AS),
    row("similarity-by-embedding", "a cluster that makes an embedding of a similarity question",
        instead(when("POST", 400, saying="TextDocsInputDataSet"), predicted), PREDICT_AS),
    row("filter-ignored", "a cluster that does not read response_filter",
        changed(when("POST", 200), tensors(at("dataAsMap", without("response")))), PREDICT),
)  # fmt: skip

FAILURES = (
    *(
        row(f"remote-{status}-lost", f"a cluster that turns the service's {status} into a failure of its own",
            instead(when("POST", status, saying=REMOTE), broken("null")), PREDICT)
        for status in (400, 404, 503)
    ),
    row("remote-500-reworded", "a cluster that hides the service's words",
        instead(when("POST", 500, saying=REMOTE), broken("null")), PREDICT),
    row("error-page-lost", "a cluster that turns a proxy's page into a failure of its own",
        instead(when("POST", 502, saying="Bad Gateway"), broken("null")), PREDICT),
    row("empty-answer-served", "a cluster that takes an empty answer for a success",
        instead(when("POST", 502, saying="empty response body"), predicted), PREDICT),
    row("dropped-connection-served", "a cluster that takes a dropped connection for an answer",
        instead(when("POST", 500, saying="communicating with remote model"), predicted), PREDICT),
    row("cut-answer-served", "a cluster that takes half an answer for a whole one",
        instead(lambda _, reply: reply.status == 200 and b'"error"' in reply.body[:12], predicted), PREDICT),
    row("redirect-followed", "a cluster that follows redirects", instead(when("POST", 307), predicted), PREDICT),
    row("error-under-200-lost", "a cluster that drops refusals with status 200",
        instead(lambda _, reply: b"inference internal error" in reply.body, predicted), PREDICT),
    row("plain-text-refused", "a cluster that reads nothing but application/json",
        instead(when("POST", 200, asking="Is plain text JSON?"), broken("Unsupported content type")), PREDICT),
    row("read-timeout-ignored", "a cluster that takes a service's silence for an answer",
        instead(lambda _, reply: b"Read timed out" in reply.body, predicted), PREDICT),
    row("unread-answer-served", "a cluster that takes an answer it cannot read for a success",
        instead(when("POST", 500, saying="PREDICT in aws connector"), predicted), PREDICT),
    row("url-with-a-hole-served", "a cluster that sends a URL whatever is left in it",
        instead(when("POST", 400, saying="uri from endpoint"), predicted), PREDICT),
    row("unknown-host-served", "a cluster that takes silence for an answer",
        instead(lambda _, reply: b"no-such-host.invalid" in reply.body, predicted), PREDICT),
)  # fmt: skip

LEAVING = (
    row("unknown-model-undeployed", "a cluster that undeploys models that are not there",
        instead(about(UNKNOWN, "POST", 404), said({})), UNDEPLOY),
    row("undeploy-needs-deployment", "a cluster that stumbles over a model that was never deployed",
        instead(lambda _, reply: b"not_found" in reply.body, broken("worker nodes are empty")), UNDEPLOY),
    row("unknown-protocol-breaks", "a cluster that stumbles over a protocol it does not know",
        instead(lambda request, _: b"carrier-pigeon" in request.body, broken("Can't find class")), CONNECTOR),
    row("undeploy-several-missing", "a cluster without the route for several models",
        instead(when("POST", 200), refused("no handler found")), UNDEPLOY_MANY),
    row("group-in-use-deleted", "a cluster that deletes groups with models in them",
        instead(when("DELETE", 409), deleted), GROUP),
)  # fmt: skip


def faults_between() -> Iterable[Fault]:
    """The whole table for one emulator."""
    return (*PROCESSING, *FAILURES, *LEAVING, *_remembering(Memory()))


def _remembering(memory: Memory) -> Iterable[Fault]:
    return (
        row("failing-once-fails-for-ever", "a cluster that gives a model up after a 503", _gives_up(memory), PREDICT),
        row("second-undeploy-fails", "a cluster that fails on what is undeployed", _twice(memory), UNDEPLOY, DEPLOY),
        row("redeployment-fails", "a cluster that deploys no model again", _never_again(memory), UNDEPLOY, DEPLOY),
        row("task-stays", "a cluster that still reads deleted tasks", _task(memory), TASK),
        row("deleted-still-found", "a cluster whose search finds what was deleted", _found, CONNECTORS),
    )


def _gives_up(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        model = resource_of(occasion.request)
        if memory.knows("given up", model):
            return broken("model is not usable")(occasion.request)
        if reply.status == 503:
            memory.note("given up", model)
        return reply

    return act


def _twice(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        model = resource_of(occasion.request)
        if occasion.route == DEPLOY:
            memory.forget("undeployed", model)
        elif memory.knows("undeployed", model):
            return broken("worker nodes are empty")(occasion.request)
        elif reply.status == 200:
            memory.note("undeployed", model)
        return reply

    return act


def _never_again(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        model = resource_of(occasion.request)
        if occasion.route == UNDEPLOY:
            memory.note("gone", model)
        elif memory.knows("gone", model):
            return broken("model is being undeployed")(occasion.request)
        return reply

    return act


def _task(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        task = resource_of(occasion.request)
        if occasion.request.method == "DELETE" and reply.status == 200:
            memory.note("task", task)
        if occasion.request.method == "GET" and memory.knows("task", task):
            return answered(200, {"state": "COMPLETED"})
        return reply

    return act


def _found(reply: Reply, occasion: Occasion) -> Reply:
    ids = asked(occasion.request).get("query", {}).get("ids", {}).get("values")
    document = json.loads(reply.body) if reply.status == 200 else {}
    if not ids or document.get("hits", {}).get("hits"):
        return reply
    hits = [{"_id": one, "_source": {"name": "a deleted connector"}} for one in ids]
    return answered(200, {**document, "hits": {**document["hits"], "hits": hits}})
