"""Recordings: written, read, judged again, compared."""
