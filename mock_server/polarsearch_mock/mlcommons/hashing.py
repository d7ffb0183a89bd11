"""The order in which Java's HashMap gives its keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

_MASK = 0xFFFFFFFF
_SMALLEST = 16
_LOAD = 0.75


@lru_cache(maxsize=4096)
def java_hash(text: str) -> int:
    """Java's `String.hashCode`, spread as HashMap spreads it."""
    value = 0
    for unit in text.encode("utf-16-be", "surrogatepass")[1::2] if text.isascii() else _units(text):
        value = (value * 31 + unit) & _MASK
    return value ^ (value >> 16)


def _units(text: str) -> Iterable[int]:
    raw = text.encode("utf-16-be", "surrogatepass")
    return (raw[at] << 8 | raw[at + 1] for at in range(0, len(raw), 2))


def hash_order(names: Iterable[str], buckets: int = _SMALLEST) -> list[str]:
    """The names in the order a HashMap with them gives that began with so many buckets."""
    known = list(names)
    while len(known) > buckets * _LOAD:
        buckets *= 2
    return sorted(known, key=lambda name: java_hash(name) & (buckets - 1))


def hashed(value: Any, buckets: int = _SMALLEST) -> Any:
    """A copy with the keys of every object in hash order."""
    if isinstance(value, Mapping):
        return {name: hashed(value[name], buckets) for name in hash_order(value, buckets)}
    return [hashed(item, buckets) for item in value] if isinstance(value, list) else value
