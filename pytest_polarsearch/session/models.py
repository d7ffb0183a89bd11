"""Models and connectors for fixtures: made of our blueprints and of those that hooks add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from ..blueprints import Blueprint
from ..provision.lifecycle import Model, ProvisionError
from ..run import Run
from .holder import failures


def _blueprints(config: pytest.Config, run: Run) -> dict[str, Blueprint]:
    """Ours, as the vendor's profile says, and those that hooks add."""
    known = dict(run.profile.blueprints)
    for given in config.hook.pytest_polarsearch_blueprints(config=config):
        known.update(given)
    return known


def _chosen(known: Mapping[str, Blueprint], blueprint: str | Blueprint) -> Blueprint:
    if isinstance(blueprint, Blueprint):
        return blueprint
    if blueprint not in known:
        raise LookupError(f"there is no blueprint {blueprint!r}; there are {', '.join(known)}")
    return known[blueprint]


def model_factory(config: pytest.Config, run: Run) -> Callable[..., Model]:
    """Makes models for the session, of our blueprints and of those that hooks add."""
    known = _blueprints(config, run)

    def make(blueprint: str | Blueprint, **connector_fields: Any) -> Model:
        chosen = _chosen(known, blueprint)
        if isinstance(blueprint, str) and chosen is run.profile.blueprints.get(blueprint) and not connector_fields:
            model = run.shared_model(blueprint)
        else:
            model = run.make_model(chosen, **connector_fields)
        config.hook.pytest_polarsearch_provisioned(config=config, model=model)
        return model

    return make


@contextmanager
def temporary_models(config: pytest.Config, run: Run) -> Iterator[Callable[..., Model]]:
    """Makes models that are gone when this ends, unless a test has failed meanwhile and the run keeps such."""
    scratch, known, before = run.scratch(), _blueprints(config, run), failures(config)

    def make(blueprint: str | Blueprint, **connector_fields: Any) -> Model:
        model = scratch.model(_chosen(known, blueprint), run.service, **connector_fields)
        config.hook.pytest_polarsearch_provisioned(config=config, model=model)
        return model

    try:
        yield make
    finally:
        run.release(scratch, failed=failures(config) > before)


@contextmanager
def temporary_connector(config: pytest.Config, run: Run, blueprint: str | Blueprint, **fields: Any) -> Iterator[str]:
    """The id of a connector that is gone when this ends, unless a test has failed meanwhile and the run keeps such.

    Raises ProvisionError where the cluster refuses it.
    """
    scratch, before = run.scratch(), failures(config)
    created = scratch.connector(_chosen(_blueprints(config, run), blueprint).connector(run.service, **fields))
    try:
        if not created.get("connector_id"):
            raise ProvisionError("connector", created)
        yield str(created.get("connector_id"))
    finally:
        run.release(scratch, failed=failures(config) > before)
