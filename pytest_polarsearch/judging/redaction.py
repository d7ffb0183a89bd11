"""Takes the run's secrets out of anything that is shown or kept, and puts the variable's name in."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import quote

from ..secret import Secret
from ..settings import Settings

#: What stands where a text was cut: ours, and that of Python's `reprlib`.
CUTS = ("…", "...")
#: Letters of a secret at a cut that count as a piece of it.
LEAST_PIECE = 4


class Redactor:
    """Knows the secrets of a run by the name of the variable that people set for each."""

    def __init__(self, secrets: Mapping[str, Secret]) -> None:
        self._forms: list[tuple[str, str]] = []
        for variable, secret in secrets.items():
            self._forms += [(form, variable) for form in forms(secret.reveal())]
        self._forms.sort(key=lambda pair: -len(pair[0]))

    def __call__(self, text: str, template: str = "${}") -> str:
        """`text` with every form of a secret replaced by its variable, such as `$YOUR_API_KEY`."""
        for form, variable in self._forms:
            if form in text:
                text = text.replace(form, template.format(variable))
        for mark in CUTS:
            if mark in text:
                text = mark.join(self._ends(text.split(mark), template))
        return text

    def _ends(self, parts: list[str], template: str) -> list[str]:
        """The parts of a text that was cut, without a beginning of a secret before a cut or the end of one behind."""
        for form, variable in self._forms:
            name = template.format(variable)
            for at, part in enumerate(parts):
                cut = part
                if at < len(parts) - 1:
                    size = next((n for n in range(len(form), LEAST_PIECE - 1, -1) if cut.endswith(form[:n])), 0)
                    cut = cut[: len(cut) - size] + name if size else cut
                if at > 0:
                    size = next((n for n in range(len(form), LEAST_PIECE - 1, -1) if cut.startswith(form[-n:])), 0)
                    cut = name + cut[size:] if size else cut
                parts[at] = cut
        return parts


def redactor_of(settings: Settings) -> Redactor:
    """Takes the secrets of these settings out of a text."""
    return Redactor(settings.secrets)


def forms(value: str) -> set[str]:
    """How a text can look: raw, JSON-escaped in both ways, percent-encoded, base64 at each of the three offsets, as
    Python shows it."""
    raw = value.encode()
    shifted = {_inner(raw, offset) for offset in range(3)}
    escaped = {json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    shown = {repr(value)[1:-1], repr(raw)[2:-1], value.encode("unicode_escape").decode()}
    found = {value, *escaped, quote(value, safe=""), *shifted, *shown}
    return {form for form in found if len(form) >= 6}


def _inner(raw: bytes, offset: int) -> str:
    """The base64 characters that `raw` alone decides when it starts at `offset` of a group of three bytes."""
    text = base64.b64encode(b"\0" * offset + raw).decode()
    start = -(-offset * 8 // 6)
    end = (offset + len(raw)) * 8 // 6
    return text[start:end]
