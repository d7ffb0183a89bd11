"""How far two recordings may be apart: defaults, and the file that declares others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ..requirements.registry import load
from ..settings import closest
from ..userfile import Field, UserFile

VERSION = 1
FIELDS: Mapping[str, Field] = {
    "version": Field("count", required=True),
    "cosine": Field("share"),
    "rank": Field("share"),
    "ignore": Field("patterns"),
}


@dataclass(frozen=True)
class Tolerances:
    """`cosine`: least likeness of vectors of one text; `rank`: least rank correlation (Spearman) of scores; `ignore`:
    requirements (patterns of ids) whose exchanges are not compared."""

    cosine: float = 0.999
    rank: float = 0.9
    ignore: tuple[str, ...] = ()

    def ignores(self, requirement: str) -> bool:
        """Whether the exchanges of this requirement are not compared."""
        return any(fnmatchcase(requirement, pattern) for pattern in self.ignore)


def read_tolerances(path: Path, lang: str = "en") -> Tolerances:
    """The tolerances of a file. Raises UserFileError, in this language."""
    file = UserFile(path, "tolerances", lang, version=VERSION)
    file.check(file.document, FIELDS)
    given = {key: value for key, value in file.document.items() if key != "version"}
    for pattern in given.get("ignore", ()):
        if not any(fnmatchcase(one, pattern) for one in load()):
            where, takes = file.place("ignore"), file.takes(FIELDS["ignore"])
            file.refuse("value", where=where, key="ignore", value=pattern, takes=takes, near=closest(pattern, load()))
    return Tolerances(**{**given, "ignore": tuple(given.get("ignore", ()))})
