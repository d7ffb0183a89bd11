"""Named faults that can be switched on in a server: when one acts, on what, how often. The faults themselves are tables
beside each server (`dashscope/faults.py`, `mlcommons/faults.py`).

A fault acts at one point of a request's way (`Hook`). Several may be on at once; they act in the order they were set.
"""

from __future__ import annotations

import difflib
import inspect
import random
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from .messages import App, Reply, Request
from .trial import Trial

#: Where a fault acts. "request": on the request before it is answered (gives a Request, or a Reply to answer with);
#: "reply": on the finished reply; "outgoing" and "upstream": on what the server itself asks elsewhere, and on the
#: answer to that; "rule": nowhere by itself, the server asks `FaultBox.breaks(name)` where the rule stands.
Hook = Literal["request", "reply", "outgoing", "upstream", "rule"]


@dataclass(frozen=True)
class Occasion:
    """One request that a fault acts on: the request, its route's name, seeded chance, the fault's parameters."""

    request: Request
    route: str
    random: random.Random = field(repr=False)
    params: Mapping[str, Any]


def unchanged(value: Any, _occasion: Occasion) -> Any:
    """What a "rule" fault does by itself."""
    return value


@dataclass(frozen=True)
class Fault:
    """One way to misbehave. `imitates` says whom; `routes` (empty: all) where it makes sense; `params` are defaults.

    `apply(value, occasion)` gives the changed value or an awaitable of it.
    """

    name: str
    imitates: str
    apply: Callable[[Any, Occasion], Any] = field(default=unchanged, repr=False)
    on: Hook = "reply"
    routes: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def fits(self, route: str, wanted: str | None) -> bool:
        """Whether it acts on that route, given the route that was asked for when it was set."""
        return all(any(covers(name, route) for name in names) for names in (self.routes, (wanted,)) if any(names))


def covers(name: str | None, route: str) -> bool:
    """`"rerank"` covers `"rerank"` and `"rerank.flat"`."""
    return name is not None and (route == name or route.startswith(f"{name}."))


class UnknownFault(LookupError):
    """No fault of that name, or no such parameter: the sentence names the closest one."""


class ActiveFault:
    """A fault that is on: `remove()` it, or leave its `with` block. `hits` counts how often it acted."""

    def __init__(self, box: FaultBox, number: int, fault: Fault, chance: Chance) -> None:
        self._box, self.id, self.fault, self.chance, self.hits = box, number, fault, chance, 0

    def __enter__(self) -> ActiveFault:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Switches it off. Twice does nothing."""
        self._box.remove(self.id)

    def acts_on(self, hook: Hook, route: str) -> bool:
        """Whether it acts this time, which counts."""
        if self.fault.on != hook or not self.fault.fits(route, self.chance.route):
            return False
        if self.chance.times is not None and self.hits >= self.chance.times:
            return False
        if self.chance.probability < 1 and self.chance.random.random() >= self.chance.probability:
            return False
        self.hits += 1
        return True

    def as_json(self) -> dict[str, Any]:
        """What the control API shows of it."""
        chance = self.chance
        settings = {"route": chance.route, "times": chance.times, "probability": chance.probability}
        return {"id": self.id, "name": self.fault.name, **settings, "params": chance.params, "hits": self.hits}


@dataclass(frozen=True)
class Chance:
    """Where and how often a fault that is on acts (`times` None: without end), and with which parameters."""

    route: str | None
    times: int | None
    probability: float
    random: random.Random = field(repr=False)
    params: dict[str, Any]


class FaultBox:
    """The faults of one server. `route_of` names a request's route ("" where it has none). Safe from any thread.

    `scope` is an optional prefix of names: `dashscope.latency` means `latency` in a box of scope `dashscope`. With
    `lenient` a fault that cannot read what passes leaves it as it is.
    """

    def __init__(
        self, known: Iterable[Fault], route_of: Callable[[Request], str], scope: str = "", *, lenient: bool = False
    ) -> None:
        self._lenient = lenient
        self.known = {fault.name: fault for fault in known}
        self._route_of, self._scope, self._number = route_of, scope, 0
        self._lock = threading.Lock()
        #: Those that are on, in the order they were set. Replaced whole, so reading needs no lock.
        self.active: tuple[ActiveFault, ...] = ()
        self._trial: Trial | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is on, so that requests need not come by."""
        return not self.active and self._trial is None

    @contextmanager
    def trying(self, names: Iterable[str]) -> Iterator[Trial]:
        """Meanwhile those faults are tried on everything that passes, and change nothing. Raises UnknownFault."""
        self._trial = Trial([self.find(name) for name in names])
        try:
            yield self._trial
        finally:
            self._trial = None

    def _try(self, hook: Hook, value: Any, request: Request | None) -> None:
        trial, request = self._trial, request or Request("", "")
        if trial is not None:
            trial.look(hook, self._route_of(request), request, value)

    def find(self, name: str) -> Fault:
        """The fault of that name. Raises UnknownFault with the closest valid name."""
        short = name.removeprefix(f"{self._scope}.")
        if short in self.known:
            return self.known[short]
        close = difflib.get_close_matches(short, self.known, n=1, cutoff=0.4)
        hint = f"; did you mean '{close[0]}'?" if close else f"; there are: {', '.join(sorted(self.known))}"
        raise UnknownFault(f"no fault is called '{name}'{hint}")

    def set(
        self,
        name: str,
        route: str | None = None,
        times: int | None = None,
        probability: float = 1.0,
        seed: int = 0,
        **params: Any,
    ) -> ActiveFault:
        """Switches a fault on: for one route, for so many requests, with a probability drawn from `seed`.

        Raises UnknownFault for a name or parameter that does not exist, ValueError for a probability outside [0, 1].
        """
        fault = self.find(name)
        for given in params:
            if given not in fault.params:
                raise UnknownFault(
                    f"fault '{fault.name}' has no parameter '{given}'; it has: {', '.join(fault.params)}"
                )
        if not 0 <= probability <= 1:
            raise ValueError(f"a probability lies between 0 and 1, not {probability!r}")
        chance = Chance(route, times, probability, random.Random(seed), {**fault.params, **params})
        with self._lock:
            self._number += 1
            active = ActiveFault(self, self._number, fault, chance)
            self.active = (*self.active, active)
        return active

    def remove(self, number: int) -> bool:
        """Switches one off by its number; whether it was on."""
        with self._lock:
            before = self.active
            self.active = tuple(one for one in before if one.id != number)
            return len(self.active) < len(before)

    def clear(self) -> None:
        """Switches all off."""
        with self._lock:
            self.active = ()

    def breaks(self, name: str, request: Request | None = None) -> bool:
        """Whether the rule of that name is broken now, for a server to ask where the rule stands."""
        if self._trial is not None:
            self._trial.asked(name)
        return any(one.fault.name == name for one, _ in self.due("rule", request))

    def due(self, hook: Hook, request: Request | None) -> list[tuple[ActiveFault, Occasion]]:
        """Those that act at this point on this request."""
        if not self.active:
            return []
        request = request or Request("", "")
        route = self._route_of(request)
        with self._lock:
            acting = [one for one in self.active if one.acts_on(hook, route)]
        return [(one, Occasion(request, route, one.chance.random, one.chance.params)) for one in acting]

    async def through(self, hook: Hook, value: Any, request: Request | None = None) -> Any:
        """The value after every fault that acts at this point."""
        self._try(hook, value, request)
        for one, occasion in self.due(hook, request):
            value = await self._acted(one.fault, value, occasion)
        return value

    async def _acted(self, fault: Fault, value: Any, occasion: Occasion) -> Any:
        """The value after a fault, at once or later."""
        outcome = self._acted_at_once(fault, value, occasion)
        try:
            return await outcome if inspect.isawaitable(outcome) else outcome
        except Exception:
            if not self._lenient:
                raise
            return value

    def _acted_at_once(self, fault: Fault, value: Any, occasion: Occasion) -> Any:
        try:
            return fault.apply(value, occasion)
        except Exception:
            if not self._lenient:
                raise
            return value

    def at_once(self, hook: Hook, value: Any) -> Any:
        """The value after every fault that acts at this point, none of which takes its time."""
        self._try(hook, value, None)
        for one, occasion in self.due(hook, None):
            value = self._acted_at_once(one.fault, value, occasion)
        return value

    async def around(self, request: Request, app: App) -> Reply:
        """The application's answer with the faults "request" and "reply" on its way."""
        asked = request
        self._try("request", request, request)
        for one, occasion in self.due("request", request):
            outcome = await self._acted(one.fault, asked, occasion)
            if isinstance(outcome, Reply):
                return outcome
            asked = outcome
        answer = app(asked)
        reply: Reply = await answer if isinstance(answer, Awaitable) else answer
        changed: Reply = await self.through("reply", reply, request)
        return changed
