"""The hooks that other plugins and conftest files may implement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .blueprints import Blueprint
    from .checks.contract import Check
    from .provision.lifecycle import Model
    from .requirements.registry import Requirement


@pytest.hookspec
def pytest_polarsearch_blueprints(config: pytest.Config) -> dict[str, Blueprint]:  # type: ignore[empty-body]
    """More blueprints, by the name under which `polarsearch_model_factory` makes a model of each."""


@pytest.hookspec
def pytest_polarsearch_checks(config: pytest.Config) -> Iterable[tuple[Requirement, Check]]:  # type: ignore[empty-body]
    """More requirements with their checks; their ids must be new."""


@pytest.hookspec
def pytest_polarsearch_provisioned(config: pytest.Config, model: Model) -> None:
    """A fixture has made a model."""


@pytest.hookspec
def pytest_polarsearch_leaked(config: pytest.Config, left: Sequence[str]) -> None:
    """The run is over and could not remove all it made; a sentence for each thing that is left."""
