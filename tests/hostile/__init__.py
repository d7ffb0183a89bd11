"""Targets that mean harm, or are broken as if they did: bounded time and memory, a verdict each, inert output."""
