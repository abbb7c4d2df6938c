"""Words that several listings share."""

from __future__ import annotations

import time


def counted(number: int, thing: str) -> str:
    """So many things: 1 message, 2 messages."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def age(at: float) -> str:
    """How long ago a Unix time was, in a word or two."""
    seconds = max(0.0, time.time() - at)
    for size, unit in ((86400 * 365, "y"), (86400 * 30, "mo"), (86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return "just now"
