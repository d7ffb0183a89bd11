"""What a text means: a bag of weighted words, its vector as rendered digits, and how near two texts lie.

All in integers until the last step, a table of numbers printed once: the same text gives the same digits on every
machine. A word's vector is one big integer of 32-bit lanes drawn from SHAKE-128 and a text's vector is the plain sum
of its words' integers, so that a new text costs one addition a word (measured: serving.md §4).
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from array import array
from base64 import b64encode
from collections.abc import Sequence
from itertools import islice
from math import dist, isqrt
from operator import itemgetter, mul
from typing import Any, NamedTuple

from . import lexicon, tokens

_WORD, _COMMON, _PAIR, _SINGLE, _IDEA = 8, 1, 6, 3, 7
_CENTRE = 128
_STEPS_PER_SIGMA = 341  # 4096 table entries reach six sigma on each side
_TABLE = 4096
_HALF = 1 << 15  # the lanes' upper halves are table indexes around this
_MIN_SCALE = 1024  # below it, scaling in the lanes would cost more than 1/2048 of the norm
_EXACT_FLOAT = 1e13  # below it a float's rounding error is far less than a half
_CACHED_TEXTS, _CACHED_WORDS, _CACHED_LENGTH = 2048, 2048, 4000

Bag = dict[str, int]


class Vector(NamedTuple):
    """A text's vector as JSON, an array or the base64 of the same numbers as little-endian float32; its tokens."""

    json: bytes
    tokens: int


class Measure(NamedTuple):
    """What comparing needs of a text: its bag, the square of the bag's length, its tokens. Shared: never changed."""

    bag: Bag
    square: int
    tokens: int


def measure(text: str) -> Measure:
    """The measure of a text, reckoned anew; `Meaning.measure` remembers."""
    found = bag(text)
    return Measure(found, sum(map(mul, found.values(), found.values())), tokens.count(text))


def bag(text: str) -> Bag:
    """The weighted features of a text: stems, Chinese pairs and characters, and ideas of the lexicon."""
    found: Bag = {}
    for piece in tokens.pieces(text.lower()):
        features = _chinese(piece) if tokens.is_cjk(piece) else _word(piece)
        for feature, weight in features:
            found[feature] = weight if feature not in found else found[feature] + (weight >> 1)
    words = {feature: weight for feature, weight in found.items() if weight > _COMMON}
    return found if words else found or dict.fromkeys(text, _COMMON)


def words(text: str) -> Bag:
    """The words and Chinese characters of a text as they stand in it, with their weights."""
    found: Bag = {}
    for piece in tokens.pieces(text.lower()):
        parts = list(piece) if tokens.is_cjk(piece) else [piece]
        for part in parts:
            common = part in lexicon.COMMON or part in lexicon.COMMON_ZH or not part.isalnum()
            found[part] = found.get(part, 0) // 2 + (_COMMON if common else _WORD)
    return found


def _word(word: str) -> list[tuple[str, int]]:
    if word in lexicon.COMMON or not word.isalnum():
        return [(word, _COMMON if word.isalnum() else 1)]
    stem = lexicon.stem(word)
    return [(stem, _WORD), *[(idea, _IDEA) for idea in lexicon.IDEAS.get(stem, ())]]


def _chinese(run: str) -> list[tuple[str, int]]:
    found = [(char, 1 if char in lexicon.COMMON_ZH else _SINGLE) for char in run]
    for start in range(len(run) - 1):
        pair = run[start : start + 2]
        common = pair in lexicon.COMMON_ZH or (run[start] in lexicon.COMMON_ZH and run[start + 1] in lexicon.COMMON_ZH)
        found.append((pair, _COMMON if common else _PAIR))
        for size in (2, 3, 4):
            found += ((idea, _IDEA) for idea in lexicon.IDEAS.get(run[start : start + size], ()))
    return found


def nearness(one: Measure, other: Measure) -> int:
    """The cosine of two texts in units of 10**-18, 0 to 10**18: exact, so that order never depends on a rounding."""
    small, large = (one.bag, other.bag) if len(one.bag) < len(other.bag) else (other.bag, one.bag)
    dot = sum([weight * large[feature] for feature, weight in small.items() if feature in large])
    norms = one.square * other.square
    return min(10**18, isqrt(dot * dot * 10**36 // norms)) if dot else 0


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


def _moved(measured: Measure, role: str) -> Bag:
    """The bag with a fifth of its length in the role's own direction; a short one is first made long enough."""
    if not role:
        return measured.bag
    longer = 8 if measured.square < 64 else 1
    found = {feature: weight * longer for feature, weight in measured.bag.items()}
    found[f"\0role:{role}"] = max(1, isqrt(measured.square) * longer // 5)
    return found


class Meaning:
    """Texts to vectors, for every model and size; what was asked before is only looked up. Caches are bounded."""

    def __init__(self) -> None:
        self.overrides: dict[str, tuple[float, ...]] = {}
        self._texts: dict[tuple[str, str, int, str, int, bool], Vector] = {}
        self._measures: dict[str, Measure] = {}
        self._words: dict[tuple[str, int, str], int] = {}
        self._digits: dict[int, _Digits] = {}
        self._lock = threading.Lock()

    def set_vector(self, text: str, vector: Sequence[float]) -> None:
        """From now on `text` has this vector; asked for another size it is cut and renormalised, or filled with 0."""
        self.overrides[text] = tuple(map(float, vector))

    def forget_vectors(self) -> None:
        """Forgets every vector set by hand."""
        self.overrides.clear()

    def measure(self, text: str) -> Measure:
        """The measure of a text, remembered."""
        found = self._measures.get(text)
        if found is None:
            found = measure(text)
            self._remember(self._measures, text, found)
        return found

    def vector(
        self, text: str, space: str, size: int, role: str = "", whole: int = 0, *, base64: bool = False
    ) -> Vector:
        """The vector of a text in the space of a model; `role` ("query", an instruction) moves it slightly.

        It has length 1, unless `whole` is larger than `size`: then it is the beginning of a unit vector of that size.
        """
        if text in self.overrides:
            return _given(self.overrides[text], size, tokens.count(text), base64=base64)
        whole = max(whole, size)
        key = (text, space, size, role, whole, base64)
        found = self._texts.get(key)
        if found is None:
            found = self._render(text, space, size, role, whole, base64=base64)
            self._remember(self._texts, key, found)
        return found

    def _remember(self, cache: dict[Any, Any], key: Any, found: object) -> None:
        """Keeps a result, dropping the oldest; the longest texts are not worth their room."""
        if len(key if isinstance(key, str) else key[0]) > _CACHED_LENGTH:
            return
        with self._lock:
            cache[key] = found
            if len(cache) > _CACHED_TEXTS:
                del cache[next(iter(cache))]

    def _render(self, text: str, space: str, size: int, role: str, whole: int, *, base64: bool) -> Vector:
        digits = self._digits_of(whole)
        measured = self.measure(text)
        indexes = self._indexes(_moved(measured, role), space, whole, digits)[:size]
        table: dict[int, Any] = digits.number if base64 else digits.text
        try:
            found = itemgetter(*indexes)(table)
        except KeyError:  # beyond six sigma: the table's ends
            found = [table[min(max(index, digits.first), digits.last)] for index in indexes]
        if base64:
            return Vector(_base64(array("f", found)), measured.tokens)
        return Vector(f"[{','.join(found)}]".encode(), measured.tokens)

    def _digits_of(self, size: int) -> _Digits:
        if size not in self._digits:
            self._digits[size] = _Digits(size)
        return self._digits[size]

    def _indexes(self, features: Bag, space: str, size: int, digits: _Digits) -> Sequence[int]:
        """Table indexes of the unit vector: centre the lanes' sum, measure it exactly, scale it."""
        total = self._total(features, space, size)
        lanes = _little("I", total.to_bytes(4 * size, "little"))
        centre = _CENTRE * sum(features.values())
        length = max(1, isqrt(_square(lanes, centre) << 32))  # in units of 2**-16, as the size's root below
        scale = ((_STEPS_PER_SIGMA * isqrt(size << 32) << 16) + length // 2) // length
        if scale < _MIN_SCALE:
            fine = (_STEPS_PER_SIGMA * isqrt(size << 64) << 16) // length
            return [(((lane - centre) * fine) >> 32) + _HALF for lane in lanes]
        shift = (_HALF << 16) - centre * scale  # may be negative: each lane's result is not
        moved = total * scale + digits.ones * shift
        return _little("H", moved.to_bytes(4 * size, "little"))[1::2]

    def _total(self, features: Bag, space: str, size: int) -> int:
        """The weighted sum of the words' lanes, one multiplication for each weight that occurs."""
        sums: dict[int, int] = {}
        for word, weight in features.items():
            sums[weight] = sums.get(weight, 0) + self._lanes(word, space, size)
        return sum([weight * lanes for weight, lanes in sums.items()])

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


def _square(lanes: array[int], centre: int) -> int:
    """The sum of the squares of the centred lanes, exactly."""
    rough = dist(lanes, (centre,) * len(lanes)) ** 2
    if rough < _EXACT_FLOAT:
        return round(rough)
    return sum([(lane - centre) ** 2 for lane in lanes])


def _little(kind: str, data: bytes) -> array[int]:
    """Little-endian integers as this machine reads them."""
    found = array(kind, data)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _base64(packed: array[float]) -> bytes:
    if sys.byteorder == "big":
        packed.byteswap()
    return b'"' + b64encode(packed.tobytes()) + b'"'


def _given(vector: tuple[float, ...], size: int, count: int, *, base64: bool) -> Vector:
    numbers = vector[:size] + (0.0,) * (size - len(vector))
    if len(vector) > size:
        length = sum(number * number for number in numbers) ** 0.5 or 1.0
        numbers = tuple(number / length for number in numbers)
    if base64:
        return Vector(_base64(array("f", numbers)), count)
    return Vector(json.dumps(numbers, separators=(",", ":")).encode(), count)
