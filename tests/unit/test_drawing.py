"""Random examples: a seed draws the same again, a broken claim ends with the smallest value, nothing is left behind."""

from __future__ import annotations

import pytest

from pytest_polarsearch.checks.bench import Sampling
from pytest_polarsearch.checks.claims import Claims
from pytest_polarsearch.checks.contract import Failure, NotApplicable, NotObserved
from pytest_polarsearch.checks.drawing import MOST_TRIES, Each, Made, Pick, Several, Some, for_all

LETTERS = "abcdefgh"
WORDS = Made(Several(Pick(LETTERS), 12), "".join)


def context(seed=0, examples=20, moments=None, **sampling):
    """What a search needs of a context; `moments` are readings of its clock, which stands still without."""
    moments = iter(moments or ())
    ctx = Claims(1.0, None)
    ctx.waited, ctx.sampling = 0.1, Sampling(seed, examples, 1.0, **sampling)
    ctx.moment = lambda: next(moments, 0.0)
    return ctx


def drawn(drawn, **given):
    """The values of which a claim that always holds was made."""
    values = []
    for_all(context(**given), drawn, values.append)
    return values


def broken(ctx, of, breaks, first=(), parts=None):
    """The values judged, and what was raised in the end, where the claim breaks for some."""
    judged = []

    def claim(value):
        judged.append(value)
        ctx.heard(value)
        if breaks(value):
            raise Failure("the word", "another", str(value), [len(judged)])

    with pytest.raises(Failure) as caught:
        for_all(ctx, of, claim, first, parts)
    return judged, caught.value


@pytest.mark.parametrize("examples", [1, 8, 20])
def test_as_many_are_judged_as_were_asked_for(examples):
    """No more and no fewer, first ones counted: what they cost is told beforehand."""
    assert len(drawn(WORDS, examples=examples)) == examples
    ctx, values = context(seed=3), []
    for_all(ctx, WORDS, values.append, first=["x", "y"])
    assert (len(values), values[:2]) == (20, ["x", "y"])
    assert ctx.notes == ["held for 20 examples, drawn with --polarsearch-seed 3"]


def test_a_seed_draws_the_same_and_another_others():
    """Runs repeat; a run with another seed looks elsewhere."""
    assert drawn(WORDS, seed=7) == drawn(WORDS, seed=7) != drawn(WORDS, seed=8)


@pytest.mark.parametrize(
    ("of", "fits"),
    [
        (Pick(LETTERS), lambda one: one in LETTERS),
        (Some(LETTERS), lambda one: one == sorted(set(one)) and set(one) <= set(LETTERS)),
        (Several(Pick([1, 2, 3]), 4), lambda one: len(one) <= 4 and set(one) <= {1, 2, 3}),
        (Each((Pick("ab"), Pick([0]))), lambda one: one in (["a", 0], ["b", 0])),
        (Made(Pick("ab"), str.upper), lambda one: one in ("A", "B")),
    ],
)
def test_what_is_drawn_is_what_was_described(of, fits):
    """Every kind of description, and more than one value of it where there are several."""
    found = drawn(of, examples=30)
    assert [one for one in found if not fits(one)] == []
    assert len({str(one) for one in found}) > 1


def test_the_smallest_is_raised():
    """Only what breaks the claim stays, with the seed; exchanges are those of that value; nothing is asked twice."""
    ctx = context(examples=50)
    judged, failure = broken(ctx, WORDS, lambda word: "g" in word and "c" in word)
    assert sorted(ctx.exchanges[0]) == ["c", "g"]
    assert ctx.acts == ctx.exchanges
    assert failure.looked_at == "the word"
    assert failure.actual.startswith(f"{ctx.exchanges[0]}; ")
    assert f'--polarsearch-seed 0 is "{ctx.exchanges[0]}"' in failure.actual
    after = judged[next(place for place, word in enumerate(judged) if {"g", "c"} <= set(word)) :]
    assert len(after) == len(set(after)) <= MOST_TRIES + 1


def test_a_first_value_is_made_smaller_too():
    """What is known to be hard is tried first, and shown smaller where drawn values break the claim as well."""
    ctx = context(examples=5)
    _, failure = broken(ctx, Made(Some(LETTERS), "".join), lambda word: "e" in word, first=[LETTERS])
    assert failure.actual.startswith("e; ")


def test_the_parts_of_a_first_value_are_looked_through():
    """What is drawn hardly ever breaks the claim, and parts of what is known to be hard do."""
    ctx, parts = context(examples=5), Made(Some(LETTERS), "".join)
    judged, failure = broken(ctx, Pick(["x", "y"]), lambda word: {"b", "f"} <= set(word), [LETTERS], parts)
    assert failure.actual.startswith("bf; ")
    assert {"x", "y"}.isdisjoint(judged)


def test_a_first_value_alone_is_raised_as_it_is():
    """Nothing smaller breaks the claim."""
    ctx = context(examples=5)
    _, failure = broken(ctx, Made(Some(LETTERS), "".join), lambda word: word == "zzz", first=["zzz"])
    assert failure.actual.startswith("zzz; ")
    assert ctx.exchanges == ["zzz"]


def test_a_failure_that_takes_long_is_not_made_smaller_for_ever():
    """When the deadline is over the search ends with what it has."""
    ctx = context(examples=50, moments=[0.0, 0.5, 1.1])
    judged, failure = broken(ctx, WORDS, lambda word: "g" in word)
    first = next(place for place, word in enumerate(judged) if "g" in word)
    assert len(judged) == first + 2  # one more within the deadline
    assert "g" in failure.actual


@pytest.mark.parametrize("found", [True, False])
def test_no_more_calls_end_the_search(found):
    """A spent budget is what is raised, unless something was found before it."""
    calls = []

    def claim(word):
        calls.append(word)
        if len(calls) == 5:
            raise NotApplicable("the budget is spent")
        if found and len(calls) >= 4:
            raise Failure("the word", "another", word)

    with pytest.raises(Failure if found else NotApplicable):
        for_all(context(), WORDS, claim)
    assert len(calls) == 5


def test_what_was_not_seen_names_the_example():
    """A claim that could not look says of which value."""

    def claim(word):
        if len(word) > 2:
            raise NotObserved("no request came")

    with pytest.raises(NotObserved, match=r'no request came; the smallest .* is "aaa"'):
        for_all(context(), WORDS, claim)


def test_a_mistake_of_ours_is_raised_as_it_is():
    """It is no finding about a target."""
    with pytest.raises(ZeroDivisionError):
        for_all(context(), WORDS, lambda word: 1 / 0)


def test_what_a_recording_holds_is_judged_again():
    """The values of then, in their order; nothing is drawn."""
    kept = []
    _, failure = broken(context(examples=50, keep=kept.append), WORDS, lambda word: "g" in word)
    judged, again = broken(context(examples=50, told=kept), None, lambda word: "g" in word)
    assert judged == kept
    assert str(again) == str(failure)


def test_nothing_is_written_and_nothing_read(tmp_path, monkeypatch, capfd, recwarn):
    """No folder of Hypothesis, no word, no warning; and no text of the user's own modules is drawn."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hypothesis.configuration.storage_directory", pytest.fail)
    monkeypatch.setattr("hypothesis.internal.constants_ast.storage_directory", pytest.fail)
    broken(context(examples=100), WORDS, lambda word: word.count("g") > 1)
    drawn(Some(LETTERS), examples=100)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert list(recwarn) == []
