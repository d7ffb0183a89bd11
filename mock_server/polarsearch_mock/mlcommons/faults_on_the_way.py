"""The faults of the emulator that act on requests: what the cluster is asked, and what it sends to the service."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..faults import Occasion
from .execution import Outgoing
from .fault_places import CREATE, PREDICT, REGISTER, SETTINGS, row
from .reshaping import at, documents, reasked, texts, without

Json = Any

#: Most characters of a text, and of a key, that a cluster with a narrow buffer carries.
TEXT_BUFFER, KEY_BUFFER = 20_000, 40


def headers(change: Callable[[str, str], str | None]) -> Callable[[Outgoing, Occasion], Outgoing]:
    """A change of each header that is sent to the service; None leaves it out."""

    def act(outgoing: Outgoing, _occasion: Occasion) -> Outgoing:
        found = [(name, change(name.lower(), value)) for name, value in outgoing.headers]
        return replace(outgoing, headers=tuple((name, value) for name, value in found if value is not None))

    return act


def as_doubles(value: Json) -> Json:
    """Whole numbers with a point."""
    if isinstance(value, dict):
        return {key: as_doubles(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_doubles(inner) for inner in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


SENDING = (
    row("new-model-name-lost", "a cluster that asks for the model it first heard of",
        texts(lambda text: "qwen-max" if text == "qwen-plus" else text), on="outgoing"),
    row("defaults-not-sent", "a cluster that fills empty parameters",
        texts(lambda text: text or "empty"), on="outgoing"),
    row("slashes-lost", "a cluster that does not carry slashes to the service",
        texts(lambda text: text.replace("/", "")), on="outgoing"),
    row("markup-lost", "a cluster that takes markup out", texts(lambda text: re.sub("[<>&]", "", text)), on="outgoing"),
    row("text-normalised", "a cluster that composes characters: e and an accent become one",
        texts(lambda text: unicodedata.normalize("NFC", text)), on="outgoing"),
    row("long-text-cut", "a cluster with a buffer for texts", texts(lambda text: text[:TEXT_BUFFER]), on="outgoing"),
    row("messages-reordered", "a cluster that does not keep a conversation's order",
        documents(at("messages", lambda found: found[::-1] if isinstance(found, list) else found)), on="outgoing"),
    row("numbers-as-doubles", "a cluster that reads every number as a double",
        documents(at("messages", as_doubles)), on="outgoing"),
    row("numbers-become-texts", "a cluster that puts every value in quotes", documents(at("temperature", str)),
        on="outgoing"),
    row("key-cut", "a cluster with a buffer for keys",
        headers(lambda name, value: value[:KEY_BUFFER] if name == "authorization" else value), on="outgoing"),
    row("content-type-lost", "a cluster that does not say that it sends JSON",
        headers(lambda name, value: "text/plain" if name == "content-type" else value), on="outgoing"),
    row("own-headers-lost", "a cluster that sends the headers it knows",
        headers(lambda name, value: None if name.startswith("x-") else value), on="outgoing"),
)  # fmt: skip


ASKING = (
    row("null-clears-nothing", "a cluster that passes over null", reasked(
        at("persistent", lambda one: {key: value for key, value in one.items() if value is not None})),
        SETTINGS, on="request"),
    row("deploy-flag-ignored", "a cluster that does not read deploy=true",
        lambda request, _: request._replace(query=""), REGISTER, on="request"),
    row("second-scheme-dropped", "a cluster that mends an address with two schemes",
        reasked(at("parameters", at("endpoint", lambda text: str(text).removeprefix("http://")))), CREATE,
        on="request"),
    row("second-action-taken", "a cluster that takes the last of several actions",
        reasked(at("actions", lambda found: found[-1:])), CREATE, on="request"),
    row("skip-switch-ignored", "an engine before 2.17, which checks every parameter",
        reasked(at("parameters", without("skip_validating_missing_parameters"))), PREDICT, on="request"),
)  # fmt: skip


INPUT = (
    row("input-wrapped", "a cluster that puts a list around what is one already",
        documents(at("input", lambda one: [" ".join(one)] if one == ["first", "second"] else one)), on="outgoing"),
)  # fmt: skip

#: The whole table.
ON_THE_WAY = (*SENDING, *ASKING, *INPUT)
