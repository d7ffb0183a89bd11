"""Checks that change settings take turns, and workers get them far from each other."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.checks.contract import Check
from pytest_polarsearch.session.cases import spread

CHANGING = {
    "failures.unknown-host-is-error", "settings.accepted-and-read-back", "settings.auto-deploy-off-holds",
    "settings.broken-pattern-reach", "settings.broken-pattern-refused", "settings.cleared-is-gone",
    "settings.list-is-replaced", "settings.pattern-covers-whole-url", "settings.private-address-refused",
    "settings.private-address-takes-effect", "settings.scheme-is-part-of-url", "settings.trust-withdrawn",
}  # fmt: skip


class Callable:
    """A check's body that is no function."""

    def __call__(self, ctx):
        ctx.settings_changed({})


def test_who_takes_turns_is_read_from_the_check_itself():
    """No flag that could be forgotten."""
    assert {name for name, check in all_checks().items() if check.takes_turns} == CHANGING
    assert not Check("a.b", Callable(), ()).takes_turns


def items(count):
    """Tests of the suite, those that take turns first, as they are collected; and one of a user's."""
    checks = sorted(all_checks().values(), key=lambda check: not check.takes_turns)[:count]
    params = [{"polarsearch_check": (None, check)} for check in checks]
    return [*(SimpleNamespace(callspec=SimpleNamespace(params=one)) for one in params), SimpleNamespace()]


@pytest.mark.parametrize("count", [5, 12, 60, 250])
def test_turns_are_far_from_each_other_and_nothing_is_lost(count):
    """As far as there are others to stand between; the others keep their order."""
    before = items(count)
    after = spread(before)
    assert sorted(map(id, after)) == sorted(map(id, before))
    places = [place for place, one in enumerate(after) if one in before[: min(count, len(CHANGING))]]
    others = len(after) - len(places)
    gaps = [later - sooner - 1 for sooner, later in itertools.pairwise(places)]
    assert min(gaps) >= others // (len(places) + 1) - 1
    assert [one for one in after if one not in before[: len(CHANGING)]] == before[len(CHANGING) :]
