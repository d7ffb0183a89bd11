"""Tests of one module of pytest_polarsearch each, without pytest's own machinery in between."""
