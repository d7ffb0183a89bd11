"""The faults of the emulator that depend on what was asked before: a cluster that goes by what it remembers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from ..faults import Fault, Occasion
from ..messages import Reply, Request
from .fault_places import (
    CONNECTOR,
    CONNECTORS,
    CREATE,
    DEPLOY,
    MODEL,
    PREDICT,
    REGISTER,
    UNDEPLOY,
    broken,
    row,
)  # fmt: skip
from .reshaping import Act, Memory, answered, asked, at, changed, having, refusal, resource_of, when, without

Json = Any


def faults_that_remember() -> Iterable[Fault]:
    """The whole table, with a memory of its own."""
    memory = Memory()
    return (
        row("credential-in-get", "a cluster that shows a connector's credential to whoever reads it",
            _shows_credential(memory), CREATE, CONNECTOR),
        row("credential-in-search", "a cluster that shows connectors' credentials in search",
            _shows_credentials(memory), CREATE, CONNECTORS),
        row("private-address-forgotten", "a cluster that holds to the first answer about an address for ever",
            _once_refused(memory), PREDICT),
        row("wrong-order-harms", "a cluster that undeploys a model before it refuses to delete it",
            _harmed(memory), MODEL),
        row("predict-after-undeploy-breaks", "a cluster that fails on a model it has undeployed",
            _undeployed(memory), UNDEPLOY, DEPLOY, PREDICT),
        row("deleted-model-stays", "a cluster that still reads a deleted model", _stays(memory, "model"), MODEL),
        row("deleted-connector-stays", "a cluster that still reads a deleted connector",
            _stays(memory, "connector"), CONNECTOR),
        row("update-replaces-parameters", "a cluster whose update forgets what it does not name",
            _forgets(memory), CONNECTOR),
        row("second-name-refused", "a cluster that takes each model name once", _once(memory), REGISTER, on="request"),
        row("embedded-credential-shown", "a cluster that shows the credential of an embedded connector",
            _shows(memory), REGISTER, MODEL),
        row("second-deployment-refused", "a cluster that deploys a model once", _deployed(memory), DEPLOY, UNDEPLOY),
        row("predict-before-deploy-breaks", "a cluster that fails on a model that was only registered",
            _registered_only(memory), REGISTER, DEPLOY, PREDICT),
        row("second-node-fails", "a cluster one of whose nodes has not got the model", _in_turn(memory), PREDICT),
    )  # fmt: skip


def _shows_credential(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        if reply.status != 200:
            return reply
        document = json.loads(reply.body)
        if occasion.route == CREATE:
            memory.credentials[document.get("connector_id", "")] = asked(occasion.request).get("credential", {})
        elif occasion.request.method == "GET":
            credential = memory.credentials.get(resource_of(occasion.request), {})
            return answered(200, {**document, "credential": credential})
        return reply

    return act


def _shows_credentials(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        if reply.status != 200:
            return reply
        document = json.loads(reply.body)
        if occasion.route == CREATE:
            memory.credentials[document.get("connector_id", "")] = asked(occasion.request).get("credential", {})
            return reply
        for hit in document["hits"]["hits"]:
            hit["_source"]["credential"] = memory.credentials.get(hit["_id"], {})
        return answered(200, document)

    return act


def _once_refused(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        model = resource_of(occasion.request)
        if reply.status == 400 and b"private ip" in reply.body:
            memory.note("refused", model)
        return (
            refusal(400, "illegal_argument_exception", "has private ip address")
            if memory.knows("refused", model)
            else reply
        )

    return act


def _harmed(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        model = resource_of(occasion.request)
        if occasion.request.method == "DELETE" and reply.status == 400:
            memory.note("harmed", model)
        if occasion.request.method == "GET" and reply.status == 200 and memory.knows("harmed", model):
            return changed(when("GET", 200), having(model_state="UNDEPLOYED"))(reply, occasion)
        return reply

    return act


def _undeployed(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        model = resource_of(occasion.request)
        if occasion.route == UNDEPLOY:
            memory.note("undeployed", model)
        elif occasion.route == DEPLOY:
            memory.forget("undeployed", model)
        elif memory.knows("undeployed", model):
            return refusal(500, "null_pointer_exception", "predictor is null")
        return reply

    return act


def _stays(memory: Memory, kind: str) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        resource = resource_of(occasion.request)
        if occasion.request.method == "DELETE" and b'"deleted"' in reply.body:
            memory.note(kind, resource)
        if occasion.request.method == "GET" and reply.status == 404 and memory.knows(kind, resource):
            return answered(200, {"name": f"a deleted {kind}", "model_state": "UNDEPLOYED"})
        return reply

    return act


def _forgets(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        connector = resource_of(occasion.request)
        if occasion.request.method == "PUT":
            memory.note("updated", connector)
        if memory.knows("updated", connector):
            return changed(when("GET", 200), at("parameters", without("endpoint")))(reply, occasion)
        return reply

    return act


def _once(memory: Memory) -> Callable[[Request, Occasion], Request | Reply]:
    def act(request: Request, _occasion: Occasion) -> Request | Reply:
        name = str(asked(request).get("name"))
        if memory.knows("name", name):
            return refusal(400, "illegal_argument_exception", "The name you provided is already being used")
        memory.note("name", name)
        return request

    return act


def _shows(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        document = json.loads(reply.body) if reply.status == 200 else {}
        if occasion.route == REGISTER:
            embedded = asked(occasion.request).get("connector") or {}
            memory.credentials[document.get("model_id", "")] = embedded.get("credential", {})
        elif isinstance(document.get("connector"), dict):
            shown = {**document["connector"], "credential": memory.credentials.get(resource_of(occasion.request))}
            return answered(200, {**document, "connector": shown})
        return reply

    return act


def _deployed(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        model = resource_of(occasion.request)
        if occasion.route == UNDEPLOY:
            memory.forget("deployed", model)
        elif memory.knows("deployed", model):
            return broken("the model is deployed")(occasion.request)
        else:
            memory.note("deployed", model)
        return reply

    return act


def _registered_only(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        if occasion.route == REGISTER and reply.status == 200 and not occasion.request.query:
            memory.note("registered", json.loads(reply.body).get("model_id", ""))
        model = resource_of(occasion.request)
        if occasion.route == DEPLOY:
            memory.forget("registered", model)
        elif occasion.route == PREDICT and memory.knows("registered", model):
            return broken("predictor is null")(occasion.request)
        return reply

    return act


def _in_turn(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        if b"node by node" not in occasion.request.body:
            return reply
        model = resource_of(occasion.request)
        turn = memory.forget if memory.knows("asked", model) else memory.note
        turn("asked", model)
        return broken("predictor is null")(occasion.request) if turn == memory.forget else reply

    return act
