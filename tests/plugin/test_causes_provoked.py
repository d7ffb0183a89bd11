"""Users' known failures (C1-C30), provoked on the built-in servers: the right cause is named first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from polarsearch_mock.certificates import Certificates
from polarsearch_mock.messages import Reply, Request
from polarsearch_mock.serving import ThreadedServer

from pytest_polarsearch.blueprints import BLUEPRINTS, Endpoint
from pytest_polarsearch.exchange import Exchange
from pytest_polarsearch.judging.diagnosis import causes, diagnose
from pytest_polarsearch.judging.verdicts import Judgement, Verdict
from pytest_polarsearch.opening import open_run
from pytest_polarsearch.provision.cluster_settings import AUTO_DEPLOY, PRIVATE_IP, TRUSTED
from pytest_polarsearch.provision.naming import new_run_id
from pytest_polarsearch.requirements.registry import load
from pytest_polarsearch.run import Part, Run
from pytest_polarsearch.selftest.bench import judge_under
from pytest_polarsearch.settings import resolve

PRIVATE_LIST = "plugins.ml_commons.trusted_connector_private_endpoints_regex"
SETTINGS = resolve(lambda _: None, lambda _: None, {})


class Clumsy:
    """Somebody who goes the guide's way, with one slip."""

    def __init__(self, run: Run) -> None:
        self.run, self.ml = run, run.ml

    def connector(self, name: str = "embedding", endpoint: Endpoint | None = None, **slips: object) -> Exchange:
        """Create a connector; slips named as an action's fields go there, the others to the top."""
        body = BLUEPRINTS[name].connector(endpoint or self.run.service)
        action = body["actions"][0]
        for field, value in slips.items():
            place = action if field in ("url", "request_body", "post_process_function", "headers") else body
            place[field] = {**body[field], **value} if field == "parameters" else value
        body["actions"] = [{key: value for key, value in action.items() if value is not None}]
        return self.ml.create_connector({key: value for key, value in body.items() if value is not None})

    def model(self, *names: str, **slips: object) -> str:
        """Deploy a model over a connector with slips."""
        created = self.connector(*names, **slips)
        body = {"name": "clumsy", "function_name": "remote", "connector_id": created.get("connector_id")}
        model = self.ml.register(body).get("model_id")
        self.ml.deploy(model)
        return str(model)

    def ask(self, *names: str, texts: object = ("a",), **slips: object) -> Exchange:
        """Ask a new embedding model."""
        return self.ml.predict(self.model(*names, **slips), {"input": list(texts)})

    def ask_at(self, endpoint: str) -> Exchange:
        """Ask at another endpoint, trusted like every other."""
        return self.having({TRUSTED: ["^.*$"]}, lambda: self.ask(parameters={"endpoint": endpoint}))

    def ask_under(self, fault: str, **parameters: object) -> Exchange:
        """Ask while the service has a fault."""
        model = self.model()
        with self.run.observer.fault(fault, **parameters):
            return self.ml.predict(model, {"input": ["a"]})

    def rerank_under(self, fault: str) -> Exchange:
        """Ask for similarities while the service has a fault."""
        model = self.model("rerank.flat")
        with self.run.observer.fault(fault):
            return self.ml.predict_as("text_similarity", model, {"query_text": "q", "text_docs": ["a", "b", "c"]})

    def having(self, settings: dict[str, object], act: Callable[[], Exchange]) -> Exchange:
        """Act while settings are changed."""
        with self.run.guest.changed(settings):
            return act()


def _literal_url(who: Clumsy) -> Exchange:
    return who.ask(url="http://${parameters.endpoint}/${credential.api_key}")


def _in_use(who: Clumsy) -> Exchange:
    created = who.connector().get("connector_id")
    model = who.ml.register({"name": "clumsy", "function_name": "remote", "connector_id": created}).get("model_id")
    who.ml.deploy(model)
    return who.ml.delete_connector(created)


def _changed_in_use(who: Clumsy) -> Exchange:
    created = who.connector().get("connector_id")
    model = who.ml.register({"name": "clumsy", "function_name": "remote", "connector_id": created}).get("model_id")
    who.ml.deploy(model)
    return who.ml.update_connector(created, {"parameters": {"model": "other"}})


def _not_deployed(who: Clumsy) -> Exchange:
    created = who.connector().get("connector_id")
    model = who.ml.register({"name": "clumsy", "function_name": "remote", "connector_id": created}).get("model_id")
    return who.having({AUTO_DEPLOY: False}, lambda: who.ml.predict(model, {"input": ["a"]}))


async def _never(_: Request) -> Reply:
    raise LookupError("nobody comes so far")


def _self_signed(who: Clumsy) -> Exchange:
    with Certificates() as certificates, closing_server(certificates) as netloc:
        place = Endpoint("https", netloc, who.run.service.key)
        return who.having({TRUSTED: ["^https://.*$"]}, lambda: who.ask(endpoint=place))


@contextmanager
def closing_server(certificates: Certificates) -> Iterator[str]:
    """A TLS server with a certificate that nobody knows; gives its netloc."""
    server = ThreadedServer(_never, tls=certificates.server)
    server.start()
    try:
        yield server.url.partition("://")[2]
    finally:
        server.stop()


def _slow(who: Clumsy) -> Exchange:
    model = who.model(client_config={"read_timeout": 1, "connection_timeout": 1})
    with who.run.observer.fault("latency", seconds=30):
        return who.ml.predict(model, {"input": ["a"]})


def _plain_under_https(who: Clumsy) -> Exchange:
    url = "https://${parameters.endpoint}/compatible-mode/v1/embeddings"
    return who.having({TRUSTED: ["^https://.*$"]}, lambda: who.ask(url=url))


#: Known failure, cause that must be named first, how it is provoked.
PROVOKED: tuple[tuple[str, str, Callable[[Clumsy], Exchange]], ...] = (
    ("C1", "untrusted", lambda who: who.connector(url="http://elsewhere.example/v1/embeddings")),
    ("C1", "misspelt-setting", lambda who: who.ml.change_settings(persistent={TRUSTED[:-1]: ["^.*$"]})),
    ("C2", "broken-pattern", lambda who: who.having({TRUSTED: ["^http://ep-***.x/.*$"]}, who.connector)),
    ("C2", "scheme-mismatch", _plain_under_https),
    ("C3", "private-ip", lambda who: who.having({PRIVATE_IP: False}, who.ask)),
    ("C4", "private-list", lambda who: who.ml.change_settings(persistent={PRIVATE_LIST: ["^.*$"]})),
    ("C5", "payload", lambda who: who.ml.predict(who.model(), {"inputs": ["a"]})),
    ("C5", "placeholder", lambda who: who.ask(request_body='{"model": "${parameters.modell}", "input": ["a"]}')),
    ("C7", "payload", lambda who: who.ask(request_body='{"model": "m", "input": "${parameters.input}"}')),
    ("C8", "key", lambda who: who.ask(credential={"api_key": "${YOUR_API_KEY}"})),
    ("C8", "misplaced-placeholder", _literal_url),
    ("C8", "misspelt-url", lambda who: who.connector(url=None, uri="http://x/y")),
    ("C10", "throttled", lambda who: who.ask_under("Throttling")),
    ("C11", "slow", _slow),
    ("C12", "batch", lambda who: who.ask(texts=["a"] * 11)),
    ("C13", "other-dialect", lambda who: who.ask(url="http://${parameters.endpoint}/v1/embeddings")),
    ("C14", "rerank-short", lambda who: who.rerank_under("dropped-document")),
    ("C15", "integer-score", lambda who: who.rerank_under("integer-scores")),
    ("C18", "empty-answer", lambda who: who.ask_under("empty-body")),
    ("C18", "error-page", lambda who: who.ask_under("html-error-page")),
    ("C20", "script", lambda who: who.ask(post_process_function="connector.post_process.openai.embeding")),
    ("C20", "post-function", lambda who: who.ask(post_process_function="connector.post_process.cohere.rerank")),
    ("C21", "connector-in-use", _in_use),
    ("C21", "model-deployed", lambda who: who.ml.delete_model(who.model())),
    ("C22", "update-in-use", _changed_in_use),
    ("C23", "not-deployed", _not_deployed),
    ("C24", "unknown-model", lambda who: who.ask(parameters={"model": "text-embedding-v99"})),
    ("C24", "unreachable-service", lambda who: who.ask(parameters={"endpoint": "127.0.0.1:1"})),
    ("C26", "self-signed", _self_signed),
    ("C27", "arrears", lambda who: who.ask_under("Arrearage")),
    ("C27", "content", lambda who: who.ask_under("DataInspectionFailed")),
    ("C27", "service-denied", lambda who: who.ask_under("Model.AccessDenied")),
    ("C30", "scheme-twice", lambda who: who.ask_at(f"http://{who.run.service.netloc}")),
    ("C30", "unknown-host", lambda who: who.ask_at("nowhere.invalid")),
)  # fmt: skip
#: Failures without words of their own: the requirement that breaks under a fault tells them.
BROKEN = {
    "C6": ("substitution.quotes-survive", "mlcommons.quotes-lost", "unescaped"),
    "C9": ("connectors.credential-hidden-in-get", "mlcommons.credential-in-get", "secret-shown"),
    "C16": ("embeddings.rows-in-order", "dashscope.shuffled-rows", "rows-shuffled"),
    "C17": ("embeddings.dimensions-honoured", "dashscope.wrong-dimension", "dimension"),
    "C25": ("predict.chat-content", "mlcommons.chat-answer-lost", "chat-shape"),
}
#: Not provoked: a row that only says what the target does (C19), two key stores (C28), what SDKs send (C29).
UNPROVOKED = {"C19", "C28", "C29"}


@pytest.fixture(scope="module")
def who() -> Iterator[Clumsy]:
    """A clumsy user of the built-in pair."""
    with ExitStack() as stack:
        yield Clumsy(stack.enter_context(open_run(SETTINGS, Part(new_run_id()), lambda _: True)))


@pytest.mark.parametrize(("known", "cause", "provoke"), PROVOKED, ids=[f"{row[0]}-{row[1]}" for row in PROVOKED])
def test_a_provoked_failure_is_named_by_its_cause(who, known, cause, provoke):
    """The first cause of the answer that a user would get is the one that explains it."""
    answer = provoke(who)
    assert not answer.ok
    found = diagnose(Judgement("x", "MUST", Verdict.FAIL, exchanges=(answer,)))
    assert [found[0].id, known in found[0].refers] == [cause, True]


@pytest.mark.parametrize("known", BROKEN)
def test_a_silent_failure_is_named_by_the_requirement_that_broke(known):
    """Nothing is refused and nothing told: the judgement itself names the cause."""
    requirement, fault, cause = BROKEN[known]
    judged = judge_under(SETTINGS, fault, [requirement])[requirement]
    assert judged.causes[0] == cause
    assert known in causes()[cause].refers


def test_no_known_failure_is_forgotten():
    """C1 to C30 are provoked, or stand among those that cannot be."""
    shown = {row[0] for row in PROVOKED} | set(BROKEN) | UNPROVOKED
    assert shown == {f"C{number}" for number in range(1, 31)}
    assert {row[1] for row in PROVOKED} | {row[2] for row in BROKEN.values()} <= causes().keys()
    assert {row[0] for row in BROKEN.values()} <= load().keys()
