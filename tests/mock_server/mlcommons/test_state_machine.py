"""Random lifecycles against a small model of the rules that knows nothing of the emulator's own code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from polarsearch_mock.mlcommons import models as models_module
from polarsearch_mock.mlcommons.app import Emulator
from polarsearch_mock.serving import ThreadedServer

from .asking import ML, OPEN, Asking, echo

ENGINES = ("2.19", "3.3", "3.4")
_SETTINGS = settings(
    max_examples=200, stateful_step_count=12, deadline=None, derandomize=True, database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@dataclass
class ModelRules:
    """What the rules say of one model."""

    connector: str
    state: str = "REGISTERED"
    running: bool = False
    enabled: bool = True
    opted_out: bool = False


@dataclass
class Rules:
    """The rules of a cluster with remote models, in as few words as they take."""

    auto_deploy: bool = True
    connectors: set[str] = field(default_factory=set)
    models: dict[str, ModelRules] = field(default_factory=dict)

    def using(self, connector: str) -> list[ModelRules]:
        return [model for model in self.models.values() if model.connector == connector]


class Lifecycles(RuleBasedStateMachine):
    engine: ClassVar[str] = "3.3"
    endpoint: ClassVar[str] = ""
    connectors: Bundle[str] = Bundle("connectors")
    models: Bundle[str] = Bundle("models")

    def __init__(self) -> None:
        super().__init__()
        self.ask = Asking(Emulator(self.engine))
        self.rules = Rules()
        assert self.ask("PUT", "/_cluster/settings", OPEN).status == 200

    def teardown(self) -> None:
        self.ask.close()

    @rule(target=connectors)
    def create(self) -> str:
        key = self.ask.connector(self.endpoint)
        self.rules.connectors.add(key)
        return key

    @rule(connector=connectors)
    def update_connector(self, connector: str) -> None:
        answer = self.ask("PUT", f"{ML}/connectors/{connector}", {"description": "again"})
        running = any(model.running for model in self.rules.using(connector))
        known = connector in self.rules.connectors
        assert answer.status == (404 if not known else 400 if running else 200)

    @rule(connector=connectors)
    def delete_connector(self, connector: str) -> None:
        answer = self.ask("DELETE", f"{ML}/connectors/{connector}")
        if self.rules.using(connector):
            assert answer.status == 409
            return
        result = "deleted" if connector in self.rules.connectors else "not_found"
        assert (answer.status, answer.body["result"]) == (200, result)
        self.rules.connectors.discard(connector)

    @rule(target=models, connector=connectors, opted_out=st.booleans())
    def register(self, connector: str, opted_out: bool) -> object:
        body = {"name": "m", "function_name": "remote", "connector_id": connector}
        setting = {"deploy_setting": {"is_auto_deploy_enabled": not opted_out}}
        answer = self.ask("POST", f"{ML}/models/_register", {**body, **setting})
        if connector not in self.rules.connectors:
            assert answer.status == 404
            return multiple()
        assert answer.status == 200
        self.rules.models[answer.body["model_id"]] = ModelRules(connector, opted_out=opted_out)
        return answer.body["model_id"]

    @rule(model=models)
    def deploy(self, model: str) -> None:
        answer = self.ask("POST", f"{ML}/models/{model}/_deploy")
        known = self.rules.models.get(model)
        assert answer.status == (200 if known else 404)
        if known:
            assert answer.body["status"] == "COMPLETED"
            known.state, known.running = "DEPLOYED", True

    @rule(model=models)
    def undeploy(self, model: str) -> None:
        answer = self.ask("POST", f"{ML}/models/{model}/_undeploy")
        known = self.rules.models.get(model)
        assert answer.status == (200 if known else 404)
        if known:
            (node,) = answer.body.values()
            assert node == {"stats": {model: "undeployed" if known.running else "not_found"}}
            known.state, known.running = "UNDEPLOYED", False

    @rule(model=models)
    def predict(self, model: str) -> None:
        answer = self.ask("POST", f"{ML}/models/{model}/_predict", {"parameters": {}})
        known = self.rules.models.get(model)
        if known is None:
            assert answer.status == 404
        elif known.running and not known.enabled:
            assert answer.status == 403
        elif known.running or (self.rules.auto_deploy and not known.opted_out):
            assert answer.status == 200
            known.state, known.running = "DEPLOYED", True
        else:
            assert answer.status == 400

    @rule(model=models, enabled=st.booleans())
    def switch(self, model: str, enabled: bool) -> None:
        answer = self.ask("PUT", f"{ML}/models/{model}", {"is_enabled": enabled})
        known = self.rules.models.get(model)
        assert answer.status == (200 if known else 404)
        if known:
            known.enabled = enabled

    @rule(model=consumes(models))
    def delete_model(self, model: str) -> None:
        answer = self.ask("DELETE", f"{ML}/models/{model}")
        known = self.rules.models.get(model)
        assert answer.status == (404 if known is None else 400 if known.state == "DEPLOYED" else 200)
        if known and known.state != "DEPLOYED":
            del self.rules.models[model]

    @rule(on=st.booleans())
    def set_auto_deploy(self, on: bool) -> None:
        setting = {"plugins.ml_commons.model_auto_deploy.enable": on}
        assert self.ask("PUT", "/_cluster/settings", {"persistent": setting}).status == 200
        self.rules.auto_deploy = on

    @invariant()
    def states_agree(self) -> None:
        for key, known in self.rules.models.items():
            assert self.ask("GET", f"{ML}/models/{key}").body["model_state"] == known.state

    @invariant()
    def counts_agree(self) -> None:
        for kind, known in (("connectors", self.rules.connectors), ("models", self.rules.models)):
            found = self.ask("POST", f"{ML}/{kind}/_search", {"size": 0})
            assert found.body["hits"]["total"]["value"] == len(known)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Where a model service listens."""
    server = ThreadedServer(echo)
    server.start()
    yield server.url.removeprefix("http://")
    server.stop()


def _machine(engine: str, endpoint: str) -> type[Lifecycles]:
    return type("Machine", (Lifecycles,), {"engine": engine, "endpoint": endpoint})


@pytest.mark.parametrize("engine", ENGINES)
def test_random_lifecycles_keep_to_the_rules(engine: str, endpoint: str) -> None:
    """Whatever the order of calls, every answer is what the rules say."""
    run_state_machine_as_test(_machine(engine, endpoint), settings=_SETTINGS)


def test_a_broken_rule_is_found(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An emulator that deletes deployed models is caught."""
    monkeypatch.setattr(models_module, "_UNDELETABLE", ())
    with pytest.raises(AssertionError):
        run_state_machine_as_test(_machine("3.3", endpoint), settings=_SETTINGS)
