"""What checks compute from answers: vectors of predicts and how near they are. No check stands here."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Sequence
from operator import mul
from typing import TYPE_CHECKING

from .contract import Failure, said

if TYPE_CHECKING:
    from .context import Exchange

Vector = Sequence[float]
#: What the components of a vector are in JSON; a flag is none.
NUMBERS = {int, float}


def vectors(exchange: Exchange) -> list[Vector]:
    """The data of every tensor of a predict's answer, in order. Raises Failure where one holds no numbers."""
    results = exchange.get("inference_results") or ()
    return [_numbers(tensor.get("data"), exchange) for result in results for tensor in result.get("output") or ()]


def rows(exchange: Exchange) -> list[Vector]:
    """The embedding of every row of a service's answer, in order. Raises Failure where one holds no numbers."""
    return [_numbers(row.get("embedding"), exchange) for row in exchange.get("data") or () if isinstance(row, dict)]


def first_row(exchange: Exchange) -> Vector:
    """The first of those embeddings. Raises Failure where there is none."""
    found = rows(exchange)
    if not found:
        raise Failure(said("measures.rows"), said("expect.one-at-least"), said("expect.none"), [exchange])
    return found[0]


def unpacked(packed: object, size: int, exchange: Exchange) -> Vector:
    """The numbers of a vector in base64, little-endian, four bytes each. Raises Failure where it is not so many."""
    try:
        found = base64.b64decode(str(packed), validate=True)
    except ValueError:
        raise Failure(said("measures.packed"), said("measures.base64"), str(packed)[:100], [exchange]) from None
    if len(found) != 4 * size:
        raise Failure(said("measures.bytes", size=size), str(4 * size), str(len(found)), [exchange])
    return struct.unpack(f"<{size}f", found)


def _numbers(data: object, exchange: Exchange) -> Vector:
    if isinstance(data, list) and data and set(map(type, data)) <= NUMBERS and all(map(math.isfinite, data)):
        return data
    raise Failure(said("measures.vector"), said("measures.finite-numbers"), str(data)[:100], [exchange])


def norm(one: Vector) -> float:
    """The length of a vector in space."""
    return math.hypot(*one)


def cosine(one: Vector, other: Vector) -> float:
    """How near two vectors are: 1 for the same direction, 0 where one is zero or their sizes differ."""
    size = norm(one) * norm(other)
    return sum(map(mul, one, other)) / size if size and len(one) == len(other) else 0.0
