"""Capture, then judge: a run's exchanges kept in a file, and the checks run against that file in place of a cluster."""
