"""A list to choose from, that gets shorter as one types what to look for, with a preview of the chosen row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Size
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.layout import BufferControl, Dimension, FormattedTextControl, HSplit, Layout, VSplit, Window
from prompt_toolkit.output import Output
from prompt_toolkit.styles import BaseStyle, DynamicStyle, Style

from mistral_chat.arguments import Row
from mistral_chat.prompt.question import asked
from mistral_chat.prompt.search import places_of
from mistral_chat.prompt.terminal import can_show, in_encoding
from mistral_chat.prompt.world import Preview
from mistral_chat.text import cells, neutralise, one_line, truncate

_NARROWEST = 24
"""Cells that the first column has at least; for it others are left out, the last one first."""
_GAP = "  "


class Picking:
    """The rows that have every typed word in them, in whatever case, and the chosen one among them."""

    def __init__(self, rows: Sequence[Row], start: str = "") -> None:
        self.rows = rows
        self._texts = [" ".join(row.columns).lower() for row in rows]
        self.words: list[str] = []
        self.found = list(rows)
        self.place = next((place for place, row in enumerate(rows) if row.value == start), 0)
        self.taken: Row | None = None

    def look_for(self, typed: str) -> None:
        self.words = typed.lower().split()
        self.found = [
            row for row, text in zip(self.rows, self._texts, strict=True) if all(word in text for word in self.words)
        ]
        self.place = 0

    def move(self, by: int) -> None:
        self.place = max(0, min(len(self.found) - 1, self.place + by))

    @property
    def chosen(self) -> Row | None:
        return self.found[self.place] if self.found else None

    def visible(self, height: int) -> tuple[int, Sequence[Row]]:
        """So many rows around the chosen one, and the number of the first."""
        first = max(0, min(self.place - height // 2, len(self.found) - height))
        return first, self.found[first : first + height]


class Drawn:
    """The parts of the screen, for the terminal's size at the moment."""

    def __init__(self, title: str, picking: Picking, preview: Callable[[Row], Preview], output: Output) -> None:
        self._title = title
        self._picking = picking
        self._preview = preview
        self._output = output
        self._mark = "❯ " if can_show("❯", output) else "> "
        self._arrows = " · ↑↓" if can_show("↑↓", output) else ""
        columns = zip(*(row.columns for row in picking.rows), strict=True)
        self._widths = [max(cells(one_line(cell)) for cell in column) for column in columns]

    @property
    def _size(self) -> Size:
        return self._output.get_size()

    def list_height(self) -> int:
        return max(1, min(len(self._picking.rows), (self._size.rows - 4) * 3 // 5))

    def preview_height(self) -> int:
        """With the empty row above it."""
        return max(0, min(12, self._size.rows - 5 - self.list_height()))

    def preview_rows(self) -> int:
        """What is drawn of them: for a sample no more than it has."""
        chosen = self._picking.chosen
        shown = self._preview(chosen) if chosen else ""
        sample = 0 if isinstance(shown, str) else 2 + sum(text.count("\n") for _, text in shown)
        return min(self.preview_height(), sample or self.preview_height())

    def heading(self) -> StyleAndTextTuples:
        found, rows = self._picking.found, self._picking.rows
        count = f"{len(found):,} of {len(rows):,}" if self._picking.words else f"{len(rows):,}"
        return [("class:picker.title", truncate(one_line(f"{self._title} · {count}"), self._size.columns))]

    def listing(self) -> StyleAndTextTuples:
        picking = self._picking
        first, visible = picking.visible(self.list_height())
        lines: StyleAndTextTuples = []
        for number, row in enumerate(visible, first):
            mark = self._mark if number == picking.place else ""
            lines += _line(row, self._widths, self._size.columns, picking.words, mark)
        return lines or [("class:picker.meta", "  nothing has that in it")]

    def preview(self) -> StyleAndTextTuples:
        """The end of a text; a sample in its styles from its beginning."""
        if self._picking.chosen is None:
            return []
        shown = self._preview(self._picking.chosen)
        if not isinstance(shown, str):
            return [("", "\n"), *((f"class:{style}", neutralise(text)) for style, text in shown)]
        lines = [truncate(line, self._size.columns - 2) for line in neutralise(shown).splitlines()]
        end = lines[1 - self.preview_height() :] if self.preview_height() > 1 else []
        return [("class:picker.meta", "\n".join(["", *("  " + line for line in end)]))]

    def help(self) -> StyleAndTextTuples:
        return [
            (
                "class:picker.help",
                truncate(f"Enter takes · Esc leaves · type to filter{self._arrows}", self._size.columns),
            )
        ]

    def layout(self, typed: Buffer) -> Layout:
        def drawn(part: Callable[[], StyleAndTextTuples]) -> FormattedTextControl:
            return FormattedTextControl(lambda: in_encoding(part(), self._output))

        rows = [
            Window(drawn(self.heading), height=1),
            VSplit(
                [
                    Window(FormattedTextControl([("class:prompt.mark", self._mark)]), width=2, height=1),
                    Window(BufferControl(typed), height=1),
                ]
            ),
            Window(drawn(self.listing), height=lambda: Dimension.exact(self.list_height())),
            Window(drawn(self.preview), height=lambda: Dimension.exact(self.preview_rows())),
            Window(drawn(self.help), height=1),
        ]
        return Layout(HSplit(rows), focused_element=typed)


async def pick(
    like: Application[Any],
    title: str,
    rows: Sequence[Row],
    preview: Callable[[Row], Preview],
    styles: Callable[[Row], Mapping[str, str]] | None = None,
    start: str = "",
) -> Row | None:
    """The row the user takes; None when the list is left. The cursor is at first on the row of the value `start`.

    It is drawn on the terminal of another application, in its styles or in those that the chosen row has, and taken
    away when it is done.
    """
    picking = Picking(rows, start)
    typed = Buffer(multiline=False, on_text_changed=lambda buffer: picking.look_for(buffer.text))
    drawn = Drawn(title, picking, preview, like.output)

    @lru_cache
    def style_of(row: Row) -> BaseStyle:
        return Style(list(styles(row).items())) if styles else like.style or Style([])

    style = DynamicStyle(lambda: style_of(picking.chosen) if picking.chosen else like.style)
    layout = drawn.layout(typed)
    await asked(like, layout, _bindings(picking, drawn.list_height), style=style, erase_when_done=True)
    return picking.taken


def _bindings(picking: Picking, page: Callable[[], int]) -> KeyBindings:
    keys = KeyBindings()

    def moves(by: Callable[[], int], *names: str) -> None:
        for name in names:
            keys.add(name)(lambda event: picking.move(by()))

    moves(lambda: -1, "up", "c-p")
    moves(lambda: 1, "down", "c-n", "tab")
    moves(lambda: -page(), "pageup")
    moves(page, "pagedown")

    @keys.add("enter", filter=Condition(lambda: picking.chosen is not None))
    def _take(event: KeyPressEvent) -> None:
        picking.taken = picking.chosen
        event.app.exit()

    @keys.add("escape", eager=True)
    @keys.add("c-c")
    @keys.add("c-d")
    def _leave(event: KeyPressEvent) -> None:
        event.app.exit()

    return keys


def _line(row: Row, widths: Sequence[int], room: int, words: Sequence[str], mark: str) -> StyleAndTextTuples:
    """The row as a line of so many cells, its typed words marked; the chosen one has a mark before it."""
    fixed = list(widths[1:])
    while fixed and room - 2 - sum(width + len(_GAP) for width in fixed) < _NARROWEST:
        fixed.pop()
    first = room - 2 - sum(width + len(_GAP) for width in fixed)
    style = "class:picker.current" if mark else "class:picker.item"
    meta = "class:picker.meta.current" if mark else "class:picker.meta"
    name = truncate(one_line(row.columns[0]), first)
    line: StyleAndTextTuples = [
        (style, mark or "  "),
        *_marked(name, words, style),
        (style, " " * (first - cells(name))),
    ]
    for cell, width in zip(row.columns[1:], fixed, strict=False):
        text = one_line(cell)
        line.append((meta, _GAP + text + " " * (width - cells(text))))
    return [*line, ("", "\n")]


def _marked(text: str, words: Sequence[str], style: str) -> StyleAndTextTuples:
    """The text with the words in it in the style of what was found."""
    if not words:
        return [(style, text)]
    inside = {place for word in words for place in places_of(word, text)}
    return [(f"{style} class:search.hit" if place in inside else style, letter) for place, letter in enumerate(text)]


def numbered(title: str, rows: Sequence[Row]) -> str:
    """The rows as lines, each with its number, for a screen reader."""
    lines = [title, *(f"{number}. {', '.join(row.columns)}" for number, row in enumerate(rows, 1))]
    return "".join(one_line(line) + "\n" for line in lines)
