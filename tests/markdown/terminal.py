"""A terminal to look at: pyte, with its scrollback, and a way to print what rich itself makes of a text."""

from __future__ import annotations

import io
import re
from functools import partial

import pyte
from rich.color import ColorSystem
from rich.console import Console

from mistral_chat.markdown import Frame, Look, MarkdownStream, Row
from mistral_chat.markdown.growth import Growth
from mistral_chat.markdown.inline import parse_inline
from mistral_chat.markdown.stream import leaves_of
from mistral_chat.markdown.tokens import blocks_of
from mistral_chat.paint import Painter

Cell = tuple[str, str, str, bool, bool, bool, bool, bool]
"""Character, colour, ground; bold, italic, underlined, struck out, reversed. Of a blank, only what can be seen."""
BLANK: Cell = (" ", "", "default", False, False, False, False, False)

LOOK = Look()
GROUND = Look(code="monokai")
"""A look whose code has a background."""

_PYTE_FAILS_AT = re.compile("[\u20e3\ufe0f\u200d\U0001f1e6-\U0001f1ff]")


def for_pyte(text: str) -> str:
    """The text without what pyte stops at: joined emoji, flags and key caps."""
    return _PYTE_FAILS_AT.sub("", text)


class Terminal:
    """A terminal, with all that it has shown."""

    def __init__(self, width: int, height: int, before: int = 0) -> None:
        self.screen = pyte.HistoryScreen(width, height, history=100_000, ratio=0.5)
        self._stream = pyte.Stream(self.screen)
        self.before = before
        for number in range(before):
            self.write(f"before {number}\r\n")

    def write(self, text: str) -> None:
        self._stream.feed(text)

    @property
    def rows(self) -> list[str]:
        """All rows from the first ever shown to the one of the cursor or the last that is not blank."""
        rows = ["".join(cell[0] for cell in row).rstrip() for row in self.cells]
        return rows + [""] * (self.cursor_row + 1 - len(rows))

    @property
    def cells(self) -> list[list[Cell]]:
        """The rows as cells, without those at the ends of rows and at the end that show nothing."""
        screen = self.screen
        lines = [*screen.history.top, *(screen.buffer[number] for number in range(screen.lines))]
        rows = []
        for line in lines:
            row: list[Cell] = []
            for column in range(screen.columns):
                c = line[column]
                if c.data == " " and not (c.underscore or c.strikethrough or c.reverse):
                    row.append((" ", "", c.bg, False, False, False, False, False))
                else:
                    row.append((c.data, c.fg, c.bg, c.bold, c.italics, c.underscore, c.strikethrough, c.reverse))
            while row and row[-1] == BLANK:
                row.pop()
            rows.append(row)
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def scrolled_off(self) -> int:
        return len(self.screen.history.top)

    @property
    def cursor_row(self) -> int:
        """The number of the cursor's row among all rows."""
        return self.scrolled_off + int(self.screen.cursor.y)


class Session:
    """A stream, its painter and a terminal."""

    def __init__(self, width: int, height: int, before: int = 0, look: Look = LOOK) -> None:
        self.width, self.height = width, height
        self.terminal = Terminal(width, height, before)
        self.stream = MarkdownStream(look, width, height)
        self.painter = Painter(ColorSystem.TRUECOLOR)
        self.committed: list[Row] = []
        self.written = ""
        self._write(self.painter.start())

    def _write(self, text: str) -> None:
        self.written += text
        self.terminal.write(text)

    def draw(self, *, final: bool = False) -> Frame:
        frame = self.stream.frame(final=final)
        self.committed += frame.commit
        self._write(self.painter.paint(frame, self.width, self.height))
        return frame

    def feed(self, text: str) -> Frame:
        self.stream.feed(text)
        return self.draw()

    def finish(self) -> None:
        self.draw(final=True)
        self._write(self.painter.finish())


def printed_by_rich(text: str, look: Look, width: int) -> str:
    """What rich writes for the whole of a text, with the elements of ours."""
    blocks = blocks_of(
        (Growth().finished(leaf) for leaf in leaves_of(text)),
        None,
        partial(parse_inline, hyperlinks=look.hyperlinks),
    )
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=width, color_system="truecolor", legacy_windows=False)
    if text:
        console.print(look.markdown.of(blocks))
    return file.getvalue().replace("\n", "\r\n")
