"""What a terminal shows for the bytes it gets: pyte's screen, brought up to what today's terminals do.

pyte 0.8.2 prints the insides of sequences it does not know (DCS, `CSI < u`, SGR with colons), takes `CSI > 4 m` for a
style, loses text behind a zero-width joiner, and has no faint style, links, alternate screen, or scrollback that
survives a resize. Here sequences are cut out first, and only those that the screen knows reach it; all others are
swallowed whole, as a terminal does, and listed in `Display.unknown`.
"""

import codecs
import re
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

import pyte
import pyte.modes
from pyte.screens import Char, StaticDefaultDict
from wcwidth import wcwidth

Line = StaticDefaultDict[int, Char]


class Cell(Char):
    """One cell of the screen; to pyte's styles come faint and the link (OSC 8) it belongs to."""

    faint: bool = False
    link: str = ""

    def _replace(self, **changes: Any) -> "Cell":
        faint, link = changes.pop("faint", self.faint), changes.pop("link", self.link)
        new = super()._replace(**changes)
        assert isinstance(new, Cell)
        new.faint, new.link = faint, link
        return new


class Screen(pyte.Screen):
    """The screen with its scrollback, and the answers a terminal gives."""

    def __init__(self, columns: int, rows: int) -> None:
        self.scrollback: deque[Line] = deque(maxlen=100_000)
        self.answers: list[str] = []
        self._main: tuple[dict[int, Line], int, int] | None = None
        super().__init__(columns, rows)

    def reset(self) -> None:
        super().reset()
        self.cursor.attrs = self.default_char

    @property
    def default_char(self) -> Cell:
        return Cell(" ", reverse=pyte.modes.DECSCNM in self.mode)

    def has_mode(self, private: int) -> bool:
        """Whether `CSI ? private h` is in force."""
        return private << 5 in self.mode

    def write_process_input(self, data: str) -> None:
        self.answers.append(data)

    def draw(self, data: str) -> None:
        for char in data:
            width = wcwidth(char)
            if width > 0:
                self._draw_wide(char, width)
            elif width == 0 and self.cursor.x > 0:
                line = self.buffer[self.cursor.y]
                base = self.cursor.x - 1
                if line[base].data == "" and base > 0:
                    base -= 1
                line[base] = line[base]._replace(data=line[base].data + char)

    def _draw_wide(self, char: str, width: int) -> None:
        if self.cursor.x + width > self.columns:
            if pyte.modes.DECAWM in self.mode:
                self.carriage_return()
                self.linefeed()
            else:
                self.cursor.x = max(0, self.columns - width)
        if pyte.modes.IRM in self.mode:
            self.insert_characters(width)
        line, x = self.buffer[self.cursor.y], self.cursor.x
        if line[x].data == "" and x > 0:
            line[x - 1] = line[x - 1]._replace(data=" ")
        if line[x + width].data == "":
            line[x + width] = line[x + width]._replace(data=" ")
        line[x] = self.cursor.attrs._replace(data=char)
        if width == 2 and x + 1 < self.columns:
            line[x + 1] = self.cursor.attrs._replace(data="")
        self.cursor.x = min(x + width, self.columns)

    def index(self) -> None:
        top, bottom = self.margins or (0, self.lines - 1)
        if self.cursor.y == bottom and top == 0 and self._main is None:
            self.scrollback.append(self.buffer[0])
        super().index()

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        if how == 3:
            self.scrollback.clear()
        else:
            super().erase_in_display(how)

    def select_graphic_rendition(self, *attrs: int) -> None:
        faint, link = getattr(self.cursor.attrs, "faint", False), getattr(self.cursor.attrs, "link", "")
        super().select_graphic_rendition(*attrs)
        rest = iter(attrs or (0,))
        for attr in rest:
            if attr in (38, 48):
                for _ in range({5: 1, 2: 3}.get(next(rest, 0), 0)):
                    next(rest, 0)
            elif attr in (0, 2, 22):
                faint = attr == 2
        self.cursor.attrs = self.cursor.attrs._replace(faint=faint, link=link)  # type: ignore[call-arg]

    def set_link(self, url: str) -> None:
        self.cursor.attrs = self.cursor.attrs._replace(link=url)  # type: ignore[call-arg]

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and {47, 1047, 1049} & set(modes) and self._main is None:
            self._main = dict(self.buffer), self.cursor.x, self.cursor.y
            self.buffer.clear()
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and {47, 1047, 1049} & set(modes) and self._main is not None:
            lines, self.cursor.x, self.cursor.y = self._main
            self.buffer.clear()
            self.buffer.update(lines)
            self._main = None
        super().reset_mode(*modes, **kwargs)

    def report_device_status(self, mode: int, **kwargs: bool) -> None:
        if mode == 6 and not kwargs.get("private"):
            self.write_process_input(f"\x1b[{self.cursor.y + 1};{min(self.cursor.x, self.columns - 1) + 1}R")
        elif mode == 5:
            self.write_process_input("\x1b[0n")

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """As xterm does it: rows go to the scrollback to keep the cursor in sight, and nothing is wrapped anew."""
        rows, width = lines or self.lines, columns or self.columns
        self.margins = None
        for _ in range(self.cursor.y - rows + 1):
            self.scrollback.append(self.buffer[0])
            for y in range(self.lines - 1):
                self.buffer[y] = self.buffer[y + 1]
            self.buffer.pop(self.lines - 1)
            self.cursor.y -= 1
        for y in range(rows, self.lines):
            self.buffer.pop(y, None)
        for line in self.buffer.values():
            for x in [x for x in line if x >= width]:
                del line[x]
        self.lines, self.columns = rows, width
        self.cursor.x = min(self.cursor.x, width - 1)
        self.tabstops = set(range(8, width, 8))


_SEQUENCE: Final = re.compile(
    r"""
      (?P<text>    [^\x1b]+ )
    | \x1b\[ (?P<private> [<=>?]? ) (?P<parameters> [0-9:;]* ) (?P<between> [\x20-/]* ) (?P<final> [@-~] )
    | \x1b\] (?P<osc> [^\x07\x1b]* ) (?: \x07 | \x1b\\ )
    | \x1b[PX^_] [^\x1b]* \x1b\\
    | \x1b[]PX^_] [^\x07\x1b]* (?= \x1b[^\\] )
    | \x1b (?P<escape> [\x20-/]* [0-OQ-WYZ\\`-~] )
    """,
    re.VERBOSE,
)
_UNFINISHED: Final = re.compile(
    r"\x1b (?: \[ [0-?]* [\x20-/]* | \] [^\x07\x1b]* \x1b? | [PX^_] [^\x1b]* \x1b? | [\x20-/]* ) \Z", re.VERBOSE
)
_PRIVATE_MODES: Final = {1, 5, 6, 7, 12, 25, 47, 1004, 1047, 1049, 2004, 2026}
"""Modes the screen, or the terminal around it, makes something of; 2026 (synchronised output) is safe to overlook."""


class Display:
    """Feed bytes, look at the screen. `answers` is what the terminal says back, and is the caller's to take."""

    def __init__(self, columns: int = 80, rows: int = 24, background: str | None = None) -> None:
        self.screen = Screen(columns, rows)
        self.background = background
        self.unknown: list[str] = []
        self._stream = pyte.Stream(self.screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""

    def feed(self, data: bytes) -> None:
        for sequence in self._sequences(self._decoder.decode(data)):
            if sequence["text"] is not None:
                self._stream.feed(sequence["text"])
            elif sequence["final"] is not None:
                self._control(sequence)
            elif sequence["osc"] is not None:
                self._command(sequence["osc"])
            elif sequence["escape"] in ("7", "8", "c", "D", "E", "H", "M"):
                self._stream.feed(sequence[0])
            else:
                self.unknown.append(sequence[0])

    @property
    def answers(self) -> list[str]:
        return self.screen.answers

    def rows(self) -> list[str]:
        """The text of each row of the screen, without the blanks at its end."""
        return [self._text(self.screen.buffer[y]) for y in range(self.screen.lines)]

    def scrollback(self) -> list[str]:
        """The text of each line that has scrolled off the top."""
        return [self._text(line) for line in self.screen.scrollback]

    def cell(self, row: int, column: int) -> Cell:
        cell = self.screen.buffer[row][column]
        assert isinstance(cell, Cell)
        return cell

    def _text(self, line: Line) -> str:
        return "".join(line[x].data for x in range(self.screen.columns)).rstrip(" ")

    def _sequences(self, text: str) -> Iterator[re.Match[str]]:
        text, at = self._held + text, 0
        while at < len(text):
            if found := _SEQUENCE.match(text, at):
                yield found
                at = found.end()
            elif _UNFINISHED.match(text, at):
                break
            else:
                self.unknown.append(text[at : at + 2])
                at += 1
        self._held = text[at:]

    def _control(self, sequence: re.Match[str]) -> None:
        private, final = sequence["private"], sequence["final"]
        numbers = [int(number or 0) for number in re.split("[;:]", sequence["parameters"])]
        if sequence["between"]:
            known = False
        elif private == "?":
            known = final in "JKn" or (final in "hl" and set(numbers) <= _PRIVATE_MODES)
        else:
            known = not private and (final in pyte.Stream.csi or final == "c")
        if final == "m" and known:
            self.screen.select_graphic_rendition(*_styles(sequence["parameters"]))
        elif known and ":" not in sequence["parameters"]:
            self._stream.feed(sequence[0])
        else:
            self.unknown.append(sequence[0])

    def _command(self, osc: str) -> None:
        number, _, rest = osc.partition(";")
        if number == "8":
            self.screen.set_link(rest.partition(";")[2])
        elif number in ("0", "2"):
            self.screen.set_title(rest)
        elif number == "11" and rest == "?" and self.background:
            self.answers.append(f"\x1b]11;{self.background}\x1b\\")
        else:
            self.unknown.append(f"\x1b]{osc}")


def _styles(parameters: str) -> list[int]:
    """The numbers of an SGR, with colons brought to the older form: `4:3` is underlined, `38:2::1:2:3` a colour."""
    numbers: list[int] = []
    for parameter in parameters.split(";"):
        first, *more = [int(number) if number else 0 for number in parameter.split(":")]
        if first == 4 and more:
            numbers.append(4 if more[0] else 24)
        elif first in (38, 48) and more[:1] == [2]:
            numbers += [first, 2, *more[-3:]]
        else:
            numbers += [first, *more]
    return numbers
