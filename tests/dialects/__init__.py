"""Imitations of vendors' servers: their shapes, limits and errors as their sources and issues say, and nothing else."""
