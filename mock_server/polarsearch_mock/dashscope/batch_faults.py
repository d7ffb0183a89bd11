"""Faults that show only where several texts come at once: what becomes of one depends on those beside it. The other
tables: `faults.py`, `lenient_faults.py`, `limit_faults.py`, `literal_faults.py`."""

from __future__ import annotations

from ..faults import Fault, Occasion
from .faults import EMBEDDING, RERANK, row
from .reshaping import Json, documents_of, put_results, reshaped, results, rows

#: Texts from which on a batch is one that these services get wrong.
BATCH = 4
#: How much of a neighbour, and of a place, they let in.
NEIGHBOUR, PLACE = 0.5, 0.05


def neighbours_leak(document: Json, _occasion: Occasion) -> Json:
    """Each vector has something of the next one's."""
    vectors = [one.get("embedding") for one in rows(document)]
    if len(vectors) >= BATCH and all(isinstance(one, list) for one in vectors):
        for one, vector, beside in zip(rows(document), vectors, [*vectors[1:], vectors[0]], strict=True):
            one["embedding"] = [a + NEIGHBOUR * b for a, b in zip(vector, beside, strict=True)]
    return document


def later_score_less(document: Json, occasion: Occasion) -> Json:
    """The later a document stood, the lower its score; the best still comes first."""
    found = results(document)
    if len(documents_of(occasion.request)) < BATCH:
        return document
    for one in found:
        one["relevance_score"] *= 1 - PLACE * one["index"]
    return put_results(document, sorted(found, key=lambda one: -one["relevance_score"]))


def equal_merged(document: Json, occasion: Occasion) -> Json:
    """Of equal documents only the first is answered."""
    asked = documents_of(occasion.request)
    kept = [one for one in results(document) if asked[one["index"]] not in asked[: one["index"]]]
    return put_results(document, kept) if len(kept) < len(results(document)) else document


#: The whole table.
BATCHES: tuple[Fault, ...] = (
    row("neighbours-leak", "a server that lets in what it pads with", reshaped(neighbours_leak), (EMBEDDING,)),
    row("later-documents-score-less", "a reranker that reads one long text", reshaped(later_score_less), (RERANK,)),
    row("equal-documents-merged", "a server that keeps its documents in a set", reshaped(equal_merged), (RERANK,)),
)
