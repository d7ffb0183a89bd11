"""Runs that are killed at every point of their way, and a cluster that must be as it was before."""
