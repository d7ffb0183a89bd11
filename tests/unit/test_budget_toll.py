"""The toll before the model service: how many calls, how fast, over all processes; which requests are such calls."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from pytest_polarsearch.client import Client, NoAnswer
from pytest_polarsearch.judging.budget import BudgetSpent, Gates, Meter, Toll, toll_for
from pytest_polarsearch.requirements.prices import Price, load_prices, total

from .standins import answer, closed_port, cluster, exchange, refusal, settings

NETLOC = "service.example:8080"


@dataclass
class FakeClock:
    """Time that passes only where somebody waits."""

    time: float = 100.0
    pauses: list[float] = field(default_factory=list)

    def now(self) -> float:
        """The time."""
        return self.time

    def pause(self, seconds: float) -> None:
        """Let it pass."""
        self.pauses.append(round(seconds, 3))
        self.time += seconds


def test_no_call_passes_beyond_the_budget(tmp_path):
    """Three calls of three, then a sentence that names the option; what is afforded is what is left."""
    toll = Toll(tmp_path / "toll", FakeClock(), budget=3)
    for _ in range(3):
        toll.pay()
    with pytest.raises(BudgetSpent, match="--polarsearch-budget 3 does not allow"):
        toll.pay()
    assert (toll.spent, toll.affords(0), toll.affords(1)) == (3, True, False)


def test_calls_keep_their_distance(tmp_path):
    """Four calls a second: the first at once, each further a quarter of a second after the one before."""
    clock = FakeClock()
    toll = Toll(tmp_path / "toll", clock, rate=4)
    for _ in range(4):
        toll.pay()
    assert clock.pauses == [0.25, 0.25, 0.25]


def test_without_a_rate_nobody_waits(tmp_path):
    """A budget alone costs no time."""
    clock = FakeClock()
    toll = Toll(tmp_path / "toll", clock, budget=9)
    for _ in range(4):
        toll.pay()
    assert clock.pauses == []


def test_processes_share_one_toll(tmp_path):
    """Two workers with one file draw from one budget, and take turns."""
    one, other = FakeClock(), FakeClock()
    first, second = (Toll(tmp_path / "toll", clock, budget=3, rate=2) for clock in (one, other))
    first.pay()
    second.pay()
    first.pay()
    assert (one.pauses, other.pauses) == ([1.0], [0.5])
    assert second.spent == 3
    assert not second.affords(1)


def test_many_at_once_never_spend_more(tmp_path):
    """Eight threads with tolls of their own, forty tries, a budget of ten: exactly ten pass."""
    passed: list[int] = []

    def work() -> None:
        toll = Toll(tmp_path / "toll", FakeClock(), budget=10)
        for _ in range(5):
            try:
                toll.pay()
            except BudgetSpent:
                continue
            passed.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(passed) == 10


def test_a_run_leaves_no_file(tmp_path):
    """What was counted is forgotten with the run."""
    toll = Toll(tmp_path / "toll", FakeClock(), budget=3)
    toll.pay()
    toll.close()
    toll.close()
    assert list(tmp_path.iterdir()) == []


def test_without_limits_nothing_is_counted():
    """No option, no toll; either one makes it."""
    assert toll_for(settings(), "run") is None
    assert toll_for(settings(rate="2"), "run").rate == 2
    assert toll_for(settings(budget="0"), "run").budget == 0


def created(body: object, **answer: str):
    """A creation that was answered with ids."""
    return exchange("POST /_plugins/_ml/connectors/_create", body, got=answer)


def predict(model: str, body: object = None):
    """A predict."""
    return exchange(f"POST /_plugins/_ml/models/{model}/_predict", body)


def test_a_predict_counts_where_its_model_was_made_for_the_service():
    """From connector to model to predict, by the ids that the cluster gave; another service's models do not count."""
    meter = Meter(NETLOC)
    meter.hear(created({"parameters": {"endpoint": NETLOC}}, connector_id="connector-1"))
    meter.hear(created({"parameters": {"endpoint": NETLOC + "0"}}, connector_id="connector-2"))
    for number in ("1", "2"):
        sent = {"connector_id": f"connector-{number}"}
        meter.hear(exchange("POST /_plugins/_ml/models/_register", sent, got={"model_id": f"model-{number}"}))
    assert meter.reaches(predict("model-1"))
    assert meter.reaches(exchange("POST /_plugins/_ml/_predict/text_embedding/model-1?x=y"))
    assert not meter.reaches(predict("model-2"))
    assert not meter.reaches(exchange("GET /_plugins/_ml/models/model-1"))


def test_a_predict_counts_where_it_is_turned_to_the_service():
    """An endpoint among the parameters, and a connector that is changed."""
    meter = Meter(NETLOC)
    assert meter.reaches(predict("any", {"parameters": {"endpoint": NETLOC}}))
    meter.hear(exchange("PUT /_plugins/_ml/connectors/connector-3", {"parameters": {"endpoint": NETLOC}}))
    meter.hear(exchange("POST /_plugins/_ml/models/_register", {"connector_id": "connector-3"}, got={"model_id": "m"}))
    assert meter.reaches(predict("m"))
    meter.hear(exchange("POST /_plugins/_ml/models/_register", {"connector_id": "connector-4"}, got={"model_id": "n"}))
    assert not meter.reaches(predict("n"))


MODEL = "/_plugins/_ml/models/model-1/_predict"
REPLIES = {
    "POST /_plugins/_ml/connectors/_create": answer(200, {"connector_id": "connector-1"}),
    "POST /_plugins/_ml/models/_register": answer(200, {"model_id": "model-1"}),
    f"POST {MODEL}": [refusal(400, "illegal_argument_exception", "not ready"), answer(200, {})],
}


def two_predicts(toll, sent=None):
    """A predict that the cluster refuses, and one that it answers, of a model that is made for the service."""
    with cluster(REPLIES) as (_, ml):
        Gates(toll, Meter(NETLOC), sent).before_cluster(ml.client)
        ml.create_connector({"parameters": {"endpoint": NETLOC}})
        ml.request("POST", "/_plugins/_ml/models/_register", {"connector_id": "connector-1"})
        return [ml.request("POST", MODEL, {}).status for _ in range(2)]


def test_what_the_cluster_refuses_itself_is_no_call_where_that_is_seen(tmp_path):
    """A budget of one is enough where one of two predicts leaves the cluster; one that asks twice pays twice."""
    toll = Toll(tmp_path / "toll", FakeClock(), budget=1)
    assert two_predicts(toll, iter([0, 1]).__next__) == [400, 200]
    assert toll.spent == 1
    twice = Toll(tmp_path / "twice", FakeClock(), budget=9)
    two_predicts(twice, iter([2, 1]).__next__)
    assert twice.spent == 3


def test_what_nobody_sees_is_counted(tmp_path):
    """Without sight of what the cluster asks, both count: a budget of one lets only the first through."""
    toll = Toll(tmp_path / "toll", FakeClock(), budget=2)
    two_predicts(toll)
    assert toll.spent == 2
    with pytest.raises(BudgetSpent):
        two_predicts(Toll(tmp_path / "one", FakeClock(), budget=1))


def test_a_connection_that_was_not_made_costs_nothing(tmp_path):
    """Nobody listens, neither at the cluster nor at the service: nothing was sent, nothing is counted."""
    toll = Toll(tmp_path / "toll", FakeClock(), budget=1)
    gates = Gates(toll, Meter(NETLOC))
    for stand, body in ((gates.before_service, {}), (gates.before_cluster, {"parameters": {"endpoint": NETLOC}})):
        with closing(Client(f"http://127.0.0.1:{closed_port()}")) as client:
            stand(client)
            with pytest.raises(NoAnswer):
                client.request("POST", MODEL, body)
        assert toll.spent == 0


def test_refusals_and_nonsense_teach_nothing():
    """Only what was made is known."""
    meter = Meter(NETLOC)
    meter.hear(exchange("POST /x/connectors/_create", {"endpoint": NETLOC}, status=400, got={"connector_id": "c"}))
    meter.hear(exchange("POST /x/connectors/_create", {"endpoint": NETLOC}, got=b"no JSON"))
    assert not meter.reaches(predict("c"))


def test_prices_add_up():
    """A total is the sum of calls and of tokens; what costs nothing counts for nothing."""
    plan = load_prices()
    one, other = sorted(plan)[:2]
    both = total([one, other, "settings.auto-deploy-shown"])
    assert both == Price(plan[one].calls + plan[other].calls, plan[one].tokens + plan[other].tokens)
