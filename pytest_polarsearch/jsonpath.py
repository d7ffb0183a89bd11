"""The one door to jsonpath-ng: what a JSONPath finds in an answer, in the dialect of ML Commons' functions."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonpath_ng.jsonpath import JSONPath
from jsonpath_ng.parser import parse

Json = Any


@cache
def _compiled(path: str) -> JSONPath:
    return parse(path)


def find(document: Json, path: str) -> list[Json]:
    """All values at `path`, such as `$.data[*].embedding`, in the order of the document."""
    return [found.value for found in _compiled(path).find(document)]
