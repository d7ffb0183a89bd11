"""`check`: pytest with the suite; there is no second runner."""

from __future__ import annotations

from collections.abc import Sequence


def check(arguments: Sequence[str], *plugins: object) -> int:
    """Run the suite with arguments of pytest; gives its exit status."""
    import pytest

    return int(pytest.main(["--polarsearch", *arguments], plugins=plugins))
