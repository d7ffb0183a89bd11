"""`profiles`: list the shipped profiles of vendors, or print one to begin a profile of one's own with."""

from __future__ import annotations

import argparse

from .common import OK, say


def add(parser: argparse.ArgumentParser) -> None:
    """Give the parser its arguments."""
    from ..profiles.reading import shipped

    parser.add_argument("name", nargs="?", choices=shipped(), metavar="NAME", help="print the file of this one")
    parser.set_defaults(run=_profiles)


def _profiles(options: argparse.Namespace) -> int:
    from ..profiles.reading import FOLDER, read_shipped, shipped

    if options.name:
        say((FOLDER / f"{options.name}.toml").read_text(encoding="utf-8").rstrip())
        return OK
    for name in shipped():
        profile = read_shipped(name)
        say(f"{name}: {profile.get('', 'title')}; {', '.join(profile.offers)}")
    return OK
