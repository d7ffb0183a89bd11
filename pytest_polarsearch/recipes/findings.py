"""What a rule found, and in what words it is told: the table of rules is `rules.toml`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from .facts import SECRETS
from .text import Edit

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: Characters of the file that a message repeats at most.
SHOWN = 120


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: the rule, the span of the file, what it is about, what would put it right."""

    rule: str
    start: int
    end: int
    what: str = ""
    edits: tuple[Edit, ...] = field(default=(), repr=False)

    def said(self, lang: str) -> tuple[str, str, str]:
        """What is wrong, why that matters, and what to do."""
        row, what = rules()[self.rule], shown(self.what)
        wrong, why, fix = (row[key].replace("{what}", what) for key in (f"wrong_{lang}", f"why_{lang}", f"fix_{lang}"))
        return wrong, why, fix


Found = Iterator[Finding]


@cache
def rules() -> Mapping[str, Mapping[str, Any]]:
    """Every rule by its id."""
    return tomllib.loads((resources.files(__package__) / "rules.toml").read_text(encoding="utf-8"))


def masked(text: str) -> str:
    """A text with nobody's secret in it."""
    for secret in SECRETS:
        text = secret.sub("…", text)
    return text


def shown(text: str) -> str:
    """Words of the file as a message may repeat them: on one line, not too long, without secrets."""
    line = re.sub(r"[\x00-\x1f\x7f\s]+", " ", masked(text)).encode("utf-8", "replace").decode()
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
