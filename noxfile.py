"""Other Pythons and the oldest libraries: `nox` runs the suite under every Python here, with the newest and the oldest
versions of what we stand on. The project's own tests run by the README's line.
"""

from __future__ import annotations

from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
OLDEST = Path(__file__).parent / "oldest.txt"


@nox.session(python=PYTHONS)
@nox.parametrize("versions", ["newest", "oldest"])
def suite(session: nox.Session, versions: str) -> None:
    """The suite on the built-in servers, with this Python and these versions of the libraries."""
    if versions == "oldest" and session.python == "3.13":
        session.skip("the oldest httptools has no wheel for Python 3.13, and its sources no longer compile there")
    session.install(".", *(["-c", str(OLDEST)] if versions == "oldest" else []))
    session.chdir(session.create_tmp())
    session.run("pytest", "--polarsearch", "-q", "-p", "no:cacheprovider")
