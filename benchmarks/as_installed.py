"""A plugin that hides what only this project's own tests bring along: where the kit is installed by itself, httpx looks
for these in vain, and no run pays for loading them."""

from __future__ import annotations

import sys

#: Of selenium, and of the SDKs that the mock is tested with.
OTHERS = ("trio", "rich")

for name in OTHERS:
    sys.modules[name] = None  # type: ignore[assignment]  # an import of it fails, as where it is not installed
