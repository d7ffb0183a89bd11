"""One test a fault: `pytest --polarsearch-selftest`, with pytest-xdist in as many processes as wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from ..plugin import settings_of
from ..selftest import Bench, declared_faults
from ..session.selftest import prove_fault, prove_sound, purse_of
from ..words import plain_text, said, spoken


@pytest.fixture(scope="session")
def polarsearch_bench(pytestconfig: pytest.Config) -> Iterator[Bench]:
    """Servers, models and a sound run for all faults of this process."""
    with closing(Bench(settings_of(pytestconfig), declared_faults(), purse=purse_of(pytestconfig))) as bench:
        yield bench


def test_sound(polarsearch_bench: Bench, record_property: Callable[[str, object], None]) -> None:
    """Every check that this target can be judged by passes without a fault."""
    record_property("polarsearch_not_here", [plain_text(one) for one in prove_sound(polarsearch_bench)])


def test_fault(
    polarsearch_fault: str, polarsearch_bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    """The fault turns red the checks that declare it, with reason code and message, and no other."""
    killed = prove_fault(polarsearch_bench, polarsearch_fault)
    if killed is None:
        left = said("selftest.no-check-left", fault=polarsearch_fault)
        record_property("polarsearch_not_here", [plain_text(left)])
        pytest.skip(spoken(left, polarsearch_bench.lang))
    record_property("polarsearch_killed", {polarsearch_fault: killed})
