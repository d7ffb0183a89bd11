"""From what a check saw to a verdict, and from a verdict to words people can act on."""
