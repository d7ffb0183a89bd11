"""Reads the rows and refuses those that are not whole, with file and id."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LEVELS = ("MUST", "SHOULD", "MAY", "INFO")
PROVENANCES = ("guide", "upstream", "recorded", "vendor", "inferred")
#: What a requirement may need of a target, beyond a cluster that answers.
CAPABILITIES = (
    "settings", "upstream-observed", "faults", "embedding", "embedding.dimensions", "embedding.base64",
    "embedding.rows", "embedding.characters", "embedding.native", "rerank", "rerank.native", "rerank.flat",
    "rerank.documents", "rerank.return-documents", "rerank.instruct", "chat", "chat.stream", "chat.tools", "chat.json",
    "key", "accounts", "reader", "private-service", "service-direct", "hypothesis", "random-examples",
)  # fmt: skip

Json = Any


class RegistryError(ValueError):
    """A row is not whole; the message names file, id and field."""


@dataclass(frozen=True)
class Requirement:
    """One rule: what must hold, how surely it is known, and what a target needs so that it can be judged.

    `declares` is a capability of which the rule judges the presence: broken, it fails a run whose profile declares it.
    """

    id: str
    level: str
    en: str
    zh: str
    provenance: str
    source: str
    since: str
    needs: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    excluded: str = ""
    declares: str = ""

    @property
    def subject(self) -> str:
        """The part of the id before the first dot."""
        return self.id.partition(".")[0]

    def sentence(self, lang: str) -> str:
        """The rule in `en` or `zh`."""
        return self.zh if lang == "zh" else self.en


@cache
def load() -> Mapping[str, Requirement]:
    """All requirements by id, in the order of their files. Raises RegistryError."""
    folder = resources.files(__package__)
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    rows: dict[str, Requirement] = {}
    for file in files:
        for row in parse(file.name, file.read_text(encoding="utf-8")):
            if row.id in rows:
                raise RegistryError(f"{file.name}: the id {row.id} is there twice")
            rows[row.id] = row
    return rows


def parse(name: str, text: str) -> Iterable[Requirement]:
    """The rows of one file. Raises RegistryError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RegistryError(f"{name}: {error}") from None
    return [_row(name, row) for row in document.get("requirement", [])]


def _row(name: str, row: Mapping[str, Json]) -> Requirement:
    where = f"{name}: {row.get('id', 'a row without id')}"
    known = {one.name for one in fields(Requirement)}
    missing = [key for key in ("id", "level", "en", "zh", "provenance", "source", "since") if not row.get(key)]
    strange = sorted(set(row) - known)
    if missing or strange:
        raise RegistryError(f"{where}: missing {missing}, unknown {strange}")
    for key, allowed in (("level", LEVELS), ("provenance", PROVENANCES)):
        if row[key] not in allowed:
            raise RegistryError(f"{where}: {key} is {row[key]!r}, not one of {', '.join(allowed)}")
    if not set(row.get("needs", ())) <= set(CAPABILITIES):
        raise RegistryError(f"{where}: needs {row['needs']}, of which some are none of {', '.join(CAPABILITIES)}")
    if row.get("declares", CAPABILITIES[0]) not in CAPABILITIES:
        raise RegistryError(f"{where}: declares {row['declares']!r}, none of {', '.join(CAPABILITIES)}")
    lists = {key: tuple(row.get(key, ())) for key in ("needs", "engines")}
    return Requirement(**{**row, **lists})
