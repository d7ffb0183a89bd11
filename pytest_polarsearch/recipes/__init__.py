"""Lint of recipes: what stands in connector bodies, settings and curl blocks, judged before anything is sent."""
