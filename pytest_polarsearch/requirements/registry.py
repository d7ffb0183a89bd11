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
#: Who says so -> the level that this reaches by itself. A row above it says in `breaks` what an application loses.
PROVENANCES = {"guide": "MUST", "vendor": "MUST", "upstream": "SHOULD", "recorded": "INFO", "inferred": "INFO"}
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
    `breaks` and `breaks_zh` say what an application loses where the rule does not hold.
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
    breaks: str = ""
    breaks_zh: str = ""

    @property
    def subject(self) -> str:
        """The part of the id before the first dot."""
        return self.id.partition(".")[0]

    def sentence(self, lang: str) -> str:
        """The rule in `en` or `zh`."""
        return self.zh if lang == "zh" else self.en

    def loss(self, lang: str) -> str:
        """What an application loses without it, in `en` or `zh`; empty where its source alone supports its level."""
        return self.breaks_zh if lang == "zh" else self.breaks


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
    _whole(where, row)
    _possible(where, row)
    _supported(where, row)
    lists = {key: tuple(row.get(key, ())) for key in ("needs", "engines")}
    return Requirement(**{**row, **lists})


def _whole(where: str, row: Mapping[str, Json]) -> None:
    missing = [key for key in ("id", "level", "en", "zh", "provenance", "source", "since") if not row.get(key)]
    missing += [key for key in ("breaks", "breaks_zh") if not row.get(key) and {"breaks", "breaks_zh"} & set(row)]
    strange = sorted(set(row) - {one.name for one in fields(Requirement)})
    if missing or strange:
        raise RegistryError(f"{where}: missing {missing}, unknown {strange}")


def _possible(where: str, row: Mapping[str, Json]) -> None:
    for key, allowed in (("level", LEVELS), ("provenance", PROVENANCES)):
        if row[key] not in allowed:
            raise RegistryError(f"{where}: {key} is {row[key]!r}, not one of {', '.join(allowed)}")
    if not set(row.get("needs", ())) <= set(CAPABILITIES):
        raise RegistryError(f"{where}: needs {row['needs']}, of which some are none of {', '.join(CAPABILITIES)}")
    if row.get("declares", CAPABILITIES[0]) not in CAPABILITIES:
        raise RegistryError(f"{where}: declares {row['declares']!r}, none of {', '.join(CAPABILITIES)}")


def _supported(where: str, row: Mapping[str, Json]) -> None:
    """A level above what its provenance reaches needs a user who loses something."""
    level, reached = row["level"], PROVENANCES[row["provenance"]]
    if LEVELS.index(level) < LEVELS.index(reached) and not row.get("breaks"):
        raise RegistryError(
            f"{where}: {row['provenance']} reaches {reached} by itself; for {level} say in breaks and breaks_zh what "
            f"an application loses where it does not hold, or lower the level"
        )
