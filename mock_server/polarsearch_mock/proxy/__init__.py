"""Stands before a real cluster or model service and misbehaves by name, with the faults of the built-in servers."""
