"""What a check is, and the ways it can end other than well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..words import said

if TYPE_CHECKING:
    from ..exchange import Exchange
    from .context import Context

__all__ = ["Blocked", "Body", "Check", "Failure", "NotApplicable", "NotObserved", "NotRecorded", "check", "said"]

Json = Any
Body = Callable[["Context"], None]


class Failure(AssertionError):
    """A requirement did not hold: what was looked at, expected and found, and the exchanges that show it."""

    def __init__(self, looked_at: str, expected: str, actual: str, exchanges: Sequence[Exchange] = ()) -> None:
        super().__init__(said("failure", looked_at=looked_at, expected=expected, actual=actual))
        self.looked_at, self.expected, self.actual = looked_at, expected, actual
        self.exchanges = tuple(exchanges)


class NotApplicable(Exception):
    """The requirement is not judged on this target; the message says why, `code` is the reason for machines."""

    code = "target"


class NotObserved(Exception):
    """The check ran, and what it needs to see never came; `code` is the reason for machines."""

    code = "not-observed"


class NotRecorded(NotObserved):
    """The check asks a recording for what it does not hold."""

    code = "not-recorded"


class Blocked(Exception):
    """What the check stands on did not hold: `by` is the id of that requirement, `exchanges` show it."""

    def __init__(self, by: str, why: str, exchanges: Sequence[Exchange] = ()) -> None:
        super().__init__(f"{by}: {why}")
        self.by, self.why, self.exchanges = by, why, tuple(exchanges)


#: What a check calls of the context in order to change settings.
TURNS = frozenset({"settings_changed", "trusting"})


@dataclass(frozen=True)
class Check:
    """A judgement of one requirement (same id).

    `killed_by` names the faults that must turn it red, `uses` the shared models it stands on.
    """

    id: str
    body: Body = field(repr=False)
    killed_by: tuple[str, ...]
    uses: tuple[str, ...] = ()

    @property
    def takes_turns(self) -> bool:
        """Whether it changes settings of the cluster, which checks do one after the other over all processes."""
        code = getattr(self.body, "__code__", None)  # whoever brings another callable takes no turns
        return not TURNS.isdisjoint(getattr(code, "co_names", ()))

    def __call__(self, ctx: Context) -> None:
        """Judge; raises Failure where the requirement does not hold."""
        self.body(ctx)


def check(requirement: str, *, killed_by: Sequence[str], uses: Sequence[str] = ()) -> Callable[[Body], Check]:
    """Make a check of a function `(ctx) -> None` that raises Failure where the requirement does not hold."""

    def register(body: Body) -> Check:
        return Check(requirement, body, tuple(killed_by), tuple(uses))

    return register
