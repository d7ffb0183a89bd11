"""A change of settings carries with it, on the cluster, how it is undone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch.provision.changes import Change, changes_in, changing, undoing
from pytest_polarsearch.provision.cluster_settings import (
    AUTO_DEPLOY,
    PRIVATE_IP,
    SCOPES,
    TRUSTED,
    SettingsRefused,
    Snapshot,
)
from pytest_polarsearch.provision.guest import Guest, guests, leave
from pytest_polarsearch.provision.journal import NoJournal
from pytest_polarsearch.provision.naming import unmarked
from pytest_polarsearch.provision.trust import runs_in

from .standins import cluster, refusal
from .test_cluster_settings import Keeper

RUN, OTHER = "0123456789abcdef", "fedcba9876543210"
DEFAULTS = {TRUSTED: ["^https://default/.*$"], PRIVATE_IP: "false", AUTO_DEPLOY: "true"}
PATTERNS = st.lists(st.sampled_from(["^a$", "^b.*$", "^http://ü/.*$", "***"]), unique=True)
STORED = st.fixed_dictionaries(
    {}, optional={TRUSTED: PATTERNS, PRIVATE_IP: st.sampled_from(["true", "false"]), AUTO_DEPLOY: st.just("false")}
)
CHANGES = st.fixed_dictionaries(
    {}, optional={TRUSTED: PATTERNS, PRIVATE_IP: st.booleans(), AUTO_DEPLOY: st.one_of(st.booleans(), st.none())}
)


def as_engine(settings, changes):
    """Settings after a change: null clears, booleans come back as texts, what is set is no default any more."""
    scopes = {}
    for scope in SCOPES:
        stored = {**getattr(settings, scope), **changes.get(scope, {})}
        scopes[scope] = {
            key: value if isinstance(value, list) else str(value).lower()
            for key, value in stored.items()
            if value is not None
        }
    return Snapshot(**scopes, defaults=DEFAULTS)


@given(STORED, STORED, CHANGES)
def test_what_is_undone_is_as_it_was(persistent, transient, changes):
    """Whatever was set where, and whatever is changed: nothing of it stays, and nothing else goes."""
    before = Snapshot(persistent, transient, DEFAULTS)
    meanwhile = as_engine(before, changing(before, RUN, changes).wanted)
    (found,) = changes_in(meanwhile, RUN)
    back, moved = undoing(meanwhile, found)
    assert moved == []
    assert as_engine(meanwhile, back) == before


@given(STORED, CHANGES)
def test_what_others_add_to_the_list_meanwhile_stays(persistent, changes):
    """Another run comes while a list is replaced: its pattern stands in the list that is put back."""
    before = Snapshot({TRUSTED: ["^a$"], **persistent}, {}, DEFAULTS)
    meanwhile = as_engine(before, changing(before, RUN, changes).wanted)
    meanwhile = as_engine(meanwhile, {"persistent": {TRUSTED: [*meanwhile.persistent[TRUSTED], "^theirs$"]}})
    back, moved = undoing(meanwhile, *changes_in(meanwhile))
    assert moved == []
    expected = {**before.persistent, TRUSTED: [*before.persistent[TRUSTED], "^theirs$"]}
    assert as_engine(meanwhile, back).persistent == expected


def test_the_mark_trusts_nothing_and_is_a_sound_expression():
    """Whatever stands in it: it matches the empty text and no URL."""
    pattern = Change(RUN, {"persistent": {TRUSTED: ["^(***)?$"]}}, {"persistent": {TRUSTED: []}}).mark
    assert re.fullmatch(pattern, "")
    assert not re.fullmatch(pattern, "http://a/")
    assert not set(pattern[4:-5]) & set(".*+?[]{}|\\()^$")


def test_two_runs_that_change_the_same_say_the_same_but_for_their_marks():
    """So recordings of two runs can be compared request by request."""
    said = []
    for run in (RUN, OTHER):
        keeper = Keeper(**{TRUSTED: ["^a$"]})
        with cluster(keeper.replies) as (fake, ml):
            theirs = Guest(ml, run, NoJournal())
            with theirs.trusting("^b$"), theirs.changed({PRIVATE_IP: True}):
                pass
        said.append([unmarked(request.body.decode()) for request in fake.asked])
    assert said[0] == said[1]
    assert "(mark)" in str(said[0])
    assert RUN not in str(said[0])


def test_a_mark_that_somebody_has_edited_tells_of_nothing():
    """It undoes nothing, and raises nothing."""
    whole = Change(RUN, {"persistent": {PRIVATE_IP: None}}, {"persistent": {PRIVATE_IP: True}}).mark
    for edited in (whole.replace("-change-", "-change-A"), whole[:-8] + ")" + whole[-4:], whole + " "):
        assert changes_in(Snapshot({TRUSTED: [edited]}, {}, {})) == []


@pytest.mark.parametrize(
    "changes", [{PRIVATE_IP: True}, {TRUSTED: ["^mine$"]}, {TRUSTED: ["^mine$"], PRIVATE_IP: True}]
)
def test_the_mark_alone_puts_back_what_a_killed_check_changed(changes):
    """No journal: the run is found by the mark, and leaving undoes the change; another run's stays."""
    keeper = Keeper(**{TRUSTED: ["^a$"]})
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with theirs.changed(changes):  # what stands on the cluster now is all that a killed run leaves
            assert guests(ml) == {RUN}
            assert leave(ml, OTHER) == []
            assert guests(ml) == {RUN}
            assert leave(ml, RUN) == []
            assert keeper.persistent == {TRUSTED: ["^a$"]}
    assert keeper.persistent == {TRUSTED: ["^a$"]}


def test_changes_inside_changes_are_found_one_by_one():
    """Killed in the inner one: the last comes back first."""
    keeper = Keeper(**{TRUSTED: ["^a$"]})
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with theirs.changed({TRUSTED: ["^b$"]}), theirs.changed({PRIVATE_IP: True}), theirs.changed({TRUSTED: ["^c$"]}):
            assert leave(ml, RUN) == []
            assert keeper.persistent == {TRUSTED: ["^a$"]}


def test_what_a_crashed_process_had_changed_is_healed_while_others_go_on():
    """Its changes come back at once; the run's own patterns stay, and so does what another run has changed."""
    keeper = Keeper(**{TRUSTED: ["^a$"]})
    with cluster(keeper.replies) as (_, ml):
        theirs, other = Guest(ml, RUN, NoJournal()), Guest(ml, OTHER, NoJournal())
        with theirs.staying(["^b$"]), other.changed({AUTO_DEPLOY: True}):
            before = dict(keeper.persistent)
            crashed = Guest(ml, RUN, NoJournal()).changed({PRIVATE_IP: False})
            crashed.__enter__()
            assert keeper.persistent[PRIVATE_IP] == "false"
            theirs.heal()
            assert keeper.persistent == before
        assert (theirs.left, other.left) == ([], [])
    assert keeper.persistent == {TRUSTED: ["^a$"]}


def test_what_cannot_be_healed_is_told():
    """With the answer of the cluster."""
    keeper = Keeper(**{TRUSTED: ["^a$"]})
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        crashed = Guest(ml, RUN, NoJournal()).changed({PRIVATE_IP: False})
        crashed.__enter__()
        keeper.refuse = [refusal(403, "security_exception", "no permissions")]
        theirs.heal()
        (told,) = theirs.left
    assert told.startswith(f"what a crashed process of run {RUN} had changed could not be restored: ")
    assert "HTTP 403" in told


def test_leaving_says_what_somebody_else_has_changed_since():
    """The mark goes, their value stays."""
    keeper = Keeper(**{TRUSTED: ["^a$"], AUTO_DEPLOY: "true"})
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with theirs.changed({AUTO_DEPLOY: False}):
            keeper.persistent[AUTO_DEPLOY] = "null"
            (told,) = leave(ml, RUN)
    assert told == f"the setting {AUTO_DEPLOY} was changed by somebody else meanwhile and is left as it is"
    assert keeper.persistent == {TRUSTED: ["^a$"], AUTO_DEPLOY: "null"}


def test_runs_that_cannot_be_read_are_none():
    """Settings that an account may not see tell of nobody."""
    with cluster({}) as (_, ml):
        assert guests(ml) == set()
        with pytest.raises(SettingsRefused):
            leave(ml, RUN)
    assert runs_in(Snapshot({}, {}, {})) == set()
