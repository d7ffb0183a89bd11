"""What the imitations know of texts: vectors and scores by the words that texts share."""

from __future__ import annotations

import base64
import math
import re
import struct
from zlib import crc32

#: As all-MiniLM-L6-v2 and bge-small have it, which such servers are often started with.
SIZE = 384
#: So common that they say nothing.
STOP = frozenset(
    ["a", "an", "and", "are", "at", "is", "of", "on", "the", "to", "what", "是", "什", "么", "一", "了", "点"]
)


def as_text(one: str | list[int]) -> str:
    """A text, or token ids as one: both servers take them in its place."""
    return one if isinstance(one, str) else " ".join(map(str, one))


def words(text: str) -> list[str]:
    """Words in Latin letters, and single Chinese characters."""
    return [one for one in re.findall(r"[a-z0-9]+|[\u4e00-\u9fff]", text.lower()) if one not in STOP]


def vector(text: str) -> list[float]:
    """A vector of length 1, near those of texts with the same words."""
    numbers = [1e-3] * SIZE
    for word in words(text):
        numbers[crc32(word.encode()) % SIZE] += 1.0
    length = math.sqrt(sum(one * one for one in numbers))
    return [one / length for one in numbers]


def packed(numbers: list[float]) -> str:
    """The vector as OpenAI's clients read it: little-endian floats in base64."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def logit(query: str, document: str) -> float:
    """How well a document answers a query, as a reranker's raw number: above 0 if it does."""
    asked, said = set(words(query)), set(words(document))
    return round(8.5 * len(asked & said) / (len(asked) or 1) - 4.25 + crc32(document.encode()) % 97 / 1000, 4)


def score(query: str, document: str) -> float:
    """The same between 0 and 1."""
    return round(1 / (1 + math.exp(-logit(query, document))), 6)
