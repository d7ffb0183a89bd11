"""Writes `pytest_polarsearch/requirements/prices.toml`: what judging each requirement costs a sound model service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from polarsearch_mock import Reply, Request, ThreadedServer
from polarsearch_mock.dashscope import tokens
from polarsearch_mock.dashscope.service import DashScope

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.opening import open_run
from pytest_polarsearch.provision.naming import new_run_id
from pytest_polarsearch.requirements.prices import EXAMPLES, Price
from pytest_polarsearch.requirements.registry import load
from pytest_polarsearch.run import Part
from pytest_polarsearch.settings import resolve

PRICES = Path(__file__).parents[1] / "pytest_polarsearch" / "requirements" / "prices.toml"
KEY = "sk-only-this-key"
#: Refusals of what was asked: a service that is not as strict computes it, and charges for it.
REFUSED_AS_ASKED = (400, 413)
#: A budget that lets everything through: without one no random examples are asked of a real address.
ENOUGH = "100000"
#: Bytes of a question and an answer without `usage` that count as one token.
BYTES_A_TOKEN = 4
HEAD = """# What judging a requirement costs the model service: calls, and about how many tokens. Counted in a sound run
# of the built-in emulator; written by `python docs/prices.py`, held true by tests/plugin/test_budget_run.py.

[check]
"""
BETWEEN = """
# For each random example (`--polarsearch-examples`).
[example]"""


@dataclass
class CountingService:
    """A sound service that adds up what it was asked."""

    price: Price = field(default_factory=Price)
    service: DashScope = field(default_factory=lambda: DashScope(api_keys=(KEY,)))

    def __call__(self, request: Request) -> Reply:
        """The service's answer."""
        reply = self.service(request)
        self.price += Price(1, _tokens(request, reply))
        return reply


def _tokens(request: Request, reply: Reply) -> int:
    """What the answer counts; what is refused for what it asks counts as the text it is, since another may take it."""
    if reply.status in REFUSED_AS_ASKED:
        return tokens.count(request.body.decode("utf-8", "replace"))
    if reply.status != 200:
        return 0
    try:
        return int(json.loads(reply.body)["usage"]["total_tokens"])
    except (ValueError, KeyError, TypeError):
        return (len(request.body) + len(reply.body)) // BYTES_A_TOKEN


@contextmanager
def counting() -> Iterator[tuple[CountingService, str]]:
    """A counting service that listens, and its address."""
    service = CountingService()
    server = ThreadedServer(service)
    server.start()
    try:
        yield service, server.url
    finally:
        server.stop()


def measured() -> dict[str, Price]:
    """The price of every check that costs something, with as many random examples as there are by default."""
    prices: dict[str, Price] = {}
    with counting() as (service, url):
        settings = resolve(
            lambda option: {"endpoint": url, "budget": ENOUGH}.get(option.name), lambda _: None, {"YOUR_API_KEY": KEY}
        )
        with open_run(settings, Part(new_run_id()), all_checks().__contains__) as run:
            for one, check in all_checks().items():
                before = service.price
                run.judge(load()[one], check)
                prices[one] = Price(service.price.calls - before.calls, service.price.tokens - before.tokens)
    return {one: price for one, price in sorted(prices.items()) if price.calls}


def written(prices: dict[str, Price]) -> str:
    """The file for these prices."""
    drawn = {one: price for one, price in prices.items() if "random-examples" in load()[one].needs}
    whole = {one: price for one, price in prices.items() if one not in drawn}
    return HEAD + "\n".join([*map(_line, whole.items()), BETWEEN, *map(_line_of_one, drawn.items())]) + "\n"


def _line(row: tuple[str, Price]) -> str:
    one, price = row
    return f'"{one}" = {{ calls = {price.calls}, tokens = {price.tokens} }}'


def _line_of_one(row: tuple[str, Price]) -> str:
    """What one example costs. Raises ValueError where not all cost the same number of calls."""
    one, price = row
    calls, odd = divmod(price.calls, EXAMPLES)
    if odd:
        raise ValueError(f"{one} makes {price.calls} calls for {EXAMPLES} examples: its plan would not be its count")
    return _line((one, Price(calls, price.tokens // EXAMPLES)))


if __name__ == "__main__":
    PRICES.write_text(written(measured()), encoding="utf-8")
