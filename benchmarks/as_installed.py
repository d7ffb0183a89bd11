"""A plugin that hides what only extras and this project's own tests bring along, as where the kit is installed alone:
what we stand on looks for some of it, and no such run pays for loading it."""

from __future__ import annotations

import sys
from typing import Any

#: Of selenium, of the SDKs that the mock is tested with, and of the extras `properties` and `fast`.
OTHERS = ("trio", "rich", "hypothesis", "uvloop")


class Hiding:
    """A finder of modules that does not find them."""

    def __init__(self, finder: Any) -> None:
        self._finder = finder

    def __getattr__(self, name: str) -> Any:
        """All else is the finder's."""
        return getattr(self._finder, name)

    def find_spec(self, name: str, *where: Any) -> Any:
        """What the finder says of any other module."""
        return None if name.partition(".")[0] in OTHERS else self._finder.find_spec(name, *where)


sys.meta_path[:] = [Hiding(finder) for finder in sys.meta_path]  # type: ignore[list-item]  # finders by what they do
