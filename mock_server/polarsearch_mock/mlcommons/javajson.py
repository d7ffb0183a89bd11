"""Numbers and texts as Java writes them, and JSON as gson and as OpenSearch's x-content writes it.

Values are plain Python ones; an int is Java's Integer, Long or BigInteger by its size, a float is a Double, BigDecimal
and Float32 are the two kinds Python has no type for.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from .engines import Engine

_DOUBLES = frozenset((float,))
_INT_MAX, _LONG_MAX = 2**31, 2**63
_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e7
_SHORT = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\b": "\\b", "\n": "\\n", "\r": "\\r", "\f": "\\f"}
_GSON = re.compile('["\\\\\x00-\x1f\u2028\u2029]')
_GSON_HTML = re.compile("[\"\\\\\x00-\x1f\u2028\u2029<>&=']")
_JACKSON = re.compile('["\\\\\x00-\x1f]')


class BigDecimal(float):
    """A Java BigDecimal: exact where a Double is not, so it keeps its spelling."""

    text: str

    def __new__(cls, text: str) -> BigDecimal:
        """The number that `text` spells."""
        self = super().__new__(cls, text)
        self.text = text
        return self


class Float32(float):
    """A Java float: what a Double becomes on its way to another node."""


def to_float32(value: float) -> Float32:
    """The nearest float; beyond its range Infinity, as Java's `floatValue` has it."""
    try:
        return Float32(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return Float32(float("inf") if value > 0 else float("-inf"))


def _shortest32(value: float) -> str:
    """The shortest decimal that reads back as the same float."""
    for digits in range(1, 10):
        text = f"{value:.{digits - 1}e}"
        if to_float32(float(text)) == value:
            return text
    return repr(value)


def double_text(value: float) -> str:
    """Java's `Double.toString` (`Float.toString` for a Float32): `1.712345678E9`, `1.0E-5`, `0.5`, `NaN`."""
    if type(value) is float and _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        return repr(value)  # in this range Python and Java write the same
    if math.isnan(value):
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    plain = _PLAIN_FROM <= abs(value) < _PLAIN_BELOW or value == 0
    shortest = _shortest32(value) if isinstance(value, Float32) else repr(float(value))
    digits, point = _digits(shortest)
    sign = "-" if shortest.startswith("-") else ""
    return sign + (_plain(digits, point) if plain else f"{digits[0]}.{digits[1:] or '0'}E{point - 1}")


#: Spelling a double costs as much as all else that is done for it; a vector has few different ones, and comes again.
_known_text = lru_cache(maxsize=8192)(double_text)


def _digits(text: str) -> tuple[str, int]:
    """The significant digits of a Python float text and where the point stands among them."""
    mantissa, _, exponent = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits, point = whole + fraction, len(whole) + int(exponent or 0)
    stripped = digits.lstrip("0")
    return (stripped.rstrip("0") or "0", point - (len(digits) - len(stripped))) if stripped else ("0", 1)


def _plain(digits: str, point: int) -> str:
    if point <= 0:
        return f"0.{'0' * -point}{digits}"
    return f"{digits[:point].ljust(point, '0')}.{digits[point:] or '0'}"


def number_text(value: float) -> str:
    """A number as Java's `toString` spells it."""
    if isinstance(value, BigDecimal):
        return value.text
    return double_text(value) if isinstance(value, float) else str(value)


def java_class(value: Any) -> str:
    """The class that json-smart gives a value, as a ClassCastException names it."""
    if isinstance(value, bool):
        return "java.lang.Boolean"
    if isinstance(value, int):
        small, middle = -_INT_MAX <= value < _INT_MAX, -_LONG_MAX <= value < _LONG_MAX
        return "java.lang.Integer" if small else "java.lang.Long" if middle else "java.math.BigInteger"
    for kind, name in _CLASSES:
        if isinstance(value, kind):
            return name
    return "null"


_CLASSES: tuple[tuple[type, str], ...] = (
    (str, "java.lang.String"),
    (BigDecimal, "java.math.BigDecimal"),
    (float, "java.lang.Double"),
    (list, "net.minidev.json.JSONArray"),
    (dict, "java.util.LinkedHashMap"),
)


def _unicode(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}"


def _unicode_upper(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04X}"


def _gson_text(text: str) -> str:
    return f'"{_GSON.sub(_unicode, text)}"'


def _gson_html_text(text: str) -> str:
    return f'"{_GSON_HTML.sub(_unicode, text)}"'


def _jackson_text(text: str) -> str:
    return f'"{_JACKSON.sub(_unicode_upper, text)}"'


def _write(value: Any, text: Callable[[str], str], *, nulls: bool) -> str:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, Mapping):
        kept = ((name, inner) for name, inner in value.items() if nulls or inner is not None)
        return "{" + ",".join(f"{text(name)}:{_write(inner, text, nulls=nulls)}" for name, inner in kept) + "}"
    if isinstance(value, (list, tuple)):
        if _DOUBLES.issuperset(map(type, value)):  # by far the longest lists are vectors
            spell = double_text if 0.0 in value else _known_text  # -0.0 and 0.0 would be one to a memory
            return f"[{','.join(map(spell, value))}]"
        return "[" + ",".join([_write(inner, text, nulls=nulls) for inner in value]) + "]"
    return number_text(value)


def gson(value: Any, engine: Engine) -> str:
    """JSON as the engine's gson writes it: its nulls inside objects, its HTML escapes."""
    return _write(value, _gson_html_text if engine.gson_escapes_html else _gson_text, nulls=engine.gson_keeps_nulls)


def gson_inner(text: str, engine: Engine) -> str:
    """A text as it stands between the quotes of gson's JSON."""
    return gson(text, engine)[1:-1]


def xcontent(value: Any) -> str:
    """JSON as an answer has it (Jackson's generator): numbers that JSON lacks become texts."""
    return _write(_finite(value), _jackson_text, nulls=True)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list):
        plain = _DOUBLES.issuperset(map(type, value)) and all(map(math.isfinite, value))
        return value if plain else [_finite(inner) for inner in value]
    odd = isinstance(value, float) and not math.isfinite(value)
    return double_text(value) if odd else value
