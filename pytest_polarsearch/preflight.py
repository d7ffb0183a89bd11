"""The first look at a cluster: is it there, does it let us in, is it what the guide is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .client import NoAnswer
from .exchange import Exchange, NotJson
from .verbs import MlCommons
from .words import said

Json = Any

ACTION = re.compile(r"no permissions for \[(?P<action>[^\]]+)\]")


class TargetUnusable(Exception):
    """Nothing can be judged on this target; the message says what was found and what to change."""


@dataclass(frozen=True)
class Engine:
    """Who answered `GET /`."""

    distribution: str
    number: str

    @property
    def line(self) -> str:
        """Major and minor version, such as `3.3`."""
        return ".".join(self.number.split(".")[:2])

    def __str__(self) -> str:
        return f"{self.distribution} {self.number}"


def look(ml: MlCommons) -> Engine:
    """Who the cluster is. Raises TargetUnusable where nothing can be judged, with one sentence."""
    try:
        engine = _identify(ml, ml.info())
        _need_ml_commons(ml, engine)
    except NoAnswer as error:
        raise TargetUnusable(error.args[0]) from None
    return engine


def _identify(ml: MlCommons, answer: Exchange) -> Engine:
    url = ml.client.url
    _need_access(ml, answer)
    try:
        version = answer.get("version") or {}
        number, tagline = str(version.get("number", "")), str(answer.get("tagline") or "")
    except (NotJson, AttributeError):
        number = tagline = ""
    if not answer.ok or not re.match(r"\d+\.\d+", number):
        raise _unusable(
            "not-opensearch", url=url, status=answer.status, type=answer.content_type, text=answer.excerpt(80)
        )
    if version.get("distribution", "opensearch") != "opensearch" or "OpenSearch" not in tagline:
        raise _unusable("elasticsearch", url=url, number=number, tagline=tagline)
    return Engine("opensearch", number)


def _need_access(ml: MlCommons, answer: Exchange) -> None:
    if answer.status == 401:
        given = "" if ml.client.authenticated else said("target.no-account")
        raise _unusable("unauthorized", url=ml.client.url, given=given)
    if answer.status == 403:
        found = ACTION.search(answer.text)
        action = found["action"] if found else said("target.some-action")
        raise _unusable("forbidden", action=action, method=answer.method, path=answer.path)


def _need_ml_commons(ml: MlCommons, engine: Engine) -> None:
    major, minor = (int(part) for part in engine.line.split("."))
    if (major, minor) < (2, 9):
        raise _unusable("too-old", url=ml.client.url, number=engine.number)
    answer = ml.search("connectors", {"match_all": {}}, size=0)
    _need_access(ml, answer)
    if not answer.ok:
        raise _unusable(
            "no-ml-commons", url=ml.client.url, number=engine.number, path=answer.path, status=answer.status,
            text=answer.excerpt(120),
        )  # fmt: skip


def _unusable(finding: str, **values: Json) -> TargetUnusable:
    return TargetUnusable(said(f"target.{finding}", **values))
