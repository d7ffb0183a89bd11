"""The faults of the emulator that show only where several calls come in some order: each is the slip of a lifecycle."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from ..faults import Fault, Occasion
from ..messages import Reply, Request
from .fault_places import CONNECTOR, DEPLOY, MODEL, PREDICT, REGISTER, UNDEPLOY, deleted, row
from .faults_beyond import predicted
from .reshaping import Act, Memory, asked, changed, having, resource_of, when


def faults_of_order() -> Iterable[Fault]:
    """The whole table, each with a memory of its own."""
    return (
        row("connector-freed-too-early", "a cluster that takes a connector for unused once a model of it is deleted",
            _freed(Memory()), REGISTER, MODEL, CONNECTOR),
        row("neighbour-undeployed", "a cluster that undeploys all models of a connector at once",
            _with_neighbours(Memory()), REGISTER, DEPLOY, UNDEPLOY, PREDICT, MODEL),
        row("deleted-model-predicts", "a cluster whose nodes keep a model that is deleted",
            _outlives(Memory(), PREDICT, predicted), MODEL, PREDICT),
        row("deleted-again", "a cluster that deletes what is deleted", _outlives(Memory(), MODEL, deleted), MODEL),
        row("update-undeploys", "a cluster that takes a model down to change its description",
            _taken_down(Memory()), DEPLOY, PREDICT, MODEL),
    )  # fmt: skip


def _freed(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        one = resource_of(occasion.request)
        _note_registration(memory, reply, occasion)
        if occasion.route == MODEL and b'"deleted"' in reply.body:
            memory.seen.setdefault("freed", set()).update(memory.seen.get(f"connectors of {one}", ()))
        if occasion.route == CONNECTOR and reply.status == 409 and memory.knows("freed", one):
            return deleted(occasion.request)
        return reply

    return act


def _with_neighbours(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        one = resource_of(occasion.request)
        _note_registration(memory, reply, occasion)
        if occasion.route in (DEPLOY, PREDICT):
            memory.forget("down", one)
        if occasion.route == UNDEPLOY and reply.status == 200:
            for connector in memory.seen.get(f"connectors of {one}", ()):
                memory.seen.setdefault("down", set()).update(memory.seen[f"models of {connector}"])
        return _seen_down(memory, reply, occasion)

    return act


def _note_registration(memory: Memory, reply: Reply, occasion: Occasion) -> None:
    """Remember which model goes over which connector."""
    if occasion.route == REGISTER and reply.status == 200:
        connector, model = str(asked(occasion.request).get("connector_id")), str(json.loads(reply.body).get("model_id"))
        memory.note(f"connectors of {model}", connector)
        memory.note(f"models of {connector}", model)


def _taken_down(memory: Memory) -> Act:
    def act(reply: Reply, occasion: Occasion) -> Reply:
        if occasion.request.method == "PUT" and reply.status == 200:
            memory.note("down", resource_of(occasion.request))
        if occasion.route in (DEPLOY, PREDICT):
            memory.forget("down", resource_of(occasion.request))
        return _seen_down(memory, reply, occasion)

    return act


def _seen_down(memory: Memory, reply: Reply, occasion: Occasion) -> Reply:
    """What is down reads so."""
    down = occasion.route == MODEL and memory.knows("down", resource_of(occasion.request))
    return changed(when("GET", 200), having(model_state="UNDEPLOYED"))(reply, occasion) if down else reply


def _outlives(memory: Memory, route: str, made: Callable[[Request], Reply]) -> Act:
    """What was deleted still does what the route is for."""

    def act(reply: Reply, occasion: Occasion) -> Reply:
        one, deleting = resource_of(occasion.request), occasion.request.method == "DELETE"
        if deleting and b'"deleted"' in reply.body:
            memory.note("deleted", one)
        elif reply.status == 404 and occasion.route == route and (deleting or route != MODEL):
            return made(occasion.request) if memory.knows("deleted", one) else reply
        return reply

    return act
