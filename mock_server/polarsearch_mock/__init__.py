"""Local stand-ins for PolarSearch (OpenSearch ML Commons) and DashScope. Names load when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dashscope.mock import DashScopeMock
    from .faults import Fault, UnknownFault
    from .messages import Reply, Request
    from .mlcommons.app import Emulator
    from .mlcommons.server import PolarSearchEmulator
    from .serving import ThreadedServer

__all__ = [
    "DashScopeMock",
    "Emulator",
    "Fault",
    "PolarSearchEmulator",
    "Reply",
    "Request",
    "ThreadedServer",
    "UnknownFault",
]

_HOMES = {
    "DashScopeMock": ".dashscope.mock",
    "Emulator": ".mlcommons.app",
    "Fault": ".faults",
    "PolarSearchEmulator": ".mlcommons.server",
    "Reply": ".messages",
    "Request": ".messages",
    "ThreadedServer": ".serving",
    "UnknownFault": ".faults",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
