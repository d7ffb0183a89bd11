"""Random examples: what is drawn as data, and the search for the smallest value of which a claim does not hold.

No check stands here. It is the one door to Hypothesis, which loads when a value is drawn. Every choice is made of
coins: for whatever else it draws, Hypothesis reads constants out of the sources of the user's own modules, and would
send them to a cluster.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .contract import Blocked, Failure, NotApplicable, NotObserved, NotRecorded, said

if TYPE_CHECKING:
    from .claims import Story
    from .context import Context

Json = Any
Claim = Callable[[Any], None]

#: Values tried in search of a smaller one.
MOST_TRIES = 200
#: What has not come within the deadline once is not waited for as long again: so many times as long as anything that
#: came, and so many seconds at least.
SLACK, LEAST_WAIT = 3, 0.2
#: What ends the search: there is nothing to learn from asking again.
ENDING = (NotApplicable, NotRecorded, Blocked)
#: Letters of a value that a failure shows.
SHOWN = 600


@dataclass(frozen=True)
class Pick:
    """One of these; the first is the smallest."""

    options: Sequence[Json]


@dataclass(frozen=True)
class Some:
    """A list of some of these in their order, half of them on the whole; none of them is the smallest."""

    options: Sequence[Json]


@dataclass(frozen=True)
class Several:
    """A list of up to `most`, half as many on the whole; the empty list is the smallest."""

    one: Drawn
    most: int


@dataclass(frozen=True)
class Each:
    """A list of one value for each part."""

    parts: tuple[Drawn, ...]


@dataclass(frozen=True)
class Made:
    """What a function makes of a drawn value; JSON, so that a recording can hold it."""

    of: Drawn
    make: Callable[[Any], Json]


Drawn = Pick | Some | Several | Each | Made


def for_all(ctx: Context, drawn: Drawn, claim: Claim, first: Sequence[Json] = (), parts: Drawn | None = None) -> None:
    """Make the claim of the first values, then of drawn ones. Where it fails for one, raise what it raised for the
    smallest one found. Smaller ones than the first are looked for among `parts`, or else among what is drawn."""
    hunt = _Hunt(ctx, claim)
    told = ctx.sampling.told
    try:
        hunt.over(first if told is None else told)
        if told is None:
            smaller = parts or drawn
            of, most = (smaller, MOST_TRIES) if hunt.found else (drawn, ctx.sampling.examples)
            _draw(of, hunt.judge, ctx.sampling.seed, most)
        hunt.end(None)
    except _Over as over:
        hunt.end(over.error)


class _Broken(Exception):
    """The claim fails for the value; always of one kind, so that the search has one goal."""


class _Over(BaseException):
    """The search is over. No Exception: Hypothesis would take it for the failure that it is looking for."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error


@dataclass(frozen=True)
class _Found:
    value: Json
    error: Exception
    story: Story


class _Hunt:
    """One search: the values judged so far, and the last for which the claim failed, which is the smallest."""

    def __init__(self, ctx: Context, claim: Claim) -> None:
        self._ctx, self._claim = ctx, claim
        self._before = ctx.story()
        self._tried = self._tries = 0
        self._since, self._deadline = 0.0, ctx.timeout
        self.found: _Found | None = None
        self._held: list[Json] = []

    def judge(self, value: Json) -> None:
        """Make the claim of one value. Raises _Broken where it fails, _Over where the search should end."""
        if self._breaks(value):
            raise _Broken  # here alone: Hypothesis knows failures apart by where they are raised

    def _breaks(self, value: Json) -> bool:
        """Whether the claim fails; what was asked before is not asked again in search of something smaller."""
        if self.found and value == self.found.value:
            return True
        if self.found and value in self._held:
            return False
        self._count()
        self._ctx.sampling.keep(value)
        self._ctx.tell(self._before)
        try:
            self._claim(value)
        except ENDING as error:
            raise _Over(error) from None
        except Exception as error:  # noqa: BLE001  whatever the claim raises is made smaller, and raised in the end
            self._note(_Found(value, error, self._ctx.story()))
            return True
        self._held.append(value)
        return False

    def _count(self) -> None:
        """What takes long to show is not made smaller for ever."""
        if self.found is None:
            self._tried += 1
            enough = self._tried > self._ctx.sampling.examples
        else:
            self._tries += 1
            enough = self._tries > MOST_TRIES or self._ctx.moment() - self._since >= self._ctx.sampling.patience
        if enough:
            raise _Over

    def _note(self, found: _Found) -> None:
        if self.found is None:
            self._since = self._ctx.moment()
            self._ctx.timeout = min(self._deadline, max(LEAST_WAIT, SLACK * self._ctx.waited))
        self.found = found

    def over(self, values: Sequence[Json]) -> None:
        """Make the claim of each of these, whatever comes of it."""
        for value in values:
            try:
                self.judge(value)
            except _Broken:
                continue

    def end(self, error: Exception | None) -> None:
        """Raise what was found, or else what ended the search."""
        self._ctx.timeout = self._deadline
        found = self.found
        if found is None and error is None:
            sampling = self._ctx.sampling
            self._ctx.note(said("examples-held", count=len(self._held), seed=sampling.seed))
            return
        if found is None:
            raise error  # type: ignore[misc]
        self._ctx.tell(found.story)
        raise self._told(found) from None

    def _told(self, found: _Found) -> Exception:
        seed = self._ctx.sampling.seed
        shown = json.dumps(found.value)[:SHOWN]
        where = said("smallest-example", seed=seed, value=shown)
        error = found.error
        if isinstance(error, Failure):
            return Failure(
                error.looked_at, error.expected, said("both", one=error.actual, other=where), error.exchanges
            )
        if isinstance(error, NotObserved):
            return NotObserved(said("both", one=error.args[0], other=where))
        return error


def _draw(drawn: Drawn, judge: Claim, seed: int, examples: int) -> None:
    """Judge values until the claim fails for one, then smaller ones. Nothing is printed, kept, or measured in time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what other libraries say while Hypothesis loads
        import hypothesis

    quiet = hypothesis.settings(
        max_examples=examples, deadline=None, database=None, derandomize=False, print_blob=False,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink], report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck), verbosity=hypothesis.Verbosity.quiet,
    )  # fmt: skip
    given: Any = hypothesis.given(_strategy(drawn))
    try:
        hypothesis.seed(seed)(quiet(given(judge)))()
    except (_Broken, hypothesis.errors.Flaky):
        return


def _strategy(drawn: Drawn) -> Any:
    """A value by as many coins as the largest one takes: a coin that falls the other way moves no other choice."""
    from hypothesis import strategies

    coins = strategies.tuples(*[strategies.booleans()] * _coins(drawn))
    return coins.map(lambda fallen: _read(drawn, iter(fallen)))


def _coins(drawn: Drawn) -> int:
    """How many coins it takes."""
    if isinstance(drawn, Pick):
        return (len(drawn.options) - 1).bit_length()
    if isinstance(drawn, Some):
        return len(drawn.options)
    if isinstance(drawn, Several):
        return drawn.most * (1 + _coins(drawn.one))
    return sum(map(_coins, drawn.parts)) if isinstance(drawn, Each) else _coins(drawn.of)


def _read(drawn: Drawn, coins: Iterator[bool]) -> Json:
    """The value that the coins tell."""
    if isinstance(drawn, Pick):
        place = sum(next(coins) << bit for bit in reversed(range(_coins(drawn))))
        return drawn.options[place % len(drawn.options)]
    if isinstance(drawn, Some):
        return [one for one in drawn.options if next(coins)]
    if isinstance(drawn, Several):
        slots = [(next(coins), _read(drawn.one, coins)) for _ in range(drawn.most)]
        return [value for there, value in slots if there]
    return (
        [_read(part, coins) for part in drawn.parts] if isinstance(drawn, Each) else drawn.make(_read(drawn.of, coins))
    )
