"""The checks: one module a subject, each judging requirements of the same name. They see `context` and nothing else."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from .contract import Check

#: Modules of this package that hold no checks.
FOUNDATIONS = ("bench", "context", "contract", "dialect", "drawing", "measures")


@cache
def all_checks() -> Mapping[str, Check]:
    """Every check by the id of its requirement. Raises ValueError where two share one."""
    found: dict[str, Check] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name not in FOUNDATIONS:
            for one in vars(import_module(f"{__name__}.{module.name}")).values():
                if isinstance(one, Check) and found.setdefault(one.id, one) is not one:
                    raise ValueError(f"two checks judge {one.id}")
    return found
