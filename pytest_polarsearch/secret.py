"""Values that must never be read by chance: passwords and API keys."""

from __future__ import annotations

from typing import NoReturn

MASK = "****"


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
