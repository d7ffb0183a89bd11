"""The rule for names and descriptions that OpenSearch 3.1 brought."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_PUNCTUATION = re.compile(r"[\s.,!?():@\-_'/\"]", re.ASCII)
_LETTERS_AND_NUMBERS = ("L", "N")


def allowed(text: str) -> bool:
    """Whether a text keeps to Java's `^[\\p{L}\\p{N}\\s.,!?():@\\-_'/"]*$`."""
    return all(unicodedata.category(c)[0] in _LETTERS_AND_NUMBERS or _PUNCTUATION.match(c) for c in text)


def faults_of_names(texts: Mapping[str, str | None], required: str) -> list[str]:
    """The faults of named texts, in their order; `required` names the one that may not be blank."""
    faults = []
    for shown, text in texts.items():
        if shown == required and not (text or "").strip():
            faults.append(f"{shown} is required and cannot be null or blank")
        elif text is not None and not allowed(text):
            rule = "letters, numbers, spaces, and basic punctuation (.,!?():@-_'/\")"
            faults.append(f"{shown} can only contain {rule}")
    return faults
