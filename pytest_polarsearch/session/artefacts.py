"""What a run writes, each kind with the files it means, and the search for secrets in all of it.

Whoever writes another kind of file adds a row here, or names the file with `wrote`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..judging.canaries import Scanner
from ..provision.journal import journal_folder
from ..settings import Settings

#: Files that were named while the run went on, by kind.
WRITTEN = pytest.StashKey[list[tuple[str, Path]]]()


def wrote(config: pytest.Config, kind: str, path: Path) -> None:
    """Name a file, or a folder, that this run writes."""
    config.stash.setdefault(WRITTEN, []).append((kind, path))


def _journals(_config: pytest.Config, settings: Settings) -> Iterable[Any]:
    return [journal_folder(settings["journal"])]


def _option(name: str) -> Callable[[pytest.Config, Settings], Iterable[Any]]:
    return lambda _config, settings: [settings.values[name].value] if name in settings.values else []


def _pytests(*names: str) -> Callable[[pytest.Config, Settings], Iterable[Any]]:
    return lambda config, _settings: [getattr(config.option, name, None) for name in names]


def _below_root(name: str) -> Callable[[pytest.Config, Settings], Iterable[Any]]:
    return lambda config, _settings: [config.rootpath / name]


#: Kind -> where its files are; None where there are none in this run.
ARTEFACTS: dict[str, Callable[[pytest.Config, Settings], Iterable[Any]]] = {
    "journal": _journals,
    "recording": _option("record"),
    "report": _option("report"),
    "JUnit file": _pytests("xmlpath"),
    "log file": _pytests("log_file"),
    "cache": _below_root(".pytest_cache"),
    "Hypothesis database": _below_root(".hypothesis"),
}


def artefacts(config: pytest.Config, settings: Settings, since: float) -> Iterator[tuple[str, Path]]:
    """Every file of every kind that was written since a moment (seconds since 1970)."""
    places = [(kind, place) for kind, find in ARTEFACTS.items() for place in find(config, settings) if place]
    for kind, place in [*places, *config.stash.get(WRITTEN, [])]:
        path = Path(place)
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.stat().st_mtime >= since:
                yield kind, file


def leaks(config: pytest.Config, settings: Settings, since: float) -> list[str]:
    """A sentence for each file in which a secret of this run stands; never the secret."""
    scanner = Scanner(settings.secrets.values())
    written = list(artefacts(config, settings, since))
    hits = set(scanner.hits(path for _, path in written))
    return [
        f"{path} ({kind}) holds a password, key or credential of this run: delete it, and change what it shows"
        for kind, path in written
        if path in hits
    ]
