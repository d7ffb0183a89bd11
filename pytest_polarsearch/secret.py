"""Values that must never be read by chance: passwords and API keys, and the canaries that stand for them."""

from __future__ import annotations

import secrets
from typing import NoReturn

MASK = "****"
#: Kinds of secrets that a run carries: a canary is planted for each.
PLANTED = ("PASSWORD", "API_KEY", "CREDENTIAL", "HEADER")


class Secret:
    """Holds a text that no repr, log, format or pickle shows; `reveal()` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself: call it only where it goes on the wire."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: pass it on through the environment")


def stand_in() -> Secret:
    """A key that nobody else has, for who must not have the real one."""
    return Secret(f"sk-{secrets.token_hex(12)}")


def new_canaries() -> dict[str, Secret]:
    """One value of each kind that no other run has, by the name that stands in its place where it is taken out."""
    return {f"CANARY_{kind}": Secret(f"canary-{kind.lower()}-{secrets.token_hex(12)}") for kind in PLANTED}
