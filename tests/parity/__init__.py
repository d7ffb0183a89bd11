"""Recorded scenarios of real engines, acted out against the emulator."""
