"""Placeholders: parameters as texts, Apache's StringSubstitutor, and how values are escaped for a quoted slot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .engines import Engine
from .errors import EngineError, illegal_argument
from .hashing import hashed
from .javajson import gson, gson_inner
from .lenientjson import is_json

PARAMETERS, CREDENTIAL = "${parameters.", "${credential."
_SUFFIX, _DEFAULT, _ESCAPE = "}", ":-", "$"
_TO_STRING = ".toString()"
_TO_STRING_USE = re.compile(r"\$\{parameters\.([^}]+?)\.toString\(\)\}")
_NULL_SLOT = re.compile(r'"\$\{parameters\.(\w+):-null\}"', re.ASCII)
_SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_TO_ESCAPE = re.compile(r'["\\/]|[^ -~]')


def stringify(parameters: Mapping[str, Any], engine: Engine) -> dict[str, str]:
    """Parameters as the engine keeps them: texts stay, everything else becomes gson's JSON with keys in hash order.

    400 for values nested deeper than the emulator follows (some hundreds of levels).
    """
    try:
        return {
            name: value if isinstance(value, str) else gson(hashed(value), engine) for name, value in parameters.items()
        }
    except RecursionError:
        raise illegal_argument("parameters are nested deeper than the emulator follows") from None


def substitute(text: str, values: Mapping[str, str | None], prefix: str = PARAMETERS) -> str:
    """`text` with `${prefix.name}` and `${prefix.name:-default}` filled in, again inside what was filled in.

    A value of None counts as absent, an absent one without default stays as it is, `$${…}` loses one dollar sign and
    stays. IllegalStateException (500) for a value that leads back to itself.
    """
    return _replace(text, values, prefix, [])


def _replace(text: str, values: Mapping[str, str | None], prefix: str, prior: list[str]) -> str:
    done: list[str] = []
    at = 0
    while (start := text.find(prefix, at)) >= 0:
        end = text.find(_SUFFIX, start + len(prefix))
        if end < 0:
            break
        if start > 0 and text[start - 1] == _ESCAPE and start - 1 >= at:
            done.append(text[at : start - 1] + text[start : start + 1])
            at = start + 1
            continue
        done.append(text[at:start])
        filled = _filled(text[start + len(prefix) : end], values, prefix, prior or [text])
        at = end + 1
        done.append(text[start:at] if filled is None else filled)
    return "".join(done) + text[at:]


def _filled(expression: str, values: Mapping[str, str | None], prefix: str, prior: list[str]) -> str | None:
    name, default = _name_and_default(expression, prefix)
    if name in prior:
        names = "->".join(prior[1:])
        raise EngineError(
            "illegal_state_exception", f"Infinite loop in property interpolation of {prior[0]}: {names}", 500
        )
    value = values.get(name)
    value = default if value is None else value
    return None if value is None else _replace(value, values, prefix, [*prior, name])


def _name_and_default(expression: str, prefix: str) -> tuple[str, str | None]:
    cut = expression.find(_DEFAULT)
    nested = expression.find(prefix)
    if cut < 0 or 0 <= nested < cut:
        return expression, None
    return expression[:cut], expression[cut + len(_DEFAULT) :]


def escape_json(text: str) -> str:
    """Apache's `escapeJson`: short escapes, a backslash before `/`, every unit outside 0x20-0x7E as `\\uXXXX`."""
    return _TO_ESCAPE.sub(lambda found: _SHORT.get(found[0]) or _units(found[0]), text)


def _units(char: str) -> str:
    raw = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{raw[at] << 8 | raw[at + 1]:04X}" for at in range(0, len(raw), 2))


def escaped(parameters: Mapping[str, str], engine: Engine) -> dict[str, str]:
    """A predict's parameters ready for quoted slots: what is JSON stays, and what `no_escape_params` names."""
    spared: Iterable[str] = ()
    if engine.has_no_escape_params:
        spared = {name.strip() for name in parameters.get("no_escape_params", "").split(",")}
    return {
        name: value if name in spared or is_json(value) else escape_json(value) for name, value in parameters.items()
    }


def with_methods(parameters: Mapping[str, str], engine: Engine) -> dict[str, str]:
    """The parameters, and an entry `name.toString()` for each that another parameter's value calls so."""
    called = {name for value in parameters.values() if _TO_STRING in value for name in _TO_STRING_USE.findall(value)}
    added = {f"{name}{_TO_STRING}": gson_inner(parameters[name], engine) for name in called if name in parameters}
    return {**parameters, **added}


def fill_body(template: str, parameters: Mapping[str, str]) -> str:
    """A request body with its placeholders filled in; a quoted `${parameters.x:-null}` without value becomes null."""
    with_nulls = _NULL_SLOT.sub(lambda found: found[0] if found[1] in parameters else "null", template)
    return substitute(with_nulls, parameters)
