"""What checks compute from answers: vectors in their order, how near they are, and what is no vector."""

from __future__ import annotations

import pytest

from pytest_polarsearch.checks.contract import Failure
from pytest_polarsearch.checks.measures import cosine, first_row, norm, rows, vectors
from pytest_polarsearch.checks.tools import is_object

from .standins import exchange

ROWS = {"data": [{"index": 0, "embedding": [3, 4.0]}, {"index": 1, "embedding": [1, 0]}]}
TENSORS = {"inference_results": [{"output": [{"data": [1.0]}, {"data": [2.0]}]}, {"output": [{"data": [3.0]}]}]}


def test_vectors_and_rows_come_in_their_order():
    """All tensors of all results, all rows, and the first of them."""
    assert vectors(exchange(got=TENSORS)) == [[1.0], [2.0], [3.0]]
    assert rows(exchange(got=ROWS)) == [[3, 4.0], [1, 0]]
    assert first_row(exchange(got=ROWS)) == [3, 4.0]


@pytest.mark.parametrize("strange", [[], None, "AAAA", [1, "2"], [True, 1.0], [float("nan")], [[1.0]]])
def test_what_is_no_vector_is_named(strange):
    """No numbers, or what only looks like one."""
    with pytest.raises(Failure):
        rows(exchange(got={"data": [{"embedding": [1.0]}, {"embedding": strange}]}))
    with pytest.raises(Failure):
        first_row(exchange(got={"data": []}))


def test_likeness():
    """1 in one direction, 0 across, -1 against; nothing where sizes differ or a vector is zero."""
    assert norm([3, 4]) == 5
    found = [cosine(*pair) for pair in (([1, 1], [2, 2]), ([1, 0], [0, 1]), ([1, 0], [-1, 0]), ([0, 0], [1, 1]))]
    assert found == pytest.approx([1, 0, -1, 0])


@pytest.mark.parametrize(("text", "answer"), [("{}", True), ('{"city": 1}', True), ("[1]", False), ("{", False)])
def test_arguments_of_a_tool_are_an_object(text, answer):
    """Also where the text is no JSON at all."""
    assert is_object(text) is answer
