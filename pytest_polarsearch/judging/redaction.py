"""Takes the run's secrets out of anything that is shown or kept, and puts the variable's name in."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import quote

from ..secret import Secret
from ..settings import Settings


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
        return text


def redactor_of(settings: Settings) -> Redactor:
    """Takes the secrets of these settings out of a text."""
    secrets: dict[str, Secret] = {}
    if settings.api_key:
        secrets["YOUR_API_KEY"] = settings.api_key
    if settings.account:
        secrets["PASSWORD"] = settings.account.password
    return Redactor(secrets)


def forms(value: str) -> set[str]:
    """How a text can look: raw, JSON-escaped in both ways, percent-encoded, base64 at each of the three offsets."""
    raw = value.encode()
    shifted = {_inner(raw, offset) for offset in range(3)}
    escaped = {json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    found = {value, *escaped, quote(value, safe=""), *shifted}
    return {form for form in found if len(form) >= 6}


def _inner(raw: bytes, offset: int) -> str:
    """The base64 characters that `raw` alone decides when it starts at `offset` of a group of three bytes."""
    text = base64.b64encode(b"\0" * offset + raw).decode()
    start = -(-offset * 8 // 6)
    end = (offset + len(raw)) * 8 // 6
    return text[start:end]
