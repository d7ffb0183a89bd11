"""Lint of recipes."""
