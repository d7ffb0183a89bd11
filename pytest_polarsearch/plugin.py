"""pytest doorway."""
