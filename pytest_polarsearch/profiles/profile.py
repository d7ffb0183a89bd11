"""A vendor's profile: which routes, models, sizes and extras are declared, and what follows for connectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..blueprints import BLUEPRINTS, RERANK_TEXTS, Blueprint
from ..words import said

Json = Any

#: Capability of a model service -> the fields of a profile of which one must be there.
OFFERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "embedding": (("embedding", "path"),),
    "embedding.dimensions": (("embedding", "dimensions"),),
    "embedding.base64": (("embedding", "base64"),),
    "embedding.rows": (("embedding", "rows"),),
    "embedding.characters": (("embedding", "characters"),),
    "embedding.native": (("embedding", "native"),),
    "rerank": (("rerank", "native"), ("rerank", "flat"), ("rerank", "texts")),
    "rerank.native": (("rerank", "native"),),
    "rerank.flat": (("rerank", "flat"),),
    "rerank.documents": (("rerank", "documents"),),
    "rerank.return-documents": (("rerank", "return_documents"),),
    "rerank.instruct": (("rerank", "instruct"),),
    "chat": (("chat", "path"),),
    "chat.stream": (("chat", "stream"),),
    "chat.tools": (("chat", "tools"),),
    "chat.json": (("chat", "json"),),
    "key": (("", "key"),),
}
#: Blueprint -> the table of a profile and the field that holds its path. `prompt` is chat in another template.
ROUTES: Mapping[str, tuple[str, str]] = {
    "embedding": ("embedding", "path"),
    "rerank": ("rerank", "native"),
    "rerank.flat": ("rerank", "flat"),
    "rerank.texts": ("rerank", "texts"),
    "chat": ("chat", "path"),
    "prompt": ("chat", "path"),
}
TEMPLATES: Mapping[str, Blueprint] = {**BLUEPRINTS, "rerank.texts": RERANK_TEXTS}
#: The three shapes of a rerank, the guide's first.
RERANKS = ("rerank", "rerank.flat", "rerank.texts")


@dataclass(frozen=True)
class Profile:
    """What one vendor declares, as its file says it."""

    name: str
    document: Mapping[str, Json]

    def __str__(self) -> str:
        return self.name

    def get(self, table: str, key: str) -> Json:
        """What is declared in a field, or None; the table `""` is the top of the file."""
        return (self.document.get(table, {}) if table else self.document).get(key)

    @property
    def lacking(self) -> dict[str, str]:
        """For each capability that is not declared the reason."""
        offers = self.offers
        absent = [one for one in OFFERS if one not in offers]
        return {one: said("lacking.offer", profile=self.name, capability=one) for one in absent}

    @property
    def offers(self) -> tuple[str, ...]:
        """The capabilities that are declared."""
        return tuple(one for one, fields in OFFERS.items() if any(self.get(*field) for field in fields))

    @cached_property
    def blueprints(self) -> Mapping[str, Blueprint]:
        """Connectors under the vendor's paths and model names; what is not declared stays as in the guide."""
        return {**BLUEPRINTS, **{name: self._blueprint(name) for name in self.offered}}

    @property
    def offered(self) -> tuple[str, ...]:
        """The blueprints of routes that are declared."""
        return tuple(name for name, field in ROUTES.items() if self.get(*field))

    @property
    def reranks(self) -> tuple[str, ...]:
        """The declared shapes of rerank, the guide's first."""
        return tuple(name for name in RERANKS if name in self.offered)

    @property
    def paths(self) -> frozenset[str]:
        """The paths of all declared routes."""
        return frozenset(self.blueprints[name].path for name in self.offered)

    def _blueprint(self, name: str) -> Blueprint:
        table, field = ROUTES[name]
        return replace(TEMPLATES[name], path=self.get(table, field), model=self.get(table, "model"))
