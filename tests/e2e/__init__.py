"""The installed command as a person meets it: on a real pseudo-terminal, against a real server on the loopback."""

from typing import Final

PATIENCE: Final = 20.0
"""Seconds to wait for something that should happen at once, on a busy machine."""
