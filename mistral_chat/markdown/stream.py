"""Growing Markdown, split into rows that are final and rows that may still change.

A leaf is final when `Blocks` gives it back; a line of code or HTML even before, when nothing that follows can change
its colours. What is final is drawn once and committed. What is open is drawn anew for each frame, with the unfinished
last line as it would look if it ended there, and takes no more than `LIVE_ROWS` rows: of more, the last are shown.

    feed ─► lines ──────────────► Blocks ─► leaves ─► Growth ─► pieces ─► rows: commit
              └ the unfinished ─► its fork ─────────────────────────────► rows: live
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.segment import Segment

from mistral_chat.markdown.blocks import Blocks
from mistral_chat.markdown.growth import Growth
from mistral_chat.markdown.leaves import Code, Leaf, Path, Table
from mistral_chat.markdown.preview import is_hidden
from mistral_chat.markdown.rows import Look, Row, rows_of
from mistral_chat.markdown.tokens import Piece

LIVE_ROWS = 30


@dataclass(frozen=True, slots=True)
class Frame:
    """What to draw: rows to be written for good, and after them the rows that the next frame replaces."""

    commit: tuple[Row, ...] = ()
    live: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A block of code as it was written, the `number`-th of its text; `complete` says that it was closed."""

    number: int
    language: str
    text: str
    complete: bool


class MarkdownStream:
    """Takes Markdown in pieces of any size, and gives frames. `width` and `height` are those of the terminal."""

    def __init__(self, look: Look, width: int, height: int) -> None:
        self._look = look
        self._arrived: list[str] = []
        self._line = ""  # the unfinished last line
        self._blocks = Blocks()
        self._growth = Growth()  # of the open leaf
        self._before: Path | None = None  # of the piece that was committed last
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """The size from the next frame on. Rows that were committed are the terminal's to wrap."""
        self._width = width
        self._room = max(1, min(height - 2, LIVE_ROWS))

    def feed(self, text: str) -> None:
        """Add a piece of the text. It must have been neutralised (`mistral_chat.text`)."""
        self._arrived.append(text)

    def frame(self, *, final: bool = False) -> Frame:
        """All that has arrived, drawn; with `final` it is all committed, as it stands."""
        *lines, self._line = (self._line + "".join(self._arrived)).split("\n")
        self._arrived.clear()
        if final and self._line:
            lines.append(self._line)
            self._line = ""
        done = [leaf for line in lines for leaf in self._blocks.read(line)]
        if final:
            done += self._blocks.end()
        pieces = [*self._finished(done), *self._growth.settled(self._blocks.leaf)]
        commit = self._rows(pieces)
        if pieces:
            self._before = pieces[-1].leaf.path
        return Frame(tuple(commit), () if final else tuple(self._live()))

    def _finished(self, leaves: Iterable[Leaf]) -> Iterator[Piece]:
        """What is still to be drawn of finished leaves, the first of which may be the one that was open."""
        for leaf in leaves:
            yield self._growth.finished(leaf)
            self._growth = Growth()

    def _live(self) -> list[Row]:
        """What is open, and the unfinished line, as if the text ended there."""
        ahead = self._blocks.fork()
        leaves = [] if is_hidden(self._line, ahead.leaf) else ahead.read(self._line)
        still_open, growth = ahead.leaf, self._growth
        pieces = []
        for leaf in leaves + ahead.end():
            is_open = leaf is still_open
            pieces.append(growth.preview(leaf, is_open=is_open, width=self._width, height=self._room))
            growth = Growth()
        rows = self._rows(pieces)
        return self._clipped(rows, keep_head=isinstance(still_open, Table))

    def _rows(self, pieces: list[Piece]) -> list[Row]:
        return rows_of(pieces, self._look, self._width, self._before) if pieces else []

    def _clipped(self, rows: list[Row], *, keep_head: bool) -> list[Row]:
        """The last of the rows, if there is no room for all; with the head of a table above them."""
        if len(rows) <= self._room:
            return rows
        head = next((rows[: n + 1] for n, row in enumerate(rows) if keep_head and row.is_line), [])
        if len(head) > self._room // 2:
            head = []
        more = Segment("⋮" if self._look.boxes else ":", self._look.console.get_style("markdown.hr"))
        tail = self._room - len(head) - 1
        return [*head, Row((more,)), *rows[len(rows) - tail :]]


def render(text: str, look: Look, width: int) -> list[Row]:
    """The rows of a whole text: those that a stream of it has committed when it is over."""
    return rows_of((Growth().finished(leaf) for leaf in leaves_of(text)), look, width)


def code_blocks(text: str) -> list[CodeBlock]:
    """The blocks of code in a whole text, with the numbers that they have when it is shown."""
    return [
        CodeBlock(leaf.number, leaf.language, "".join(f"{line}\n" for line in leaf.lines), leaf.complete)
        for leaf in leaves_of(text)
        if isinstance(leaf, Code)
    ]


def leaves_of(text: str) -> Iterator[Leaf]:
    blocks = Blocks()
    *lines, last = text.split("\n")
    for line in (*lines, last) if last else lines:
        yield from blocks.read(line)
    yield from blocks.end()
