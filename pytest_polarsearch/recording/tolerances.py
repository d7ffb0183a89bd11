"""How far two recordings may be apart: defaults, and the file that declares others."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ..settings import closest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

VERSION = 1

Json = Any


class TolerancesError(ValueError):
    """A file of tolerances cannot be used; the message names file, key, and what it takes."""


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


def read_tolerances(path: Path) -> Tolerances:
    """The tolerances of a file. Raises TolerancesError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TolerancesError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TolerancesError(f"{path} is no TOML: {error}") from None
    version = document.pop("version", None)
    if version != VERSION:
        raise TolerancesError(f"{path}: version is {version!r}; this kit reads `version = {VERSION}`")
    return Tolerances(**{key: _value(path, key, value) for key, value in document.items()})


def _value(path: Path, key: str, value: Json) -> Json:
    known = [one.name for one in fields(Tolerances)]
    if key not in known:
        raise TolerancesError(
            f"{path}: there is no tolerance {key!r}{closest(key, known)}; it takes {', '.join(known)}"
        )
    if key == "ignore":
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        raise TolerancesError(f"{path}: ignore is {value!r}; it takes a list of requirement ids, * for any part")
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise TolerancesError(f"{path}: {key} is {value!r}; it takes a number from -1 to 1")
    return float(value)
