"""Random lifecycles, legal and illegal, against the rules of a cluster; shrunk to the shortest that breaks one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .context import Context, Exchange
from .contract import check, said
from .drawing import Each, Made, Pick, Several, Some, for_all

Json = Any

#: What a model is to the rules; and what a connector is, which goes by its models.
RESTING, RUNNING, GONE = "resting", "running", "gone"
FREE, USED = "free", "used"
#: What the document of a model may read in each state: a registered model rests, and engines differ in what
#: undeploying makes of it.
READS: Mapping[str, tuple[str, ...]] = {
    RESTING: ("REGISTERED", "UNDEPLOYED"), RUNNING: ("DEPLOYED",), GONE: ("HTTP 404",),
}  # fmt: skip


class Outcome(NamedTuple):
    """What one answer means: the state afterwards, and the `result` that it names, if it names one."""

    then: str
    result: str = ""


def _refused(state: str, *statuses: int) -> dict[int, Outcome]:
    """Nothing changes."""
    return {status: Outcome(state) for status in statuses}


#: The rules: verb and state -> status that may come -> what it means.
RULES: Mapping[tuple[str, str], Mapping[int, Outcome]] = {
    ("update connector", FREE): {200: Outcome(FREE)},
    ("update connector", USED): {200: Outcome(USED)},
    ("update connector", RUNNING): _refused(RUNNING, 400, 409),
    ("update connector", GONE): _refused(GONE, 404),
    ("delete connector", FREE): {200: Outcome(GONE, "deleted")},
    ("delete connector", USED): _refused(USED, 400, 409, 500),
    ("delete connector", RUNNING): _refused(RUNNING, 400, 409, 500),
    ("delete connector", GONE): {200: Outcome(GONE, "not_found"), 404: Outcome(GONE)},
    ("register", FREE): {200: Outcome(USED)},
    ("register", USED): {200: Outcome(USED)},
    ("register", RUNNING): {200: Outcome(RUNNING)},
    ("register", GONE): _refused(GONE, 400, 404),
    ("deploy", RESTING): {200: Outcome(RUNNING)},
    ("deploy", RUNNING): {200: Outcome(RUNNING)},
    ("deploy", GONE): _refused(GONE, 404),
    ("undeploy", RESTING): {200: Outcome(RESTING)},
    ("undeploy", RUNNING): {200: Outcome(RESTING)},
    ("undeploy", GONE): _refused(GONE, 404),
    ("predict", RESTING): {200: Outcome(RUNNING), 400: Outcome(RESTING)},  # deployed by it, or refused
    ("predict", RUNNING): {200: Outcome(RUNNING)},
    ("predict", GONE): _refused(GONE, 404),
    ("update model", RESTING): {200: Outcome(RESTING)},
    ("update model", RUNNING): {200: Outcome(RUNNING)},
    ("update model", GONE): _refused(GONE, 404),
    ("delete model", RESTING): {200: Outcome(GONE, "deleted")},
    ("delete model", RUNNING): _refused(RUNNING, 400, 409),
    ("delete model", GONE): _refused(GONE, 404),
    ("read", RESTING): {200: Outcome(RESTING)},
    ("read", RUNNING): {200: Outcome(RUNNING)},
    ("read", GONE): _refused(GONE, 404),
}
ON_CONNECTORS = ("update connector", "delete connector", "register")


@dataclass
class Thing:
    """A connector, or a model over one, as the rules know it."""

    id: str
    gone: bool = False
    running: bool = False
    models: list[Thing] = field(default_factory=list)

    @property
    def as_model(self) -> str:
        """Its state as a model's."""
        return GONE if self.gone else RUNNING if self.running else RESTING

    @property
    def as_connector(self) -> str:
        """Its state as a connector's."""
        states = [one.as_model for one in self.models]
        in_use = RUNNING if RUNNING in states else USED if RESTING in states else FREE
        return GONE if self.gone else in_use


ASKED: Mapping[str, Callable[[Context, str], Exchange]] = {
    "update connector": lambda ctx, one: ctx.ml.update_connector(one, {"description": "changed on its way"}),
    "delete connector": lambda ctx, one: ctx.ml.delete_connector(one),
    "register": lambda ctx, one: ctx.scratch.register(one),
    "deploy": lambda ctx, one: ctx.ml.deploy(one),
    "undeploy": lambda ctx, one: ctx.ml.undeploy(one),
    "predict": lambda ctx, one: ctx.ml.predict(one, ctx.sample("observed.chat")),
    "update model": lambda ctx, one: ctx.ml.update_model(one, {"description": "changed on its way"}),
    "delete model": lambda ctx, one: ctx.ml.delete_model(one),
    "read": lambda ctx, one: ctx.ml.model(one),
}


class Lifecycle:
    """One cluster's connectors and models, as the rules have them; each step is asked of the cluster too."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._connectors: list[Thing] = []
        self._models: list[Thing] = []

    def step(self, verb: str, which: int) -> None:
        """Take a step on one of what was made so far, gone or not. Raises Failure where a rule is broken."""
        things = self._connectors if verb in ON_CONNECTORS else self._models
        if verb == "create":
            body = self._ctx.body("observed.chat")
            self._connectors.append(Thing(self._id(self._ctx.scratch.connector(body), "connector_id")))
        elif things:
            self._judge(verb, things[which % len(things)])

    def _judge(self, verb: str, thing: Thing) -> None:
        state = thing.as_connector if verb in ON_CONNECTORS else thing.as_model
        answer = ASKED[verb](self._ctx, thing.id)
        then = self._outcome(verb, state, answer).then
        if verb == "register" and answer.ok:
            model = Thing(self._id(answer, "model_id"))
            thing.models.append(model)
            self._models.append(model)
            self._look(verb, model, RESTING)
        elif verb == "read" or then != state:
            thing.gone, thing.running = then == GONE, then == RUNNING
            self._look(verb, thing, then)

    def _outcome(self, verb: str, state: str, answer: Exchange) -> Outcome:
        rule = RULES[verb, state]
        statuses = ", ".join(map(str, rule))
        looked_at, found = (
            said("lifecycles.answer", verb=verb, state=state),
            f"HTTP {answer.status}: {answer.excerpt(300)}",
        )
        expected = said("lifecycles.status", statuses=statuses)
        self._ctx.holds(answer.status in rule, looked_at, expected=expected, actual=found)
        outcome = rule[answer.status or 0]
        if outcome.result:
            self._ctx.equal(answer.get("result"), outcome.result, said("lifecycles.result", verb=verb, state=state))
        return outcome

    def _look(self, verb: str, thing: Thing, state: str) -> None:
        """The state that the cluster reads for it comes to be the one that the rules have."""
        read = self._ctx.ml.connector if thing in self._connectors else self._ctx.ml.model
        wanted = READS[state]

        def reads() -> Json:
            found = read(thing.id)
            return found.get("model_state") if found.ok else f"HTTP {found.status}"

        looked_at = said("lifecycles.state", verb=verb, state=state)
        self._ctx.eventually(reads, lambda one: one in wanted, looked_at, ", ".join(wanted))

    def _id(self, answer: Exchange, name: str) -> str:
        found = self._ctx.ok(answer).get(name)
        self._ctx.holds(isinstance(found, str) and found, name, expected=said("expect.text"), actual=found)
        return str(found)


STEP = Each((Pick(("create", *ASKED)), Pick((0, 1))))
#: Every rule once, in one long life.
LONG = [
    *([verb, 0] for verb in (
        "delete connector", "update connector", "predict", "undeploy", "undeploy", "deploy", "deploy", "predict",
        "update connector", "delete connector", "delete model", "update model", "read", "register",
    )),
    ["deploy", 1], ["undeploy", 0], ["read", 1], ["undeploy", 1],
    *([verb, 0] for verb in (
        "update model", "delete model", "delete connector", "delete model", "deploy", "undeploy", "predict",
        "update model", "read",
    )),
    ["delete model", 1],
    *([verb, 0] for verb in (
        "update connector", "delete connector", "delete connector", "update connector", "register",
    )),
]  # fmt: skip


def _whole(steps: list[Json]) -> list[Json]:
    """The steps after those without which there is nothing to step on."""
    return [["create", 0], ["register", 0], *steps]


@check(
    "lifecycles.any-order-keeps-the-rules",
    killed_by=[
        "mlcommons.chat-connector-refused",
        "mlcommons.connector-in-use-deleted",
        "mlcommons.deleted-connector-stays",
        "mlcommons.deleted-model-stays",
        "mlcommons.deployed-model-deleted",
        "mlcommons.never-deployed",
        "mlcommons.nonsense-taken",
        "mlcommons.predict-after-undeploy-breaks",
        "mlcommons.predict-before-deploy-breaks",
        "mlcommons.redeployment-fails",
        "mlcommons.registered-reads-deploying",
        "mlcommons.second-deployment-refused",
        "mlcommons.second-undeploy-fails",
        "mlcommons.undeploy-leaves-state",
        "mlcommons.unknown-connector-accepted",
        "mlcommons.unknown-connector-breaks",
        "mlcommons.unknown-model-deleted",
        "mlcommons.update-in-use-accepted",
        "mlcommons.wrong-order-harms",
        "mlcommons.connector-freed-too-early",
        "mlcommons.neighbour-undeployed",
        "mlcommons.deleted-model-predicts",
        "mlcommons.deleted-again",
        "mlcommons.update-undeploys",
        "mlcommons.undeploy-needs-deployment",
    ],
)
def any_order_keeps_the_rules(ctx: Context) -> None:
    def keeps_the_rules(steps: list[Json]) -> None:
        lifecycle = Lifecycle(ctx)
        try:
            for verb, which in steps:
                lifecycle.step(verb, which)
        finally:
            ctx.undo()

    some = Made(Some(LONG), _whole)
    for_all(ctx, Made(Several(STEP, 14), _whole), keeps_the_rules, first=[_whole(LONG)], parts=some)
