"""What judging each requirement costs the model service, as data: `prices.toml`, written by `docs/prices.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ..options import BY_DEST

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Price:
    """Calls to the model service, and about how many tokens they take."""

    calls: int = 0
    tokens: int = 0

    def __add__(self, other: Price) -> Price:
        return Price(self.calls + other.calls, self.tokens + other.tokens)

    def __mul__(self, times: int) -> Price:
        return Price(self.calls * times, self.tokens * times)


#: Random examples of a check where nothing else is said.
EXAMPLES: int = BY_DEST["polarsearch_examples"].default


@cache
def load_prices(examples: int = EXAMPLES) -> Mapping[str, Price]:
    """The price of every check that costs something on a sound target, by the id of its requirement, where checks
    that draw random examples draw so many."""
    text = (resources.files(__package__) / "prices.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    drawn = {one: Price(**row) * examples for one, row in tables["example"].items()}
    return {**{one: Price(**row) for one, row in tables["check"].items()}, **drawn}


def total(requirements: Iterable[str], examples: int = EXAMPLES) -> Price:
    """What judging these costs together."""
    prices = load_prices(examples)
    return sum((prices.get(one, Price()) for one in requirements), Price())
