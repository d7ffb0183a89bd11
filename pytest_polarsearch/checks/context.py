"""All that a check sees: the verbs of the cluster, models, the service side, settings, and the claims it can make."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from polarsearch_mock.control import PREFIX

from ..blueprints import NO_KEY, Endpoint
from ..client import Asker, NoAnswer
from ..exchange import Exchange
from ..jsonpath import find
from ..profiles.profile import Profile
from ..provision.cluster_settings import AUTO_DEPLOY, PRIVATE_IP, TRUSTED, Snapshot
from ..provision.lifecycle import Model, Provisioner, ProvisionError
from ..words import said
from .bench import Bench, Call, Sampling
from .claims import Claims
from .contract import Blocked, Failure, NotApplicable, NotObserved

__all__ = ["AUTO_DEPLOY", "PRIVATE_IP", "TRUSTED", "Context", "Exchange", "patterns_of"]

#: Who can ask a cluster beside the run's account: nobody, somebody it does not know, and one without permissions.
NOBODY, STRANGER, READER = "nobody", "stranger", "reader"
#: Who else asks: the model service's caller with a key of his own (behind it), and whoever sets the mock's faults.
KEY, STAGE = "key ", "stage"
STRANGER_ACCOUNT = "conformance-stranger:no-such-password"

Json = Any


class Seen:
    """What reached the service while it was watched."""

    def __init__(self, calls: Callable[[], Sequence[Call]], kind: str) -> None:
        self._calls, self._kind = calls, kind

    @property
    def calls(self) -> Sequence[Call]:
        """All requests seen, oldest first."""
        return self._calls()

    @property
    def one(self) -> Call:
        """The one request. Raises NotObserved where none came, Failure where several did."""
        calls = self.calls
        if not calls:
            raise NotObserved(said("not-observed", kind=self._kind))
        if len(calls) > 1:
            raise Failure(said("requests-seen"), said("expect.one"), str(len(calls)))
        return calls[0]


class Context(Claims):
    """A check's view of the run. Everything it creates is removed when the check is over."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.timeout, bench.ml.client.clock)
        self._bench = bench
        self._provisioner: Provisioner | None = None
        self._left: list[str] = []
        self._direct: Asker | None = None
        self._others: dict[str, Asker] = {}
        self.ml = bench.ml
        self.models: list[Model] = []
        self.asked: list[str] = []

    # --- what there is ---------------------------------------------------------------------------------------

    @property
    def version(self) -> str:
        """The engine's version as `GET /` gives it, such as `3.3.2`."""
        return self._bench.version

    @property
    def service(self) -> Endpoint:
        """The model service under judgement."""
        return self._bench.service

    @property
    def sampling(self) -> Sampling:
        """Where random examples begin, and how many there are for this check."""
        return self._bench.sampling

    @property
    def nonce(self) -> str:
        """A word that names nothing on the cluster or the service: the run's id."""
        return self._bench.names.run

    def offers(self, capability: str) -> bool:
        """Whether the target has a capability."""
        return capability not in self._bench.lacking

    @property
    def keyless(self) -> bool:
        """Whether the service under judgement is asked without a key, so that it may take any."""
        return self.service.key is NO_KEY

    @property
    def profile(self) -> Profile:
        """What the vendor of the service under judgement declares."""
        return self._bench.profile

    def needs_key(self) -> None:
        """End the check where the service under judgement is asked without a key."""
        if self.keyless:
            raise NotApplicable(said("keyless"))

    @property
    def observed_service(self) -> Endpoint:
        """The built-in mock, whose side of the connector can be seen."""
        return self._bench.observed_service

    def model(self, name: str) -> Model:
        """A deployed model shared by all checks: `embedding`, `rerank`, `chat` at the service under judgement, and
        `observed.NAME` (also `prompt`, `rerank.flat`) at the built-in mock. Never undeploy or change it."""
        self._asks("predict", name)
        model = self._bench.shared_model(name)
        self.models.append(model)
        return model

    def _asks(self, way: str, name: str) -> None:
        """Keep the name of a model of the service under judgement: what is asked of it stands on what it offers."""
        if not name.startswith("observed.") or self.observed_service == self.service:
            self.asked.append(f"{way} {name.removeprefix('observed.')}")

    @property
    def scratch(self) -> Provisioner:
        """Creates what this check alone needs; removed when the check is over."""
        if self._provisioner is None:
            self._provisioner = self._bench.scratch()
        return self._provisioner

    def body(self, name: str, /, **changed: Json) -> dict[str, Json]:
        """A connector body by the name of its blueprint, pointed at the built-in mock if the name begins with
        `observed.`; `changed` replaces top-level fields."""
        endpoint = self.observed_service if name.startswith("observed.") else self.service
        return self._bench.blueprint(name).connector(endpoint, **changed)

    def mark(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """The body with a name that no other resource on the cluster has."""
        return self._bench.names.marked(body)

    def scratch_model(self, name: str, **connector_fields: Json) -> Model:
        """A deployed model for this check alone, by its blueprint. Raises Blocked where it cannot be made."""
        self._asks("predict", name)
        endpoint = self.observed_service if name.startswith("observed.") else self.service
        blueprint = self._bench.blueprint(name)
        try:
            return self.scratch.model(blueprint, endpoint, **connector_fields)
        except ProvisionError as error:
            raise blocked_by(error, blueprint.kind) from None

    def connector(self, name: str) -> str:
        """The id of a connector for this check alone, by its blueprint. Raises Blocked where it cannot be made."""
        created = self.scratch.connector(self.body(name))
        if not created.ok or not isinstance(created.get("connector_id"), str):
            raise blocked_by(ProvisionError("connector", created), self._bench.blueprint(name).kind)
        return str(created.get("connector_id"))

    def sample(self, name: str, **changed: Json) -> dict[str, Json]:
        """The parameters with which the guide asks such a model, some of them changed."""
        return {**self._bench.blueprint(name).sample, **changed}

    def predict(self, name: str, own: str = "", /, **changed: Json) -> Exchange:
        """Ask a shared model (or by its id the check's `own`) as the guide does, with some parameters changed."""
        if own:
            self._asks("predict", name)
        return self.ml.predict(own or self.model(name).model_id, self.sample(name, **changed))

    def tensor(self, exchange: Exchange) -> Mapping[str, Json]:
        """The first tensor of a successful answer. Raises Failure where there is none."""
        found = self.ok(exchange).get("inference_results", 0, "output", 0)
        self.holds(
            isinstance(found, dict), "inference_results[0].output[0]", expected=said("expect.tensor"), actual=found
        )
        return found  # type: ignore[no-any-return]

    def asking_as(self, who: str) -> Asker:
        """The cluster as NOBODY, a STRANGER or the READER asks it."""
        if who not in self._others:
            self._others[who] = self._bench.cluster_as(who)
            self._others[who].listen(self.heard)
        self._others[who].patience = self.ml.client.patience
        return self._others[who]

    def settings(self) -> Snapshot:
        """The cluster's settings as they are now."""
        return self._bench.guest.read()

    def settings_changed(self, changes: Mapping[str, Json]) -> Any:
        """A context manager inside which these persistent settings have these values (None clears one).

        All processes that ask what depends on settings wait for its end: do inside only what must be done there.
        """
        return self._bench.guest.changed(changes)

    def trusting(self, *patterns: str) -> Any:
        """A context manager inside which patterns stand at the end of the trusted list: patterns of URLs that nobody
        else asks for, since nobody waits for its end."""
        return self._bench.guest.trusting(*patterns)

    def finish(self, *, failed: bool) -> list[str]:
        """Remove what the check created, unless the run keeps it; a sentence for each thing that is left."""
        for asker in (self._direct, *self._others.values()):
            if asker:
                asker.close()
        left, self._left = self._left, []
        return [*left, *(self._bench.release(self._provisioner, failed=failed) if self._provisioner else [])]

    def undo(self) -> None:
        """Remove now what the check has created so far, before it creates more; what is left is told in the end."""
        if self._provisioner is not None:
            self._left += self._provisioner.undo()

    # --- the service side ------------------------------------------------------------------------------------

    def ask_service(
        self, name: str, *, method: str = "POST", key: str | None = None, path: str = "", raw: bytes | None = None,
        **changed: Json,
    ) -> Exchange:  # fmt: skip
        """Ask the service under judgement itself, as the connector of a blueprint's name would; `changed` replaces or
        (None) leaves out fields of the body. Raises NotApplicable where this machine cannot reach it."""
        self._asks("service", name)
        blueprint = self._bench.blueprint(name)
        body = {field: value for field, value in {**blueprint.request(), **changed}.items() if value is not None}
        secret = self.service.key.reveal() if key is None else key
        self._direct = self._direct or self._bench.direct()
        self._direct.patience = self.ml.client.patience
        self._direct.who = "" if key is None else f"{KEY}{key}"
        try:
            exchange = self._direct.request(
                method, f"{self.service.url}{path or blueprint.path}", None if method == "GET" else body, raw=raw,
                headers={"authorization": f"Bearer {secret}"} if secret else {},
            )  # fmt: skip
        except NoAnswer as error:
            if error.kind in UNREACHABLE:
                raise NotApplicable(said("service-unreachable", error=error.args[0])) from None
            raise
        self.heard(exchange)
        return exchange

    def whatever_comes(self, ask: Callable[[], Exchange]) -> Exchange:
        """The exchange, also where no answer came."""
        try:
            return ask()
        except NoAnswer as error:
            return error.exchange

    def found(self, exchange: Exchange, path: str) -> list[Json]:
        """All values at a JSONPath of the answer, as ML Commons' functions would find them."""
        return find(exchange.json, path)

    @contextmanager
    def watching(self, kind: str) -> Iterator[Seen]:
        """Look at the requests of one kind that reach the built-in mock meanwhile, and after."""
        observer = self._bench.observer
        before = observer.received
        yield Seen(lambda: observer.calls(kind, before), kind)

    @contextmanager
    def service_fault(self, name: str, **parameters: Json) -> Iterator[Any]:
        """A context manager inside which the built-in mock has the named fault; nothing is asked again meanwhile."""
        patience = self.ml.client.patience
        before, patience.most = patience.most, 0
        self._stages("POST", {"name": name, "params": parameters})
        try:
            with self._bench.observer.fault(name, **parameters) as fault:
                yield fault
        finally:
            patience.most = before
            self._stages("DELETE", None)

    def _stages(self, method: str, body: Json) -> None:
        """Keep how the mock was told to misbehave, as whoever repeats the check by hand must tell it."""
        sent = None if body is None else json.dumps(body).encode()
        self.acts.append(Exchange(method, f"{self.observed_service.url}{PREFIX}faults", sent, who=STAGE))


#: Troubles that say of a service that only the cluster may reach it.
UNREACHABLE = ("unknown-host", "refused", "unreachable")
#: Which requirement says that the way to a model must work, by the stage at which making one failed.
FOUNDATIONS = {
    "connector": "connectors.guide-{kind}-created",
    "register": "register.guide-{kind}-answer",
    "deploy": "deploy.answer-shape",
    "state": "deploy.reaches-deployed",
}


def blocked_by(error: ProvisionError, kind: str) -> Blocked:
    """The requirement that did not hold when a model could not be made."""
    return Blocked(FOUNDATIONS[error.stage].format(kind=kind), error.args[0], [error.exchange])


def patterns_of(ctx: Context) -> list[str]:
    """The trusted patterns in force."""
    return list(ctx.settings().effective(TRUSTED) or ())
