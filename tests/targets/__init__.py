"""Whole servers that are broken, and what a run must say of each."""
