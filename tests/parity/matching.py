"""Comparing what was recorded with what came: placeholders, number forms, key order."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r"\{\{(\w+)\}\}")
_RUN = re.compile(r"(.)\1{2047,}", re.DOTALL)
_REPEAT = re.compile(r"\{\{repeat:(.):(\d+)\}\}", re.DOTALL)
_WHOLE = {"time", "took", "int"}
_ANYTHING = {"any", "cluster", "uuid", "node_name"}
#: Scenarios in which the engine itself keeps no order of keys.
UNORDERED = {"undeploy-bulk"}


def folded(text: str) -> str:
    """Long runs of one character as the recording writes them."""
    return _RUN.sub(lambda found: f"{{{{repeat:{found[1]}:{len(found[0])}}}}}", text)


def unfolded(text: str) -> str:
    """The other way round."""
    return _REPEAT.sub(lambda found: found[1] * int(found[2]), text)


def in_any_order(value: Any) -> Any:
    """The value with its keys sorted."""
    if isinstance(value, dict):
        return {name: in_any_order(value[name]) for name in sorted(value)}
    return [in_any_order(inner) for inner in value] if isinstance(value, list) else value


class Names:
    """What the placeholders of one scenario stand for; learned while comparing."""

    def __init__(self, known: dict[str, str], *, ordered: bool) -> None:
        self.known = known
        self._ordered = ordered

    def filled(self, value: Any) -> Any:
        """A recorded value with every known placeholder replaced."""
        if isinstance(value, dict):
            return {self.filled(name): self.filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        if isinstance(value, str):
            return _TOKEN.sub(lambda found: self.known.get(found[1], found[0]), value)
        return value

    def difference(self, wanted: Any, found: Any, where: str = "") -> str | None:
        """The first difference in words, or None."""
        if isinstance(wanted, str):
            return self._text(wanted, found, where)
        if isinstance(wanted, dict) and isinstance(found, dict):
            return self._object(wanted, found, where)
        if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
            for place, (left, right) in enumerate(zip(wanted, found, strict=True)):
                told = self.difference(left, right, f"{where}[{place}]")
                if told:
                    return told
            return None
        alike = type(wanted) is type(found) and wanted == found
        alike = alike and getattr(wanted, "text", None) == getattr(found, "text", None)
        return None if alike else f"{where}: {wanted!r} was recorded, {found!r} came"

    def _object(self, wanted: dict[str, Any], found: dict[str, Any], where: str) -> str | None:
        pairs, spare = [], dict(found)
        for name in wanted:
            own = name if name in spare else self._partner(name, spare)
            if own is None:
                return f"{where}.{name}: missing"
            pairs.append((name, own))
            del spare[own]
        if spare:
            return f"{where}.{next(iter(spare))}: not recorded"
        if self._ordered and [own for _, own in pairs] != list(found):
            return f"{where}: the keys come as {list(found)}"
        told = (self.difference(wanted[name], found[own], f"{where}.{name}") for name, own in pairs)
        return next((one for one in told if one), None)

    def _partner(self, name: str, spare: dict[str, Any]) -> str | None:
        return next((one for one in spare if _TOKEN.search(name) and self._text(name, one, "") is None), None)

    def _text(self, wanted: str, found: Any, where: str) -> str | None:
        token = _TOKEN.fullmatch(wanted)
        if token and token[1] in _WHOLE and type(found) is int:
            return None
        if token and token[1] == "float" and isinstance(found, float):
            return None
        match = re.fullmatch(self._form(wanted), folded(found), re.DOTALL) if isinstance(found, str) else None
        if match is None:
            return f"{where}: {self.filled(wanted)!r} was recorded, {found!r} came"
        self.known.update(match.groupdict())
        return None

    def _form(self, wanted: str) -> str:
        form, last, new = "", 0, set()
        for token in _TOKEN.finditer(wanted):
            form += re.escape(wanted[last : token.start()])
            last, name = token.end(), token[1]
            if name in self.known:
                form += re.escape(self.known[name])
            elif name in _WHOLE | _ANYTHING:
                form += ".*?"
            elif name in new:
                form += f"(?P={name})"
            else:
                new.add(name)
                form += rf"(?P<{name}>[A-Za-z0-9_-]+)"
        return form + re.escape(wanted[last:])
