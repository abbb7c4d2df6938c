"""The one place that writes: answers go to one stream, everything else to another, and foreign text is disarmed.

Text is handed in as pieces with style names; control characters in it are made visible at the last step before the
write. On a terminal both streams are the same.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import IntEnum
from functools import lru_cache
from typing import Any, TextIO

from mistral_chat.errors import ChatError
from mistral_chat.text import cells, in_ascii, lines, neutralise, one_line, truncate

Piece = tuple[str, str]
"""A style name, "" for none, and a text."""

CLIP_LIMIT = 74_994
"""Bytes of text whose base64 form xterm still takes (100,000 characters with the sequence around it)."""

LONGEST = 1000
"""Cells of a line of an error, which may quote what a server or a user wrote."""

NARROWEST = 24
"""Cells that an explanation beside its word has at least; with less room it stands below the word."""


class Depth(IntEnum):
    """How many colours a stream is given; the numbers are those of rich's ColorSystem."""

    NONE = 0
    STANDARD = 1
    EIGHT_BIT = 2
    TRUECOLOR = 3


def depth(environment: Mapping[str, str], color: str, is_terminal: bool) -> Depth:
    """The colours for a stream, after the setting, then NO_COLOR (no-color.org) and FORCE_COLOR, then the terminal.

    FORCE_COLOR is a depth, from 0 for none, as Node.js has it; anything else forces the colours of the terminal.
    """
    forced = environment.get("FORCE_COLOR", "")
    if color == "never" or (color == "auto" and (environment.get("NO_COLOR") or forced == "0")):
        return Depth.NONE
    term = environment.get("TERM", "")
    if color == "auto" and not forced and (not is_terminal or term == "dumb"):
        return Depth.NONE
    if forced in ("1", "2", "3"):
        return Depth(int(forced))
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return Depth.TRUECOLOR
    if "256" in term or term in ("xterm-kitty", "alacritty", "foot"):
        return Depth.EIGHT_BIT
    return Depth.STANDARD


class Screen:
    """Writes pieces, lines, errors and tables.

    `answers` is where an answer goes, `notes` where all else goes. `styles` maps style names to styles as rich writes
    them. With `plain`, nothing is ever redrawn and no box is drawn: a screen reader, a dumb terminal.
    """

    def __init__(
        self,
        answers: TextIO,
        notes: TextIO,
        *,
        environment: Mapping[str, str],
        color: str = "auto",
        accessible: bool = False,
        quiet: bool = False,
    ) -> None:
        self.answers = answers
        self.notes = notes
        self.accessible = accessible
        self.quiet = quiet
        self.styles: Mapping[str, str] = {}
        self.redraws = answers.isatty()
        self.is_terminal = self.redraws or color == "always"
        self.plain = accessible or environment.get("TERM") == "dumb"
        self.depth = depth(environment, color, answers.isatty())
        self._notes_depth = depth(environment, color, notes.isatty())

    @property
    def coloured(self) -> bool:
        """Whether styles have any effect."""
        return self.depth is not Depth.NONE or self._notes_depth is not Depth.NONE

    @property
    def hyperlinks(self) -> bool:
        """Whether the terminal may be given addresses (OSC 8)."""
        return self.depth is not Depth.NONE and not self.plain

    @property
    def unicode(self) -> bool:
        """Whether more than ASCII can be written."""
        return (self.answers.encoding or "ascii").lower().replace("-", "").startswith("utf")

    @property
    def width(self) -> int:
        """Cells in a row of the terminal; 80 where there is none."""
        return self.size[0]

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        for stream in (self.answers, self.notes):
            try:
                columns, rows = os.get_terminal_size(stream.fileno())
            except (OSError, ValueError):
                continue
            if columns and rows:
                return columns, rows
        return shutil.get_terminal_size((80, 24))

    def clip(self, text: str) -> bool:
        """Asks the terminal to put a text into the clipboard (OSC 52), which works over ssh too.

        False when it is too long for that or there is no terminal; whether the terminal obeys, it does not say.
        """
        data = text.encode()
        if not self.is_terminal or self.plain or len(data) > CLIP_LIMIT:
            return False
        self.write(f"\x1b]52;c;{base64.b64encode(data).decode()}\x07")
        return True

    def ring(self) -> None:
        """Rings the terminal's bell."""
        if self.is_terminal:
            self.write("\a")

    def set_title(self, title: str) -> None:
        """Puts a title on the terminal's window, after the one it has was put away (xterm's title stack)."""
        if self.is_terminal and not self.plain:
            self.write(f"\x1b[22;0t\x1b]0;{one_line(title)}\x07")

    def restore_title(self) -> None:
        """Puts the title back that the window had."""
        if self.is_terminal and not self.plain:
            with suppress(OSError):
                self.write("\x1b[23;0t")

    # ---- writing

    def write(self, text: str) -> None:
        """An answer's exact text, or what a painter made: nothing is disarmed."""
        _put(self.answers, text)

    def line(self, *pieces: Piece | str, hang: int | None = None) -> None:
        """A line that is part of what was asked for: a listing, a value, an answer's head.

        With a `hang` it is broken between words, and so many blanks begin the lines that follow.
        """
        _put(self.answers, self._broken(pieces, self.answers, self.depth, hang) + "\n")

    def note(self, *pieces: Piece | str) -> None:
        """A line beside what was asked for; not written when quiet."""
        if not self.quiet:
            self._aside(*_named(pieces, "note"))

    def warn(self, text: str) -> None:
        """A line that is written also when quiet."""
        self._aside(("warning", "warning: "), ("", one_line(text)))

    def question(self, text: str) -> None:
        """A question that waits for an answer; written also when quiet."""
        self._aside(("", text))

    def error(self, error: ChatError, program: str = "") -> None:
        """At most three lines: what happened, why, and what to do; `program` is put in front in a one-shot."""
        before = f"{program}: error: " if program else "error: " if self.accessible else ""
        self._aside(("error", before + one_line(error.what, LONGEST)))
        if error.why:
            self._aside(("error.why", "  " + one_line(error.why, LONGEST)))
        if error.hint:
            self._aside(("error.hint", "  hint: " + one_line(error.hint, LONGEST)))

    def _aside(self, *pieces: Piece) -> None:
        _put(self.notes, self._broken(pieces, self.notes, self._notes_depth, hang=2) + "\n")

    def table(
        self,
        rows: Sequence[Sequence[str]],
        styles: Sequence[str],
        header: Sequence[str] = (),
        *,
        whole: bool = False,
    ) -> None:
        """Columns side by side; the last one takes what is left of the width.

        Where it is too long it is cut or, if it is to be shown `whole`, broken between words.
        `styles` and `header` go by column. Where it would have no room, the cells of a row follow one another, all but
        the one that names the row with the names of their columns, and the line is broken between words; a pipe always
        gets whole lines.
        """
        shown = [[one_line(cell) for cell in row] for row in rows]
        everything = [list(header), *shown] if header else shown
        widths = [max(cells(row[column]) for row in everything) for column in range(len(styles))] if everything else []
        room = self.width - sum(width + 2 for width in widths[:-1])
        side_by_side = room >= (NARROWEST if whole else 10) or not self.is_terminal
        if header and side_by_side:
            self.line(*_row(header, widths, ["table.header"] * len(styles), room, self.is_terminal))
        if side_by_side and whole:
            for row in shown:
                self.line(*_row(row, widths, styles, room, cut=False), hang=self.width - room)
        elif side_by_side:
            columns = (_row(row, widths, styles, room, self.is_terminal) for row in shown)
            _put(self.answers, "".join(self.styled(pieces, self.depth) + "\n" for pieces in columns))
        else:
            for row in shown:
                self.line(*_in_turn(row, styles, header), hang=2)

    def glossary(self, rows: Sequence[tuple[str, str]], column: int) -> None:
        """Words, and at a column what they mean, broken so as to stay there; on a narrow terminal that stands below."""
        for word, meaning in rows:
            if self.width - column >= NARROWEST or not self.is_terminal:
                blanks = " " * max(2, column - cells(word))
                self.line(("table.name", word), blanks, ("table.value", meaning), hang=column)
            else:
                self.line(("table.name", word))
                self.line("    ", ("table.value", meaning), hang=4)

    def json(self, value: Any, indent: int | None = 2) -> None:
        r"""A JSON value, exact; a line with what a terminal would obey or hide has it, and all but ASCII, as \uXXXX."""
        rows = json.dumps(value, indent=indent, ensure_ascii=False).split("\n")
        if any(neutralise(row) != row for row in rows):
            escaped = json.dumps(value, indent=indent).split("\n")
            rows = [row if neutralise(row) == row else plain for row, plain in zip(rows, escaped, strict=True)]
        _put(self.answers, "\n".join(rows) + "\n")

    def styled(self, pieces: Iterable[Piece | str], depth: Depth) -> str:
        """The pieces as text for the terminal: disarmed, and with the styles that its colours allow."""
        named = _named(pieces)
        if depth is Depth.NONE:
            return self._plain("".join(text for _, text in named))
        return "".join(_render(self._plain(text), self.styles.get(style, ""), depth) for style, text in named)

    def _plain(self, text: str) -> str:
        """Text disarmed, and with the program's own signs in ASCII where there is nothing else."""
        safe = neutralise(text)
        return safe if self.unicode else in_ascii(safe)

    def _broken(self, pieces: Iterable[Piece | str], stream: TextIO, depth: Depth, hang: int | None) -> str:
        """The pieces broken between words for a terminal; one line for a pipe, and for a screen reader."""
        if hang is None or self.accessible or not stream.isatty():
            return self.styled(pieces, depth)
        safe = [(style, neutralise(text)) for style, text in _named(pieces)]
        places = lines("".join(text for _, text in safe), self.width, hang)
        return ("\n" + " " * hang).join(self.styled(_part(safe, start, end), depth) for start, end in places)


def _named(pieces: Iterable[Piece | str], otherwise: str = "") -> list[Piece]:
    """The pieces with their styles; those without one have the other."""
    return [(otherwise, piece) if isinstance(piece, str) else piece for piece in pieces]


def _row(row: Sequence[str], widths: Sequence[int], styles: Sequence[str], room: int, cut: bool) -> list[Piece]:
    pieces: list[Piece] = []
    for cell, width, style in zip(row[:-1], widths[:-1], styles[:-1], strict=True):
        pieces += [(style, cell), ("", " " * (width - cells(cell) + 2))]
    return [*pieces, (styles[-1], truncate(row[-1], room) if cut else row[-1])]


def _in_turn(row: Sequence[str], styles: Sequence[str], header: Sequence[str]) -> list[Piece]:
    """The cells of a row that are not empty, after the names of their columns from the second that has one."""
    pieces: list[Piece] = []
    first = next((column for column, name in enumerate(header) if name), len(row))
    for column, (cell, style) in enumerate(zip(row, styles, strict=True)):
        if cell:
            name = [("note", f"{header[column]} ")] if column > first else []
            pieces += [*name, (style, cell), ("", "  ")]
    return pieces[:-1]


def _part(pieces: Iterable[Piece], start: int, end: int) -> Iterator[Piece]:
    """What of the pieces stands between two places of their text."""
    for style, text in pieces:
        yield style, text[max(0, start) : max(0, end)]
        start, end = start - len(text), end - len(text)


def _render(text: str, style: str, depth: Depth) -> str:
    if not style or not text or depth is Depth.NONE:
        return text
    before, after = _sgr(style, depth)
    return before + text + after


@lru_cache(maxsize=256)
def _sgr(style: str, depth: Depth) -> tuple[str, str]:
    """What switches a style on and off."""
    from mistral_chat.sgr import sgr
    from mistral_chat.style import parse

    numbers = sgr(parse(style), depth)
    return (f"\x1b[{numbers}m", "\x1b[0m") if numbers else ("", "")


def _put(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()
