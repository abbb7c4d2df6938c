"""rich's Markdown, made so that nothing that comes later changes a row that was drawn.

What differs from rich's own elements, and why:

* the gutter of an ordered list is as wide as each item's own number needs: rich measures the longest number of all;
* blank rows stand between the outermost blocks and nowhere else, whatever came first or last within them;
* HTML is shown as it is written, and an item without content shows its mark;
* code has a line above with the words of its fence and its number, a line below, and no padding, so that it can be
  copied;
* tables fold long words, which rich cuts off, and turn into lists where columns would vanish;
* a container that would leave less than `NARROWEST` cells takes no room: its mark stands on a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from itertools import dropwhile
from typing import Self

from markdown_it.token import Token
from pygments.token import Token as Kind
from rich import box
from rich import markdown as stock
from rich.cells import cell_len, split_graphemes
from rich.console import Console, ConsoleOptions, RenderResult
from rich.containers import Lines
from rich.segment import Segment
from rich.style import Style
from rich.syntax import SyntaxTheme
from rich.table import Table
from rich.text import Text

from mistral_chat.markdown.leaves import Code
from mistral_chat.markdown.tokens import Piece
from mistral_chat.text import neutralise

NARROWEST = 8
NARROWEST_COLUMN = 6

TokenBlocks = Iterable[tuple[bool, list[Token]]]


class Markdown(stock.Markdown):
    """Draws blocks of tokens; with each block comes whether a blank row stands before it."""

    def __init__(self, theme: SyntaxTheme, *, boxes: bool) -> None:
        super().__init__("")
        self.theme = theme
        self.boxes = boxes
        self.blocks: TokenBlocks = ()

    def of(self, blocks: TokenBlocks) -> Self:
        """The same with other blocks: it takes rich longer to set up its parser than to draw a row."""
        twin = copy(self)
        twin.blocks = blocks
        return twin

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for spaced, tokens in self.blocks:
            self.parsed = tokens
            if spaced:
                yield Segment.line()
            # rich itself puts a blank row before a block that is a container
            yield from dropwhile(Segment.line().__eq__, super().__rich_console__(console, options))


class Container(stock.TextElement):
    """What holds other elements, a list for one: it is drawn as they are, one after the other."""

    def __init__(self) -> None:
        self.elements: list[stock.MarkdownElement] = []

    def on_child_close(self, context: stock.MarkdownContext, child: stock.MarkdownElement) -> bool:
        self.elements.append(child)
        return False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for row in self.rows(console, options, Style.null()):
            yield from row
            yield Segment.line()

    def rows(self, console: Console, options: ConsoleOptions, ground: Style) -> Iterator[list[Segment]]:
        """What it is drawn as, on the `ground` of the container around it.

        Rows are handed up as such through all the containers: rich would find them anew in each.
        """
        for element in self.elements:
            if isinstance(element, Container):
                yield from element.rows(console, options, self.style)
            else:
                yield from console.render_lines(element, options, style=self.style, pad=False)


class Marked(Container):
    """A container with a `mark` before its first row, and `others` before the others.

    If it is `continued`, its first row was drawn before.
    """

    mark: str
    others: str
    mark_style: str
    continued: bool

    def rows(self, console: Console, options: ConsoleOptions, ground: Style) -> Iterator[list[Segment]]:
        style = ground + console.get_style(self.mark_style, default="none")
        mark, others = Segment(self.mark, style), Segment(self.others, style)
        room = options.max_width - cell_len(self.mark)
        if room < NARROWEST:
            if not self.continued:
                yield [mark]
            yield from super().rows(console, options, ground)
            return
        for number, row in enumerate(super().rows(console, options.update(width=room), ground)):
            yield [others if number or self.continued else mark, *row]


class Quote(Marked):
    """A quotation."""

    style_name = mark_style = "markdown.block_quote"

    @classmethod
    def create(cls, markdown: stock.Markdown, token: Token) -> Quote:
        quote = cls()
        quote.mark = quote.others = "▌ " if _boxes(markdown) else "> "
        quote.continued = token.meta["continued"]
        return quote


class Item(Marked):
    """An item of a list."""

    style_name = "markdown.item"

    @classmethod
    def create(cls, markdown: stock.Markdown, token: Token) -> Item:
        item = cls()
        number: int | None = token.meta["number"]
        bullet = " • " if _boxes(markdown) else " * "
        item.mark = bullet if number is None else f"{number:>3} "
        item.mark_style = "markdown.item.bullet" if number is None else "markdown.item.number"
        item.others = " " * len(item.mark)
        item.continued = token.meta["continued"]
        return item


class Empty(stock.MarkdownElement):
    """Nothing, in a row of its own."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment.line()


class Rule(stock.HorizontalRule):
    """A line across the page."""

    @classmethod
    def create(cls, markdown: stock.Markdown, token: Token) -> Rule:
        rule = cls()
        rule.char = "─" if _boxes(markdown) else "-"
        return rule

    char: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(self.char * options.max_width, console.get_style("markdown.hr", default="none"))
        yield Segment.line()


class Verbatim(stock.MarkdownElement):
    """Lines of HTML or code, or a part of them."""

    @classmethod
    def create(cls, markdown: stock.Markdown, token: Token) -> Verbatim:
        assert isinstance(markdown, Markdown)
        verbatim = cls()
        verbatim.piece = token.meta["piece"]
        verbatim.theme = markdown.theme
        verbatim.boxes = markdown.boxes
        return verbatim

    piece: Piece
    theme: SyntaxTheme
    boxes: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        leaf, width = self.piece.leaf, options.max_width
        if not isinstance(leaf, Code):
            for line in self.piece.lines:
                yield from _folded([Segment(text) for _, text in line], width, Style.null())
            return
        style = console.get_style("code.label", default="dim")
        if self.piece.first:
            yield self._label(leaf, style, console, width)
        ground = self.theme.get_background_style() + self.theme.get_style_for_token(Kind.Text)
        for line in self.piece.lines:
            segments = [Segment(text, ground + self.theme.get_style_for_token(kind)) for kind, text in line]
            yield from _folded(segments, width, ground)
        if self.piece.last:
            rule = "─" if self.boxes else "-"
            label = self._label(leaf, style, console, width)
            yield Segment(rule * max(cell_len(line.plain.rstrip()) for line in label), style)
            yield Segment.line()

    def _label(self, leaf: Code, style: Style, console: Console, width: int) -> Lines:
        """The line above a block, `── python · 1 ──`, broken where it is too long."""
        rule, dot = ("──", "·") if self.boxes else ("--", "#")
        info = neutralise(" ".join(leaf.info.split()), code=True) or "text"
        number = str(leaf.number), console.get_style("code.number", default="dim")
        return Text.assemble(f"{rule} {info} {dot} ", number, f" {rule}", style=style).wrap(console, width)


def _folded(line: list[Segment], width: int, ground: Style) -> Iterator[Segment]:
    """A line in as many rows as it needs; if the ground has a colour it reaches to the edge."""
    for row in _rows(line, width):
        yield from row or [Segment("")]  # so that no blank line is taken for a blank row before the block
        if ground.bgcolor is not None:
            yield Segment(" " * (width - Segment.get_line_length(row)), ground)
        yield Segment.line()


def _rows(line: list[Segment], width: int) -> list[list[Segment]]:
    """A line cut between glyphs, which rich would cut through: it measures the parts of an emoji one by one."""
    text = "".join(segment.text for segment in line)
    if text.isascii() and len(text) <= width:
        return [line]
    styles = [segment.style for segment in line for _ in segment.text]
    rows: list[list[Segment]] = [[]]
    taken = 0
    for start, end, size in split_graphemes(text)[0]:
        if taken and taken + size > width:
            rows.append([])
            taken = 0
        rows[-1].append(Segment(text[start:end], styles[start]))
        taken += size
    return [list(Segment.simplify(row)) for row in rows]


class TableElement(stock.TableElement):
    """A table. If it has so many columns that words would be cut up, it is drawn as a list of its cells."""

    boxes: bool

    @classmethod
    def create(cls, markdown: stock.Markdown, token: Token) -> TableElement:
        table = cls()
        table.boxes = _boxes(markdown)
        return table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        heads = self.header.row.cells if self.header and self.header.row else []
        if len(heads) * NARROWEST_COLUMN > options.max_width:
            yield from self._cells([head.content for head in heads])
            return
        for table in super().__rich_console__(console, options):
            assert isinstance(table, Table)
            table.box = box.SIMPLE if self.boxes else box.ASCII
            table.show_edge = False
            for column in table.columns:
                column.overflow = "fold"
            yield table

    def _cells(self, heads: list[Text]) -> Iterator[Text]:
        for head in heads:
            head.stylize("markdown.table.header")
        rows = [[cell.content for cell in row.cells] for row in self.body.rows] if self.body else []
        if not rows:
            yield Text(" | ").join(heads)
        for number, row in enumerate(rows):
            if number:
                yield Text("")
            yield from (Text.assemble(head, ": ", cell) for head, cell in zip(heads, row, strict=True))


def _boxes(markdown: stock.Markdown) -> bool:
    return isinstance(markdown, Markdown) and markdown.boxes


Markdown.inlines = stock.Markdown.inlines | {"link", "link_url"}
Markdown.elements = stock.Markdown.elements | {
    "blockquote_open": Quote,
    "bullet_list_open": Container,
    "ordered_list_open": Container,
    "list_item_open": Item,
    "empty": Empty,
    "hr": Rule,
    "fence": Verbatim,
    "html_block": Verbatim,
    "table_open": TableElement,
}
