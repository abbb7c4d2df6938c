"""A list to choose from, that gets shorter as one types what to look for, with a preview of the chosen row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.layout import BufferControl, Dimension, FormattedTextControl, HSplit, Layout, VSplit, Window

from mistral_chat.prompt.question import asked
from mistral_chat.prompt.search import places_of
from mistral_chat.prompt.window import can_show
from mistral_chat.prompt.world import Row
from mistral_chat.text import cells, neutralise, one_line, truncate

_NARROWEST = 24
"""Cells that the first column has at least; for it others are left out, the last one first."""
_GAP = "  "


class Picking:
    """The rows that have every typed word in them, in whatever case, and the chosen one among them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._texts = [" ".join(row.columns).lower() for row in rows]
        self.words: list[str] = []
        self.found = list(rows)
        self.place = 0
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


async def pick(like: Application[Any], title: str, rows: Sequence[Row], preview: Callable[[Row], str]) -> Row | None:
    """The row the user takes; None when the list is left. `preview` gives the text whose end is shown below the list.

    It is drawn on the terminal and in the styles of another application, and taken away when it is done.
    """
    picking = Picking(rows)
    typed = Buffer(multiline=False, on_text_changed=lambda buffer: picking.look_for(buffer.text))
    columns = zip(*(row.columns for row in rows), strict=True)
    widths = [max(cells(one_line(cell)) for cell in column) for column in columns]
    size = like.output.get_size

    chosen = "❯ " if can_show("❯", like.output) else "> "

    def list_height() -> int:
        return max(1, min(len(rows), (size().rows - 4) * 3 // 5))

    def preview_height() -> int:
        return max(0, min(12, size().rows - 5 - list_height()))

    def heading() -> StyleAndTextTuples:
        count = f"{len(picking.found):,} of {len(rows):,}" if picking.words else f"{len(rows):,}"
        return [("class:picker.title", truncate(f"{title} · {count}", size().columns))]

    def listing() -> StyleAndTextTuples:
        first, visible = picking.visible(list_height())
        lines: StyleAndTextTuples = []
        for number, row in enumerate(visible, first):
            mark = chosen if number == picking.place else ""
            lines += _line(row, widths, size().columns, picking.words, mark)
        return lines or [("class:picker.meta", "  nothing has that in it")]

    def shown_preview() -> StyleAndTextTuples:
        if picking.chosen is None:
            return []
        width = size().columns - 2
        lines = [truncate(line, width) for line in neutralise(preview(picking.chosen)).splitlines()]
        return [("class:picker.meta", "\n".join("  " + line for line in lines[-preview_height() :]))]

    input_line = VSplit(
        [
            Window(FormattedTextControl([("class:prompt.mark", "› ")]), width=2, height=1),
            Window(BufferControl(typed), height=1),
        ]
    )

    def help_line() -> StyleAndTextTuples:
        return [("class:picker.help", truncate("Enter takes · Esc leaves · type to filter · ↑↓", size().columns))]

    layout = Layout(
        HSplit(
            [
                Window(FormattedTextControl(heading), height=1),
                input_line,
                Window(FormattedTextControl(listing), height=lambda: Dimension.exact(list_height()), wrap_lines=False),
                Window(FormattedTextControl(shown_preview), height=lambda: Dimension.exact(preview_height())),
                Window(FormattedTextControl(help_line), height=1),
            ]
        ),
        focused_element=typed,
    )
    await asked(like, layout, _bindings(picking, list_height), erase_when_done=True)
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
