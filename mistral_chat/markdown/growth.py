"""The leaf that is open: which of its lines are final already, and how the rest of it looks meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mistral_chat.markdown.elements import NARROWEST_COLUMN
from mistral_chat.markdown.highlight import Highlighter
from mistral_chat.markdown.leaves import Code, Heading, Html, Leaf, Paragraph, Table
from mistral_chat.markdown.preview import with_markers_closed
from mistral_chat.markdown.table import Witnesses
from mistral_chat.markdown.tokens import Piece
from mistral_chat.text import neutralise

TAB = 4
MANY_ROWS = 60
"""Rows of a table beyond which its preview is drawn from some of them."""


class Growth:
    """What has become of one leaf so far: to be asked at each frame, and once more when the leaf is finished."""

    def __init__(self) -> None:
        self._highlighter: Highlighter | None = None
        self._witnesses = Witnesses()
        self._drawn = 0  # lines of code or HTML that were given out

    def settled(self, leaf: Leaf | None) -> Iterator[Piece]:
        """The lines of the open leaf that have become final since the last call."""
        if isinstance(leaf, Code | Html):
            highlighter = self._read(leaf, without_blank_end=isinstance(leaf, Code) and leaf.end is None)
            if lines := highlighter.settled[self._drawn :]:
                yield Piece(leaf, tuple(lines), first=not self._drawn, last=False)
                self._drawn += len(lines)
        elif isinstance(leaf, Table):
            self._witnesses.add(leaf.lines, len(leaf.align))

    def finished(self, leaf: Leaf) -> Piece:
        """What was not yet given out of the leaf, now that it is finished."""
        if not isinstance(leaf, Code | Html):
            return Piece(leaf)
        highlighter = self._read(leaf)
        lines = highlighter.settled[self._drawn :] + highlighter.rest()
        return Piece(leaf, tuple(lines), first=not self._drawn)

    def preview(self, leaf: Leaf, *, is_open: bool, width: int, height: int) -> Piece:
        """What was not yet given out of a fork of the leaf, as it is to be shown in `height` rows of `width` cells.

        Of a long text only the end is looked at, of a long table the rows that count, so that a frame costs no more
        when the leaf has grown long.
        """
        if isinstance(leaf, Code | Html):
            highlighter = self._highlighter or _highlighter_of(leaf)
            more = [_end_of(line, width * height) for line in _shown(leaf.lines[len(highlighter) :])]
            return Piece(leaf, tuple(highlighter.preview(more)), first=not self._drawn, last=not is_open)
        if isinstance(leaf, Paragraph | Heading):
            text = _end_of("\n".join(leaf.lines), width * height)
            leaf.lines = [with_markers_closed(text) if is_open else text]
        elif isinstance(leaf, Table) and len(leaf.align) * NARROWEST_COLUMN > width:  # drawn as a list
            leaf.lines = [leaf.lines[0], *leaf.lines[1:][-1 - height // len(leaf.align) :]]
        elif isinstance(leaf, Table) and len(leaf.lines) > MANY_ROWS:
            leaf.lines = [leaf.lines[0], *self._witnesses.rows, *leaf.lines[-height:]]
        return Piece(leaf)

    def _read(self, leaf: Code | Html, *, without_blank_end: bool = False) -> Highlighter:
        """The highlighter of the leaf, with all its lines."""
        highlighter = self._highlighter = self._highlighter or _highlighter_of(leaf)
        end = len(leaf.lines)
        while without_blank_end and end and not leaf.lines[end - 1].strip():
            end -= 1
        for line in _shown(leaf.lines[len(highlighter) : end]):
            highlighter.add(line)
        return highlighter


def _highlighter_of(leaf: Code | Html) -> Highlighter:
    return Highlighter(leaf.language if isinstance(leaf, Code) else "")


def _shown(lines: Iterable[str]) -> list[str]:
    return [neutralise(line, code=True).expandtabs(TAB) for line in lines]


def _end_of(text: str, size: int) -> str:
    """The last `size` characters of a long text, or up to twice as many: where they begin changes seldom."""
    start = (len(text) // size - 1) * size
    return text[start:] if start > 0 else text
