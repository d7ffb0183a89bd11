"""What a run with given settings would judge, told without asking anything of its target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..checks import all_checks
from ..profiles.reading import profile_of
from ..settings import Settings, SettingsError
from ..targets import NO_SERVICE, foreseen
from .registry import Requirement, load
from .sets import scored

#: What becomes of a requirement in a run; `perhaps` depends on the engine that a real cluster turns out to be.
JUDGED, PROVISIONAL, NOT_APPLICABLE, PERHAPS = "judged", "provisional", "not-applicable", "perhaps"


class Planned(NamedTuple):
    """A requirement in a run to come: what it needs of the target, what becomes of it, and why where not judged."""

    id: str
    level: str
    needs: tuple[str, ...]
    state: str
    why: str


def planned(settings: Settings) -> Iterator[Planned]:
    """Every requirement with a check, in the order of the run. Raises SettingsError where no run is possible."""
    missing = foreseen(settings)
    if missing is None:
        raise SettingsError(NO_SERVICE)
    lacking = {**profile_of(settings).lacking, **missing}
    checks = all_checks()
    return (_planned(row, settings, lacking) for row in load().values() if row.id in checks)


def _planned(row: Requirement, settings: Settings, lacking: Mapping[str, str]) -> Planned:
    state, why = _state(row, settings, lacking)
    return Planned(row.id, row.level, row.needs, state, why)


def _state(row: Requirement, settings: Settings, lacking: Mapping[str, str]) -> tuple[str, str]:
    missing = next((one for one in row.needs if one in lacking), None)
    if missing:
        return NOT_APPLICABLE, lacking[missing]
    if row.engines and settings["host"]:
        return PERHAPS, f"engine: {', '.join(row.engines)}"
    if row.engines and settings["engine"] not in row.engines:
        return NOT_APPLICABLE, f"engine: {', '.join(row.engines)}"
    return (JUDGED if scored(row, settings["requirements"]) else PROVISIONAL), ""
