"""What a text means: a bag of weighted words, its vector as rendered digits, and how near two texts lie.

All in integers until the last step, a table of numbers printed once: the same text gives the same digits on every
machine. A word's vector is one big integer of 32-bit lanes drawn from SHAKE-128 and a text's vector is the plain sum
of its words' integers, so that a new text costs one addition a word (measured: serving.md §4).
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from array import array
from base64 import b64encode
from collections.abc import Sequence
from itertools import islice
from math import isqrt
from operator import mul
from typing import NamedTuple

from . import lexicon, tokens

_WORD, _COMMON, _PAIR, _SINGLE, _IDEA = 64, 6, 48, 12, 56
_CENTRE = 128
_STEPS_PER_SIGMA = 341  # 4096 table entries reach six sigma on each side
_TABLE = 4096
_HALF = 1 << 15  # the lanes' upper halves are table indexes around this
_MIN_SCALE = 4096  # below it, scaling in the lanes would cost more than 1/8192 of the norm
_CACHED_TEXTS, _CACHED_WORDS, _CACHED_LENGTH = 2048, 2048, 4000
_ENDINGS = re.compile(r"(?<=\w{3})(?:ings?|edly|ed|es|s|ly|er|ers|e)$")

Bag = dict[str, int]


class Vector(NamedTuple):
    """A text's vector as JSON, the same numbers as base64 of little-endian float32, and the text's tokens."""

    json: bytes
    base64: bytes
    tokens: int


def bag(text: str) -> Bag:
    """The weighted features of a text: stems, Chinese pairs and characters, and ideas of the lexicon."""
    found: Bag = {}
    for piece in tokens.pieces(text.lower()):
        features = _chinese(piece) if tokens.is_cjk(piece) else _word(piece)
        for feature, weight in features:
            found[feature] = weight if feature not in found else found[feature] + (weight >> 1)
    words = {feature: weight for feature, weight in found.items() if weight > _COMMON}
    return found if words else found or dict.fromkeys(text, _COMMON)


def _word(word: str) -> list[tuple[str, int]]:
    if word in lexicon.COMMON or not word.isalnum():
        return [(word, _COMMON if word.isalnum() else 1)]
    stem = _ENDINGS.sub("", word)
    ideas = lexicon.IDEAS.get(word) or lexicon.IDEAS.get(stem) or lexicon.IDEAS.get(stem + "e") or ()
    return [(stem, _WORD), *((idea, _IDEA) for idea in ideas)]


def _chinese(run: str) -> list[tuple[str, int]]:
    found = [(char, 1 if char in lexicon.COMMON_ZH else _SINGLE) for char in run]
    for start in range(len(run) - 1):
        pair = run[start : start + 2]
        common = pair in lexicon.COMMON_ZH or (run[start] in lexicon.COMMON_ZH and run[start + 1] in lexicon.COMMON_ZH)
        found.append((pair, _COMMON if common else _PAIR))
        for size in (2, 3, 4):
            found += ((idea, _IDEA) for idea in lexicon.IDEAS.get(run[start : start + size], ()))
    return found


def nearness(one: Bag, other: Bag) -> int:
    """The cosine of two bags in units of 10**-18, 0 to 10**18: exact, so that order never depends on a rounding."""
    small, large = (one, other) if len(one) < len(other) else (other, one)
    dot = sum(weight * large[feature] for feature, weight in small.items() if feature in large)
    norms = sum(map(mul, one.values(), one.values())) * sum(map(mul, other.values(), other.values()))
    return min(10**18, isqrt(dot * dot * 10**36 // norms)) if norms else 0


class _Digits:
    """The numbers a vector of `size` lanes may hold, printed once."""

    def __init__(self, size: int) -> None:
        sigma = 1 / _root(size)
        middle = (_TABLE - 1) / 2
        self.values = array("f", [(index - middle) * sigma / _STEPS_PER_SIGMA for index in range(_TABLE)])
        first = _HALF - _TABLE // 2
        self.text = {first + index: f"{value:.9g}" for index, value in enumerate(self.values)}
        self.number = {first + index: value for index, value in enumerate(self.values)}
        self.first, self.last = first, first + _TABLE - 1
        self.ones = int.from_bytes(b"\1\0\0\0" * size, "little")


def _root(size: int) -> float:
    return isqrt(size << 40) / (1 << 20)


class Meaning:
    """Texts to vectors, for every model and size; what was asked before is only looked up. Caches are bounded."""

    def __init__(self) -> None:
        self.overrides: dict[str, tuple[float, ...]] = {}
        self._texts: dict[tuple[str, str, int, str], Vector] = {}
        self._words: dict[tuple[str, int, str], int] = {}
        self._digits: dict[int, _Digits] = {}
        self._lock = threading.Lock()

    def set_vector(self, text: str, vector: Sequence[float]) -> None:
        """From now on `text` has this vector; asked for another size it is cut and renormalised, or filled with 0."""
        with self._lock:
            self.overrides[text] = tuple(map(float, vector))
            self._texts.clear()

    def forget_vectors(self) -> None:
        """Forgets every vector set by hand."""
        with self._lock:
            self.overrides.clear()
            self._texts.clear()

    def vector(self, text: str, space: str, size: int, role: str = "") -> Vector:
        """The vector of a text in the space of a model family; `role` ("query", an instruction) moves it slightly."""
        key = (text, space, size, role)
        found = self._texts.get(key)
        if found is None:
            found = self._render(text, space, size, role)
            if len(text) <= _CACHED_LENGTH:
                self._remember(key, found)
        return found

    def _remember(self, key: tuple[str, str, int, str], found: Vector) -> None:
        with self._lock:
            self._texts[key] = found
            if len(self._texts) > _CACHED_TEXTS:
                del self._texts[next(iter(self._texts))]

    def _render(self, text: str, space: str, size: int, role: str) -> Vector:
        if text in self.overrides:
            return _given(self.overrides[text], size, tokens.count(text))
        digits = self._digits_of(size)
        indexes = self._indexes(self._features(text, role), space, size, digits)
        try:
            printed = ",".join(map(digits.text.__getitem__, indexes))
        except KeyError:  # beyond six sigma: the table's ends
            indexes = [min(max(index, digits.first), digits.last) for index in indexes]
            printed = ",".join(map(digits.text.__getitem__, indexes))
        packed = array("f", map(digits.number.__getitem__, indexes))
        return Vector(f"[{printed}]".encode(), _base64(packed), tokens.count(text))

    def _features(self, text: str, role: str) -> Bag:
        found = bag(text)
        if role:
            length = isqrt(sum(map(mul, found.values(), found.values())))
            found[f"\0role:{role}"] = max(1, length // 5)
        return found

    def _digits_of(self, size: int) -> _Digits:
        if size not in self._digits:
            self._digits[size] = _Digits(size)
        return self._digits[size]

    def _indexes(self, features: Bag, space: str, size: int, digits: _Digits) -> Sequence[int]:
        """Table indexes of the unit vector: centre the lanes' sum, measure it exactly, scale it."""
        total = sum(self._lanes(word, space, size) * weight for word, weight in features.items())
        lanes = array("I", total.to_bytes(4 * size, "little"))
        centre = _CENTRE * sum(features.values())
        square = sum(map(mul, lanes, lanes)) - 2 * centre * sum(lanes) + size * centre * centre
        scale = (_STEPS_PER_SIGMA * isqrt(size << 32)) // max(1, isqrt(square))
        if scale < _MIN_SCALE:
            fine = (_STEPS_PER_SIGMA * isqrt(size << 64)) // max(1, isqrt(square))
            return [(((lane - centre) * fine) >> 32) + _HALF for lane in lanes]
        shift = (_HALF << 16) - centre * scale  # may be negative: each lane's result is not
        moved = total * scale + digits.ones * shift
        return array("H", moved.to_bytes(4 * size, "little"))[1::2]

    def _lanes(self, word: str, space: str, size: int) -> int:
        key = (space, size, word)
        found = self._words.get(key)
        if found is None:
            spread = bytearray(4 * size)
            spread[0::4] = hashlib.shake_128(f"{space}\0{word}".encode("utf-8", "surrogatepass")).digest(size)
            found = int.from_bytes(spread, "little")
            with self._lock:
                self._words[key] = found
                if len(self._words) > _CACHED_WORDS:
                    for old in list(islice(self._words, _CACHED_WORDS // 8)):
                        del self._words[old]
        return found


def _base64(packed: array[float]) -> bytes:
    if _big_endian():
        packed.byteswap()
    return b'"' + b64encode(packed.tobytes()) + b'"'


def _big_endian() -> bool:
    """Whether this machine's own floats must be turned round: the wire is little-endian."""
    return array("H", [1]).tobytes()[0] == 0


def _given(vector: tuple[float, ...], size: int, count: int) -> Vector:
    numbers = vector[:size] + (0.0,) * (size - len(vector))
    if len(vector) > size:
        length = sum(number * number for number in numbers) ** 0.5 or 1.0
        numbers = tuple(number / length for number in numbers)
    return Vector(json.dumps(numbers, separators=(",", ":")).encode(), _base64(array("f", numbers)), count)
