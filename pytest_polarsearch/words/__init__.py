"""What people read, in English and Chinese: one registry, the tables (TOML) beside this module; no string twice.

`interface` has the words of terminal and reports, `checks` what checks look at, expect and note, `reasons` why
something was not judged or not answered, `leftovers` what a run could not remove or put back, and what it is told of
at its head, `usage` what was wrong with options and files. Sentences of requirements and of known causes stand in
their own tables.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Json = Any

LANGUAGES = ("en", "zh")


def rows(table: Mapping[str, Json], prefix: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every row of a table with its key; tables inside are named before it: `chat.finish-reason`."""
    for name, row in table.items():
        if isinstance(row.get("en"), str):
            yield f"{prefix}{name}", row
        else:
            yield from rows(row, f"{prefix}{name}.")


def _read() -> dict[str, dict[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for file in resources.files(__package__).iterdir():
        if file.name.endswith(".toml"):
            found.update(rows(tomllib.loads(file.read_text(encoding="utf-8"))))
    return {lang: {key: row[lang] for key, row in found.items()} for lang in LANGUAGES}


#: Language -> key -> words.
WORDS = _read()


class Said(str):
    """A text of the registry with its values filled in: itself in English, `spoken` in any language.

    A value that is such a text too is spoken in the same language. Raises KeyError for a key that has no row.
    """

    key: str
    values: Mapping[str, Json]

    def __new__(cls, key: str, /, **values: Json) -> Said:
        """The text of a row, `{name}` filled in."""
        self = super().__new__(cls, WORDS["en"][key].format(**values))
        self.key, self.values = key, values
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Json]]:
        return (self.key,), dict(self.values)


def said(key: str, /, **values: Json) -> Said:
    """The text of a row of the registry, with its values."""
    return Said(key, **values)


def spoken(text: str, lang: str) -> str:
    """A text in a language; one that is of no registry is the same in all."""
    if not isinstance(text, Said):
        return text
    values = {name: spoken(one, lang) if isinstance(one, Said) else one for name, one in text.values.items()}
    return WORDS[lang][text.key].format(**values)


def plain_text(text: str) -> Json:
    """The text in builtin types that keep all its languages."""
    if not isinstance(text, Said):
        return text
    return {"key": text.key, "values": {name: plain_text(one) for name, one in text.values.items()}}


def text_of(plain: Json) -> str:
    """The text that `plain_text` took apart."""
    if not isinstance(plain, dict):
        return plain  # type: ignore[no-any-return]
    return Said(plain["key"], **{name: text_of(one) for name, one in plain["values"].items()})
