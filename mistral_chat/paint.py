r"""Turns frames into what is written to the terminal, touching only the rows that changed.

    scrollback    rows of old, never touched
    screen        committed rows, never touched again
                  live rows      <- the cursor waits on the first of them, hidden
                  ...

Between frames the cursor stands at the start of the first live row. So all motion is relative, and when the terminal is
resized, everything that is ours to draw again is below the cursor, whatever the terminal does with the rows above.

A frame is one string: in synchronized output (mode 2026), so that it appears at once where the terminal knows that;
rows are written over, not erased first, so that nothing flickers where it does not. Live rows are written with
autowrap off (mode 7): a row stays one row even if the terminal finds an emoji wider than we do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from zlib import crc32

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style

from mistral_chat.links import safe_link
from mistral_chat.markdown import Frame, Row
from mistral_chat.text import neutralise

HIDE_CURSOR = "\x1b[?25l"
SHOW_CURSOR = "\x1b[?25h"
BEGIN_FRAME = "\x1b[?2026h\x1b[?7l"
END_FRAME = "\x1b[?7h\x1b[?2026l"
AUTOWRAP_ON = "\x1b[?7h"
AUTOWRAP_OFF = "\x1b[?7l"
ERASE_TO_EDGE = "\x1b[K"
ERASE_ROW = "\x1b[2K"
ERASE_BELOW = "\x1b[J"

_UNSURE = re.compile(
    "[^ -~\u00a0-\u00ac\u00ae-\u024f\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u22ff"
    "\u2500-\u259f\u3000-\u3029\u3041-\u3096\u30a0-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60\u22ee]"
)
"""Everything but the letters, signs and ideographs on whose width terminals agree."""


class Painter:
    """Knows which live rows the terminal shows. What its methods return is to be written in one go, in order.

    It begins with the cursor at the start of an empty row, and ends (`finish`) there too. `colors` is what the
    terminal has, None for no styles at all. `disarm` makes text harmless; all text passes through it at this last step.
    """

    def __init__(self, colors: ColorSystem | None, disarm: Callable[[str], str] = neutralise) -> None:
        self._colors = colors
        self._disarm = disarm
        self._shown: Sequence[Row] = ()
        self._size: tuple[int, int] | None = None

    def start(self) -> str:
        """Hide the cursor; `finish` shows it again."""
        return HIDE_CURSOR

    def finish(self) -> str:
        """Leave the live rows as they stand, and put the cursor on an empty row after them."""
        below = "" if self._shown in ((), (Row(),)) else _down(len(self._shown) - 1) + "\r\n"
        self._shown = ()
        return below + SHOW_CURSOR

    def forget(self) -> str:
        """Take the live rows away, however they may look by now; the next frame draws all of its own."""
        self._shown = ()
        return "\r" + ERASE_BELOW

    def paint(self, frame: Frame, width: int, height: int) -> str:
        """The change from the frame before to this one; empty if there is none."""
        live = frame.live[-max(height - 1, 1) :] or (Row(),)
        before = self.forget() if self._size not in (None, (width, height)) else ""
        self._size = width, height
        motion = before + self._change((*frame.commit, *live), len(frame.commit), width)
        self._shown = live
        return BEGIN_FRAME + motion + END_FRAME if motion else ""

    def _change(self, rows: Sequence[Row], commits: int, width: int) -> str:
        """Write those of the rows that are not shown yet, and go to the first one after `commits`."""
        shown = list(self._shown)
        last = max(len(shown) - 1, 0)  # the number of the lowest row that there is
        at = 0
        out: list[str] = []
        for number, row in enumerate(rows):
            may_wrap = number < commits and _UNSURE.search(row.text) is not None
            if not may_wrap and number < len(shown) and shown[number] == row:
                continue
            out.append(_down(min(number, last) - at))
            out.append("\r" if number <= last else "\r\n")
            if may_wrap:
                # It is here to stay, so it may take two rows rather than lose its end: all below it is written anew.
                del shown[number:]
                out.append(ERASE_BELOW + AUTOWRAP_ON + self._row(row, width) + AUTOWRAP_OFF)
                last = number
            else:
                out.append(self._row(row, width))
            at, last = number, max(last, number)
        if last >= len(rows):
            out.append(_down(len(rows) - at) + "\r" + ERASE_BELOW)
            at = len(rows)
        if out or commits:
            out.append("\r" + _down(commits - at))
        return "".join(out)

    def _row(self, row: Row, width: int) -> str:
        """A row, written over what is there. Nothing is erased after a full one: that would take its last character."""
        unsure = ERASE_ROW if _UNSURE.search(row.text) else ""
        erase = self._styled(ERASE_TO_EDGE, row.fill) if cell_len(row.text) < width else ""
        return unsure + self.printed(row) + erase

    def printed(self, row: Row) -> str:
        """A row alone, without anything that moves the cursor or erases: for a place where nothing is drawn again."""
        text = row.text
        harmless = self._disarm(text) == text and "\n" not in text and "\t" not in text
        return "".join(
            self._styled(segment.text if harmless else _one_line(self._disarm(segment.text)), segment.style)
            for segment in row.segments
        )

    def _styled(self, text: str, style: Style | None) -> str:
        if style is None or self._colors is None:
            return text
        link = style.link
        rendered = (style.update_link(None) if link else style).render(text, color_system=self._colors)
        if link and safe_link(link):
            # The id joins the rows of one link. It is made of the address, so that a row drawn again is the same.
            return f"\x1b]8;id={crc32(link.encode()):x};{link}\x1b\\{rendered}\x1b]8;;\x1b\\"
        return rendered


def _down(rows: int) -> str:
    return f"\x1b[{rows}B" if rows > 0 else f"\x1b[{-rows}A" if rows < 0 else ""


def _one_line(text: str) -> str:
    return text.replace("\n", " ").replace("\t", " ")
