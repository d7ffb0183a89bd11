"""Cluster settings: what PUT and GET `_cluster/settings` do, and the values in force."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .bodies import Literal as NumberLiteral
from .bodies import parse_boolean
from .engines import Engine
from .errors import EngineError, illegal_argument, validation_error
from .hashing import hashed
from .rest import Call
from .setting_rows import SettingRow, rows_of

Value = str | list[str]
Group = dict[str, Value | None]

ML = "plugins.ml_commons."
SCOPES = ("persistent", "transient")
#: Java begins the maps of nested settings this small, which shows in their order.
_NESTED_BUCKETS = 2


class Settings:
    """The settings of one cluster."""

    def __init__(self, engine: Engine) -> None:
        self.rows = rows_of(engine)
        self._unknown_type = engine.unknown_setting_type
        self.stored: dict[str, dict[str, Value]] = {scope: {} for scope in SCOPES}

    def _in_force(self, key: str) -> Value | tuple[str, ...]:
        for scope in reversed(SCOPES):
            if key in self.stored[scope]:
                return self.stored[scope][key]
        return self.rows[key].default

    def flag(self, name: str) -> bool:
        """A boolean ML Commons setting."""
        return self._in_force(ML + name) == "true"

    def texts(self, name: str) -> list[str]:
        """A list ML Commons setting; a text counts as a list with commas."""
        value = self._in_force(ML + name)
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)

    # --- PUT ---

    def update(self, call: Call) -> dict[str, Any]:
        """`PUT _cluster/settings`: checks everything, then applies it; answers what was set."""
        cursor = call.cursor()
        body = cursor.map()
        call.refuse_unknown()
        asked = {scope: _flattened(body.get(scope)) for scope in SCOPES}
        if not any(asked.values()):
            raise validation_error("no settings to update")
        call.permit()
        for scope in SCOPES:
            for key in sorted(asked[scope]):
                self._check(scope, key, asked[scope][key])
        for scope in SCOPES:
            self._apply(self.stored[scope], asked[scope])
        answer: dict[str, Any] = {"acknowledged": True}
        for scope in SCOPES:
            answer[scope] = shown({key: value for key, value in asked[scope].items() if value is not None}, call)
        return answer

    def _check(self, scope: str, key: str, value: Value | None) -> None:
        row = self.rows.get(key)
        if value is None and key.endswith("*"):
            return
        if row is None:
            raise EngineError(self._unknown_type, f"{scope} setting [{key}], not recognized")
        if row.final:
            raise EngineError(self._unknown_type, f"final {scope} setting [{key}], not updateable")
        if not row.dynamic:
            raise EngineError(self._unknown_type, f"{scope} setting [{key}], not dynamically updateable")
        if value is not None:
            _CHECKS[row.kind](row, value)

    @staticmethod
    def _apply(stored: dict[str, Value], asked: Group) -> None:
        for key, value in asked.items():
            if value is not None:
                stored[key] = value
                continue
            for known in [one for one in stored if fnmatch.fnmatchcase(one, key)]:
                del stored[known]

    # --- GET ---

    def read(self, call: Call) -> dict[str, Any]:
        """`GET _cluster/settings`."""
        call.refuse_unknown()
        call.permit()
        answer = {scope: shown(self.stored[scope], call) for scope in SCOPES}
        if call.flag("include_defaults"):
            taken = {key for scope in SCOPES for key in self.stored[scope]}
            rows = [row for row in self.rows.values() if row.key not in taken]
            answer["defaults"] = shown({row.key: _plain(row.default) for row in rows}, call)
        return answer


def shown(group: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """A group of settings as an answer has it: nested, or flat and sorted with `flat_settings`."""
    if call.flag("flat_settings"):
        return {key: group[key] for key in sorted(group)}
    nested: dict[str, Any] = {}
    for key in sorted(group):
        *parents, last = key.split(".")
        place = nested
        for name in parents:
            place = place.setdefault(name, {})
        place[last] = group[key]
    ordered: dict[str, Any] = hashed(nested, _NESTED_BUCKETS)
    return ordered


def _plain(value: str | tuple[str, ...]) -> Value:
    return value if isinstance(value, str) else list(value)


# --- reading ---


def _flattened(value: Any) -> Group:
    """Settings as flat keys with texts; nested objects become dotted keys."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _not_a_map(value)
    return dict(_walk("", value))


def _walk(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Value | None]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _walk(f"{prefix}{name}.", inner)
        elif isinstance(inner, list):
            yield prefix + name, [_item(one) for one in inner]
        else:
            yield prefix + name, None if inner is None else _spelled(inner)


def _item(value: Any) -> str:
    if value is None or isinstance(value, (Mapping, list)):
        raise EngineError("illegal_state_exception", "only value lists are allowed in serialized settings", 500)
    return _spelled(value)


def _spelled(value: Any) -> str:
    if isinstance(value, NumberLiteral):
        return value.text
    return str(value).lower() if isinstance(value, bool) else str(value)


_JAVA_NAMES = ((bool, "Boolean"), (str, "String"), (float, "Double"), (int, "Integer"), (list, "ArrayList"))


def _not_a_map(value: Any) -> EngineError:
    name = next(java for kind, java in _JAVA_NAMES if isinstance(value, kind))
    package = "java.util" if name == "ArrayList" else "java.lang"
    both = f"{package}.{name} and java.util.Map are in module java.base of loader 'bootstrap'"
    reason = f"class {package}.{name} cannot be cast to class java.util.Map ({both})"
    return EngineError("class_cast_exception", reason, 500)


# --- checks ---


def _one(value: Value) -> str:
    return value if isinstance(value, str) else f"[{', '.join(value)}]"


def _check_bool(_: SettingRow, value: Value) -> None:
    parse_boolean(_one(value))


def _check_number(row: SettingRow, value: Value) -> None:
    text = _one(value)
    form = r"[+-]?\d+" if row.kind == "int" else r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
    fits = bool(re.fullmatch(form, text)) and (row.kind != "int" or -(2**31) <= int(text) < 2**31)
    if not fits:
        cause = {"type": "number_format_exception", "reason": f'For input string: "{text}"'}
        raise illegal_argument(f"Failed to parse value [{text}] for setting [{row.key}]", cause)
    if row.least is not None and float(text) < row.least:
        raise illegal_argument(f"Failed to parse value [{text}] for setting [{row.key}] must be >= {row.least}")
    if row.most is not None and float(text) > row.most:
        raise illegal_argument(f"Failed to parse value [{text}] for setting [{row.key}] must be <= {row.most}")


def _check_nothing(_: SettingRow, __: Value) -> None:
    """Texts and lists take anything."""


_CHECKS = {
    "bool": _check_bool,
    "int": _check_number,
    "float": _check_number,
    "list": _check_nothing,
    "text": _check_nothing,
}
