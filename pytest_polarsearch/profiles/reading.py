"""Finds and reads the profile that is asked for: a shipped one by name, or a user's file; refuses what is not whole."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from ..settings import Settings, SettingsError, closest
from ..userfile import Field, UserFile, UserFileError
from ..words import said
from .profile import Profile

Json = Any

VERSION = 1
FOLDER = resources.files(__package__)
#: Table of a profile (`""` is the top) -> its fields.
FIELDS: Mapping[str, Mapping[str, Field]] = {
    "": {"version": Field("count", required=True), "title": Field("sentence", required=True), "key": Field("flag")},
    "embedding": {
        "path": Field("path", required=True),
        "model": Field("name", required=True),
        "dimensions": Field("counts"),
        "rows": Field("count"),
        "characters": Field("count"),
        "base64": Field("flag"),
        "native": Field("path"),
    },
    "rerank": {
        "model": Field("name", required=True),
        "native": Field("path"),
        "flat": Field("path"),
        "texts": Field("path"),
        "documents": Field("count"),
        "characters": Field("count"),
        "return_documents": Field("flag"),
        "instruct": Field("flag"),
    },
    "chat": {
        "path": Field("path", required=True),
        "model": Field("name", required=True),
        "stream": Field("flag"),
        "tools": Field("flag"),
        "json": Field("flag"),
    },
}
#: The routes of a rerank; one at least must be there.
SHAPES = ("native", "flat", "texts")


@cache
def shipped() -> tuple[str, ...]:
    """The names of the profiles that come with the kit."""
    names = (file.name for file in FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def read_shipped(name: str) -> Profile:
    """A profile that comes with the kit."""
    with resources.as_file(FOLDER / f"{name}.toml") as path:
        return read_profile(path, "en", name)


def profile_of(settings: Settings) -> Profile:
    """The profile that the settings name, or are. Raises SettingsError with one sentence."""
    if isinstance(settings["profile"], Profile):
        return settings["profile"]
    name = str(settings["profile"])
    origin = settings.origin("profile")
    if name in shipped():
        return read_shipped(name)
    path = Path(name).expanduser()
    if not path.exists() and path.suffix != ".toml":
        near, names = closest(name, shipped()), ", ".join(shipped())
        raise SettingsError(said("usage.no-profile", origin=origin, name=name, near=near, names=names))
    try:
        return read_profile(path, settings["lang"])
    except UserFileError as error:
        raise SettingsError(said("usage.profile", origin=origin, why=str(error))) from None


def read_profile(path: Path, lang: str, name: str = "") -> Profile:
    """The profile of a file. Raises UserFileError."""
    file = UserFile(path, "profile", lang, version=VERSION)
    file.only(file.document, [*FIELDS[""], *filter(None, FIELDS)])
    file.check({key: value for key, value in file.document.items() if key not in FIELDS or not key}, FIELDS[""])
    for table, fields in FIELDS.items():
        if table and table in file.document:
            file.check(file.table(table), fields, table)
    rerank = file.document.get("rerank", {})
    if rerank and not any(shape in rerank for shape in SHAPES):
        file.missing(rerank, (" / ".join(SHAPES), Field("path")), "rerank")
    return Profile(name or path.stem, file.document)
