"""What a predict body asks: the three kinds of input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Dataset:
    """One input. `kind` is "remote" (parameters), "text_docs" or "text_similarity" (a query and texts)."""

    kind: str
    parameters: Mapping[str, Any] | None = None
    text_docs: Sequence[str | None] = ()
    query_text: str | None = None
    action_type: str = "PREDICT"
