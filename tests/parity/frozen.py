"""Recordings before checks: a run whose client hands a check the answer that a real engine was recorded to give."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from pytest_polarsearch import opening
from pytest_polarsearch import run as run_module
from pytest_polarsearch.checks import all_checks
from pytest_polarsearch.client import Client
from pytest_polarsearch.exchange import Exchange, NotJson
from pytest_polarsearch.opening import open_run
from pytest_polarsearch.provision.naming import new_run_id
from pytest_polarsearch.run import Part, Run
from pytest_polarsearch.secret import Secret
from pytest_polarsearch.selftest import PATIENCE
from pytest_polarsearch.settings import Account, resolve

from .concerns import route
from .matching import Names

Json = Any


class Frozen:
    """One recorded answer, and which of a check's requests it belongs to: those to the same call that were refused
    without it; where none was, the last one."""

    def __init__(self, step: Json, names: Mapping[str, str], sound: list[Exchange]) -> None:
        self._recorded, self._names = step["response"], names
        self.call = route(step["request"]["method"], step["request"]["path"])
        alike = [one for one in sound if route(one.method, one.path) == self.call]
        self._last = 0 if any(_refused(one) for one in alike) else len(alike)
        self._asked, self.given = 0, 0

    def instead_of(self, answer: Exchange) -> Exchange:
        """The recorded answer where it belongs to this request, otherwise the answer itself."""
        if route(answer.method, answer.path) != self.call:
            return answer
        self._asked += 1
        if not (_refused(answer) or self._asked == self._last):
            return answer
        self.given += 1
        headers = {**answer.headers, "content-type": self._recorded["content_type"] or ""}
        return replace(answer, status=self._recorded["status"], headers=headers, body=self._body(answer).encode())

    def _body(self, answer: Exchange) -> str:
        """The recorded body, about the resources of this run."""
        recorded = self._recorded.get("text", self._recorded.get("body"))
        names = Names({}, ordered=False)
        names.difference(recorded, _content(answer))
        filled = names.filled(recorded)
        body = filled if isinstance(filled, str) else json.dumps(filled, ensure_ascii=False)
        for word, own in self._names.items():
            body = body.replace(word, own)
        return body


def _refused(answer: Exchange) -> bool:
    return answer.status is None or answer.status >= 400


def _content(answer: Exchange) -> Json:
    try:
        return answer.json
    except NotJson:
        return answer.text


class FrozenClient(Client):
    """A client that puts a recorded answer in the place of the cluster's, as long as one is given."""

    frozen: Frozen | None = None

    def _send(self, asked: Exchange, headers: Mapping[str, str], timeout: float) -> Exchange:
        answer = super()._send(asked, headers, timeout)
        return self.frozen.instead_of(answer) if self.frozen else answer


@contextmanager
def frozen_run(engine: str) -> Iterator[Run]:
    """A run on the emulator of an engine such as 3.3.2, by a client that takes recorded answers."""
    chosen = {"engine": engine.rpartition(".")[0]}
    settings = resolve(lambda option: chosen.get(option.name), lambda _: None, {})
    settings = replace(settings, account=Account("self", Secret("test")), reader=Account("reader", Secret("none")))
    with pytest.MonkeyPatch.context() as patch:
        for module in (opening, run_module):
            patch.setattr(module, "Client", FrozenClient)
        with open_run(settings, Part(new_run_id()), all_checks().__contains__, patience=PATIENCE) as run:
            yield run
