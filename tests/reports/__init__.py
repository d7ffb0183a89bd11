"""Reports: the event stream and everything made of it."""
