"""The judge is judged: layers, registry, and every check against every fault."""
