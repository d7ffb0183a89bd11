"""Settings of somebody else's cluster: changed for a while, and put back only where nobody else has changed them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch.provision.cluster_settings import (
    PRIVATE_IP,
    TRUSTED,
    SettingsRefused,
    Snapshot,
    covers,
    pattern_for,
)
from pytest_polarsearch.provision.guest import Guest
from pytest_polarsearch.provision.journal import NoJournal
from pytest_polarsearch.provision.journal_reading import Story
from pytest_polarsearch.provision.sweep import restore_settings

from .standins import answer, cluster, refusal

PATH = "/_cluster/settings"
RUN = "0123456789abcdef"


class Keeper:
    """The settings of a cluster: flat, persistent as texts (as engines give them back), null clears."""

    def __init__(self, **persistent):
        self.persistent = persistent
        self.transient = {"plugins.other": "x"}
        self.refuse = []
        self.written = []

    def read(self, _request):
        return answer(
            200, {"persistent": self.persistent, "transient": self.transient, "defaults": {PRIVATE_IP: "false"}}
        )

    def write(self, request):
        if self.refuse:
            return self.refuse.pop(0)
        body = json.loads(request.body)
        self.written.append(body)
        for scope, values in body.items():
            for key, value in values.items():
                self.put(getattr(self, scope), key, value)
        return answer(200, {"acknowledged": True, **body})

    @staticmethod
    def put(stored, key, value):
        if value is None:
            stored.pop(key, None)
        else:
            stored[key] = value if isinstance(value, list) else str(value).lower()

    @property
    def replies(self):
        return {f"GET {PATH}": self.read, f"PUT {PATH}": self.write}


def plain(settings):
    """Settings without what a run has marked in the trusted list."""
    return {
        key: [one for one in value if "pytest-polarsearch" not in one] if key == TRUSTED else value
        for key, value in settings.items()
    }


class Notes(NoJournal):
    """A journal that remembers."""

    def __init__(self):
        self.entries = []

    def write(self, event, **what):
        self.entries.append({"event": event, **what})


@pytest.mark.parametrize("before", [{}, {PRIVATE_IP: "false"}, {PRIVATE_IP: "true"}])
def test_a_change_is_undone(before):
    """What was set is set again, what was unset is cleared again; transient settings are not touched."""
    keeper = Keeper(**before)
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with theirs.changed({PRIVATE_IP: True, TRUSTED: ["^a$"]}):
            assert plain(keeper.persistent) == {PRIVATE_IP: "true", TRUSTED: ["^a$"]}
        assert theirs.left == []
    assert keeper.persistent == before
    assert all(body.keys() == {"persistent"} for body in keeper.written)


def test_a_change_is_undone_after_an_error():
    """Whatever ends the block."""
    keeper = Keeper()
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with pytest.raises(KeyboardInterrupt), theirs.changed({PRIVATE_IP: True}):
            raise KeyboardInterrupt
    assert keeper.persistent == {}


def test_changes_inside_changes_are_undone_one_by_one():
    """The inner one's undoing gives the outer one's value."""
    keeper = Keeper(**{TRUSTED: ["^a$"]})
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with theirs.changed({TRUSTED: ["^b$"]}):
            with theirs.changed({TRUSTED: None}):
                assert TRUSTED not in keeper.persistent
            assert plain(keeper.persistent) == {TRUSTED: ["^b$"]}
    assert keeper.persistent[TRUSTED] == ["^a$"]


def test_what_somebody_else_changed_meanwhile_is_left_and_told():
    """Compare-and-set: only our own value is replaced."""
    keeper = Keeper(**{TRUSTED: ["^a$"]})
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with theirs.changed({TRUSTED: ["^b$"], PRIVATE_IP: True}):
            keeper.persistent[TRUSTED] = ["^somebody else's$"]
        (told,) = theirs.left
    assert TRUSTED in told
    assert keeper.persistent == {TRUSTED: ["^somebody else's$"]}


def test_what_cannot_be_restored_is_told():
    """The setting and the status stand in the sentence."""
    keeper = Keeper()
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with theirs.changed({PRIVATE_IP: True}):
            keeper.refuse = [refusal(403, "security_exception", "no permissions")]
        (told,) = theirs.left
    assert told.startswith(f"the settings {PRIVATE_IP} could not be restored to {{'{PRIVATE_IP}': None}}: ")
    assert "HTTP 403: no permissions" in told


def test_a_refused_change_is_an_error_and_changes_nothing():
    """SettingsRefused has the engine's reason."""
    keeper = Keeper()
    keeper.refuse = [refusal(400, "settings_exception", "not recognized")]
    with cluster(keeper.replies) as (_, ml):
        change = Guest(ml, RUN, NoJournal()).changed({PRIVATE_IP: True})
        with pytest.raises(SettingsRefused, match="HTTP 400: not recognized"), change:
            pytest.fail("entered")
    assert keeper.written == []


def test_settings_that_cannot_be_read_are_an_error():
    """SettingsRefused has the exchange."""
    with cluster({f"GET {PATH}": refusal(403, "security_exception", "no permissions for [x]")}) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with pytest.raises(SettingsRefused, match="HTTP 403"):
            theirs.read()


def test_a_killed_runs_change_is_put_back_from_its_journal():
    """The journal's entry alone, as a sweep has it, restores the setting; a finished change is not touched."""
    keeper, notes = Keeper(**{TRUSTED: ["^a$"]}), Notes()
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, notes)
        with theirs.changed({PRIVATE_IP: True}):
            pass
        with theirs.changed({TRUSTED: ["^mine$"]}):  # what the journal holds now is all that a killed run leaves
            story = Story(Path("run-main.jsonl"), "run", json.loads(json.dumps(notes.entries)))
            said = restore_settings(ml, story)
    assert said == [f"settings restored: {TRUSTED} (HTTP 200)"]
    assert keeper.persistent == {TRUSTED: ["^a$"]}


def test_a_journal_does_not_put_back_what_others_changed_since():
    """Compare-and-set holds for the sweep too."""
    keeper = Keeper(**{TRUSTED: ["^somebody else's$"]})
    before, changed = ({"persistent": {TRUSTED: [pattern]}} for pattern in ("^a$", "^mine$"))
    entries = [{"event": "settings", "before": before, "changed": changed}]
    with cluster(keeper.replies) as (_, ml):
        assert restore_settings(ml, Story(Path("run-main.jsonl"), "run", entries)) == []
    assert keeper.persistent == {TRUSTED: ["^somebody else's$"]}


def test_a_change_outside_of_one_that_was_undone_is_put_back():
    """A check inside the run changed and restored settings, then the run was killed: the run's own change is undone."""
    keeper, notes = Keeper(**{TRUSTED: ["^a$"]}), Notes()
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, notes)
        with theirs.changed({TRUSTED: ["^mine$"]}):
            with theirs.changed({PRIVATE_IP: True}):
                pass
            assert restore_settings(ml, Story(Path("run-main.jsonl"), "run", notes.entries)) != []
            assert keeper.persistent == {TRUSTED: ["^a$"]}


def test_a_transient_value_is_changed_and_restored_where_it_stands():
    """A transient value outranks a persistent one: a change beside it would have no effect."""
    keeper = Keeper()
    keeper.transient[PRIVATE_IP] = "false"
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with theirs.changed({PRIVATE_IP: True}):
            assert keeper.transient[PRIVATE_IP] == "true"
        assert theirs.left == []
    assert (keeper.persistent, keeper.transient[PRIVATE_IP]) == ({}, "false")


def test_patterns_are_added_and_taken_back_whatever_others_do_meanwhile():
    """They stand at its end; one added by somebody else stays, ours goes, a `$` is not made up."""
    keeper = Keeper(**{TRUSTED: ["^a$"]})
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with theirs.trusting("^http://b", "^http://c$"):
            patterns = keeper.persistent[TRUSTED]
            assert [one.partition("(?:")[0] for one in patterns] == ["^a$", "^http://b", "^http://c"]
            assert [one[-1] for one in patterns] == ["$", "}", "$"]
            keeper.persistent[TRUSTED] = [*patterns, "^d$"]
        assert theirs.left == []
    assert keeper.persistent == {TRUSTED: ["^a$", "^d$"]}


def test_patterns_that_cannot_be_taken_back_are_told():
    """With the patterns themselves: they stand in the list for an administrator to find."""
    keeper = Keeper(**{TRUSTED: ["^a$"]})
    with cluster(keeper.replies) as (_, ml):
        theirs = Guest(ml, RUN, NoJournal())
        with theirs.trusting("^http://b$"):
            keeper.refuse = [refusal(403, "security_exception", "no permissions")]
        (told,) = theirs.left
    assert told.startswith(f"the trusted patterns {keeper.persistent[TRUSTED][1]} could not be taken back: ")


def test_the_value_in_force_is_the_transient_then_the_persistent_then_the_default():
    """As OpenSearch itself decides."""
    assert Snapshot({"k": 2}, {"k": 1}, {"k": 3}).effective("k") == 1
    assert Snapshot({"k": 2}, {}, {"k": 3}).effective("k") == 2
    assert Snapshot({}, {}, {"k": 3}).effective("k") == 3
    assert Snapshot({}, {}, {}).effective("k") is None


HOSTS = st.from_regex(r"[a-z0-9.-]{1,20}(:[0-9]{1,5})?", fullmatch=True)


@given(HOSTS, HOSTS)
def test_a_pattern_covers_its_own_url_and_no_other(host, other):
    """Dots are dots: a pattern never trusts a host that only looks alike."""
    assert covers([pattern_for(f"http://{host}")], f"http://{host}")
    if other != host:
        assert not covers([pattern_for(f"http://{host}")], f"http://{other}")
    assert not covers([pattern_for(f"http://{host}")], f"https://{host}")


@pytest.mark.parametrize("patterns", [None, [], ["^http://ep-***.aliyuncs.com/.*$"], ["http://host"], ["("]])
def test_patterns_that_cover_nothing(patterns):
    """None, an empty list, a broken pattern, one that covers only a part of the URL."""
    assert not covers(patterns, "http://host")
