"""The shipped conformance suite: `pytest --polarsearch` runs it in any folder."""
