"""When to draw the next frame: at most 40 times a second, and less often if drawing is slow."""

from __future__ import annotations

FRAMES_PER_SECOND = 40
SHARE = 0.25


class Pacer:
    """Spaces frames so that drawing takes at most `SHARE` of the time. All times are in seconds, of any one clock.

    The first frame is due at once, and so is one after a pause. Text that arrives meanwhile goes into the next frame,
    which bounds the work however fast it comes, and however slow the terminal or the line to it is.
    """

    def __init__(self) -> None:
        self._next = 0.0

    def wait(self, now: float) -> float:
        """How long it is until the next frame is due; 0 if it is due."""
        return max(self._next - now, 0.0)

    def drew(self, began: float, ended: float) -> None:
        """A frame was drawn and written between these times."""
        self._next = began + max(1 / FRAMES_PER_SECOND, (ended - began) / SHARE)
