"""The proxy that misbehaves by name, alone and in the self-test of a user's own target."""
