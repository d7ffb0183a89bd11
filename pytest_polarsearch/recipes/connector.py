"""A connector as the rules look at it: its parameters, its actions, the slots of its templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from .jsontree import Node
from .reading import Body, Recipes
from .text import FILLED

SLOT = re.compile(
    r"(?<!\$)\$\{(?P<from>parameters?|credentials?)\.(?P<name>[\w.-]+?)(?P<call>\.toString\(\))?(?P<default>:-[^}]*)?\}"
)
#: Fields of an action that have slots, and those that name a function or hold a script.
TEMPLATES = ("url", "headers", "request_body")
_FUNCTIONS = ("pre_process_function", "post_process_function")
_UPDATE = re.compile(r"/connectors/(?!_create)[^/]+$")


@dataclass(frozen=True)
class Slot:
    """A placeholder of a template: where it stands, what fills it."""

    node: Node
    start: int
    end: int
    origin: str
    name: str
    default: bool


def slots(node: Node | None) -> Iterator[Slot]:
    """Those of a text, or of all texts of an object."""
    for part in node.walk() if node else ():
        for found in SLOT.finditer(part.text):
            default = found["default"] is not None
            yield Slot(part, found.start(), found.end(), found["from"], found["name"], default)


def members(node: Node | None) -> Mapping[str, Node]:
    """An object's values by their names; none of anything else."""
    return {str(key.value): value for key, value in node.members} if node else {}


@dataclass(frozen=True)
class Connector:
    """One connector of a body: the body itself, or what a model's registration has embedded."""

    body: Body
    node: Node

    @cached_property
    def parameters(self) -> Mapping[str, Node]:
        """Its own, by name."""
        return members(self.node.get("parameters"))

    @cached_property
    def actions(self) -> tuple[Node, ...]:
        """What it can do."""
        found = self.node.get("actions")
        return tuple(one for one in found.items if one.kind == "object") if found else ()

    @property
    def partial(self) -> bool:
        """Whether it changes one that is there, and may leave out what that has."""
        return bool(self.body.request.method.upper() == "PUT" and _UPDATE.search(self.body.request.path))

    def used(self) -> set[str]:
        """Parameters that a template, a script or another parameter names."""
        parts = [action.get(name) for action in self.actions for name in TEMPLATES]
        named = {slot.name for part in (*parts, self.node.get("parameters")) for slot in slots(part)}
        return named | {name for name in self.parameters for script in self._scripts() if name in script}

    def _scripts(self) -> Iterator[str]:
        for action in self.actions:
            for name in _FUNCTIONS:
                if node := action.get(name):
                    yield node.text

    def url(self, action: Node) -> str:
        """The address with the connector's own parameters in it."""
        node, own = action.get("url"), self.parameters
        return SLOT.sub(lambda slot: _shown(own.get(slot["name"]), slot[0]), node.text if node else "")


def _shown(node: Node | None, slot: str) -> str:
    return slot if node is None or node.kind not in ("text", "number", "word") else str(node.value)


def connectors(body: Body) -> Iterator[Connector]:
    """Those of a body."""
    for node in (body.root, body.root.get("connector")):
        if node and (found := node.get("actions")) and found.kind == "list":
            yield Connector(body, node)


def known(url: str) -> bool:
    """Whether nothing of an address is still to be filled in."""
    return bool(url) and not re.search(rf"[<>$*{FILLED}]", url)


@dataclass(frozen=True)
class File:
    """What the rules see beside one body: all bodies of the file, and the engine it is for (none: any)."""

    found: Recipes
    engine: str | None = None

    @cached_property
    def connectors(self) -> Sequence[Connector]:
        """All of the file's."""
        return [one for body in self.found.bodies for one in connectors(body)]

    @cached_property
    def predicts(self) -> Sequence[Body]:
        """Bodies that ask a model: parameters, and no connector."""
        return [body for body in self.found.bodies if _asks(body)]

    @cached_property
    def given(self) -> Mapping[str, frozenset[str]]:
        """Parameters that the file's predicts give, each with the kinds of its values."""
        kinds: dict[str, frozenset[str]] = {}
        for body in self.predicts:
            for name, value in members(body.root.get("parameters")).items():
                kinds[name] = kinds.get(name, frozenset()) | {value.kind}
        return kinds


def _asks(body: Body) -> bool:
    parameters = body.root.get("parameters")
    if not parameters or parameters.kind != "object" or body.root.get("actions"):
        return False
    return "_predict" in body.request.path or not (body.request.path or body.root.get("protocol"))
