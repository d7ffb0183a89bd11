"""pytest plugin and conformance kit for PolarSearch remote models. Public names are loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .blueprints import Blueprint, Endpoint
    from .checks.context import Context
    from .checks.contract import Check, Failure, check
    from .client import Client, NoAnswer
    from .exchange import Exchange
    from .fixtures import connector_fixture, model_fixture
    from .provision.lifecycle import Model
    from .secret import Secret
    from .verbs import MlCommons

#: Public name -> the module that has it. Nothing is imported before it is asked for.
_HOMES = {
    "Blueprint": "blueprints",
    "Check": "checks.contract",
    "Client": "client",
    "Context": "checks.context",
    "Endpoint": "blueprints",
    "Exchange": "exchange",
    "Failure": "checks.contract",
    "MlCommons": "verbs",
    "Model": "provision.lifecycle",
    "NoAnswer": "client",
    "Secret": "secret",
    "check": "checks.contract",
    "connector_fixture": "fixtures",
    "model_fixture": "fixtures",
}

__all__ = [
    "Blueprint",
    "Check",
    "Client",
    "Context",
    "Endpoint",
    "Exchange",
    "Failure",
    "MlCommons",
    "Model",
    "NoAnswer",
    "Secret",
    "check",
    "connector_fixture",
    "model_fixture",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
