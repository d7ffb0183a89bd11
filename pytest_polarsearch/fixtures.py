"""The fixtures: lazy, prefixed, removed at their end. They load nothing heavy until a test asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from .plugin import holder_of, settings_of

if TYPE_CHECKING:
    from polarsearch_mock import DashScopeMock

    from .blueprints import Blueprint
    from .provision.lifecycle import Model
    from .run import Run
    from .session.cases import Case
    from .settings import Settings
    from .verbs import MlCommons


@pytest.fixture(scope="session")
def polarsearch_settings(pytestconfig: pytest.Config) -> Settings:
    """The settings of the run, each with the place it came from."""
    return settings_of(pytestconfig)


@pytest.fixture(scope="session")
def polarsearch_cluster(pytestconfig: pytest.Config) -> Iterator[Run]:
    """The cluster under test (`.target.url`, `.engine`, `.service`); what was made on it is removed at the end."""
    with holder_of(pytestconfig).using() as run:
        yield run


@pytest.fixture(scope="session")
def polarsearch_client(polarsearch_cluster: Run) -> MlCommons:
    """The verbs of ML Commons on the cluster; every call gives an Exchange."""
    return polarsearch_cluster.ml


@pytest.fixture
def polarsearch_dashscope(polarsearch_cluster: Run) -> Iterator[DashScopeMock]:
    """The built-in DashScope mock, cleared before and after the test, with pytest-httpserver's API.

    Requests that nothing answers fail the test that caused them.
    """
    mock = polarsearch_cluster.observer
    mock.clear()
    yield mock
    try:
        mock.check()
    finally:
        mock.clear()


@pytest.fixture(scope="session")
def polarsearch_embedding_model(polarsearch_model_factory: Callable[[str], Model]) -> Model:
    """A deployed embedding model, as the guide makes it."""
    return polarsearch_model_factory("embedding")


@pytest.fixture(scope="session")
def polarsearch_rerank_model(polarsearch_model_factory: Callable[[str], Model]) -> Model:
    """A deployed rerank model, as the guide makes it."""
    return polarsearch_model_factory("rerank")


@pytest.fixture(scope="session")
def polarsearch_chat_model(polarsearch_model_factory: Callable[[str], Model]) -> Model:
    """A deployed chat model, as the guide makes it."""
    return polarsearch_model_factory("chat")


@pytest.fixture(scope="session")
def polarsearch_model_factory(polarsearch_cluster: Run, pytestconfig: pytest.Config) -> Callable[..., Model]:
    """Makes deployed models: by the name of a blueprint (one a session), or of a `Blueprint` with connector fields."""
    from .session.models import model_factory

    return model_factory(pytestconfig, polarsearch_cluster)


@pytest.fixture
def polarsearch_tmp_model(pytestconfig: pytest.Config, polarsearch_cluster: Run) -> Iterator[Callable[..., Model]]:
    """Makes deployed models for this test alone: `polarsearch_tmp_model(blueprint, **connector_fields)`."""
    from .session.models import temporary_models

    with temporary_models(pytestconfig, polarsearch_cluster) as make:
        yield make


@pytest.fixture
def polarsearch_check(request: pytest.FixtureRequest, polarsearch_cluster: Run) -> Case:
    """One requirement with its check, to be called; parametrised over all that are judged."""
    from .session.cases import Case

    return Case(request.node, polarsearch_cluster, *request.param)


@pytest.fixture(scope="session")
def opensearch_client(polarsearch_cluster: Run) -> Iterator[Any]:
    """An `opensearchpy.OpenSearch` on the cluster, with the run's account and trust; needs opensearch-py."""
    from .session.sdk import opensearch_client as opened

    with opened(polarsearch_cluster) as client:
        yield client


def model_fixture(blueprint: Blueprint | str, *, scope: Any = "session", name: str | None = None, **fields: Any) -> Any:
    """A fixture that gives a deployed model of its own: `my_model = model_fixture(EMBEDDING, scope="module")`."""

    @pytest.fixture(scope=scope, name=name)
    def made(pytestconfig: pytest.Config, polarsearch_cluster: Run) -> Iterator[Model]:
        from .session.models import temporary_models

        with temporary_models(pytestconfig, polarsearch_cluster) as make:
            yield make(blueprint, **fields)

    return made


def connector_fixture(
    blueprint: Blueprint | str, *, scope: Any = "session", name: str | None = None, **fields: Any
) -> Any:
    """A fixture that gives the id of a connector of its own: `mine = connector_fixture("chat", scope="function")`."""

    @pytest.fixture(scope=scope, name=name)
    def made(pytestconfig: pytest.Config, polarsearch_cluster: Run) -> Iterator[str]:
        from .session.models import temporary_connector

        with temporary_connector(pytestconfig, polarsearch_cluster, blueprint, **fields) as connector:
            yield connector

    return made
