"""From pieces of a text to the tokens that rich's Markdown draws, one list for each block of the outermost level.

A piece is a leaf, or some lines of one that are already known to be final. Wherever the pieces of a text are cut into
runs, the tokens of the runs draw the same rows as the tokens of the whole: a container that goes on from the run before
is opened again, marked as `continued`, so that its mark is not drawn twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from markdown_it.token import Token

from mistral_chat.markdown.highlight import Tokens
from mistral_chat.markdown.leaves import (
    Code,
    Container,
    Empty,
    Heading,
    Html,
    Item,
    Leaf,
    List,
    Paragraph,
    Path,
    Quote,
    Rule,
    Table,
)
from mistral_chat.markdown.table import row_of

Inline = Callable[[str], Token]


@dataclass(frozen=True, slots=True)
class Piece:
    """A leaf, or of a leaf of code or HTML some `lines`; `first` and `last` say whether its ends are among them."""

    leaf: Leaf
    lines: tuple[Tokens, ...] = ()
    first: bool = True
    last: bool = True


def blocks_of(pieces: Iterable[Piece], before: Path | None, inline: Inline) -> Iterator[tuple[bool, list[Token]]]:
    """The tokens of each outermost block, and whether a blank row stands before it.

    `before` is the path of the piece before the first, None if that is the first of the text; `inline` makes a token of
    the text within a leaf.
    """
    block: list[Token] = []
    spaced = False
    open_path: Path = ()
    for piece in pieces:
        path = piece.leaf.path
        goes_on = before is None or not piece.first or (bool(path) and path[:1] == before[:1])
        if block and not goes_on:
            yield spaced, block + _close(open_path, 0)
            block, open_path = [], ()
        if not block:
            spaced = not goes_on
        depth = _common(open_path, path)
        drawn = _common(before or (), path) if piece.first else len(path)
        block += _close(open_path, depth)
        block += [_open(container, continued=n < drawn) for n, container in enumerate(path) if n >= depth]
        block += _tokens(piece, inline)
        before = open_path = path
    if block:
        yield spaced, block + _close(open_path, 0)


def _common(one: Path, other: Path) -> int:
    """How many containers two paths have in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(one, other, strict=False)))


def _open(container: Container, *, continued: bool) -> Token:
    match container:
        case Quote():
            return Token("blockquote_open", "blockquote", 1, meta={"continued": continued})
        case List(ordered=True):
            return Token("ordered_list_open", "ol", 1)
        case List():
            return Token("bullet_list_open", "ul", 1)
        case Item(number=number):
            return Token("list_item_open", "li", 1, meta={"number": number, "continued": continued})


def _close(path: Path, depth: int) -> list[Token]:
    opened = (_open(container, continued=False) for container in reversed(path[depth:]))
    return [Token(token.type.removesuffix("open") + "close", token.tag, -1) for token in opened]


def _tokens(piece: Piece, inline: Inline) -> list[Token]:
    leaf = piece.leaf
    match leaf:
        case Paragraph():
            text = "\n".join(leaf.lines).strip()
            return [Token("paragraph_open", "p", 1), inline(text), Token("paragraph_close", "p", -1)]
        case Heading():
            tag = f"h{leaf.level}"
            text = "\n".join(leaf.lines).strip()
            return [Token("heading_open", tag, 1), inline(text), Token("heading_close", tag, -1)]
        case Rule():
            return [Token("hr", "hr", 0)]
        case Code():
            return [Token("fence", "code", 0, meta={"piece": piece})]
        case Html():
            return [Token("html_block", "", 0, meta={"piece": piece})]
        case Table():
            return _table(leaf, inline)
        case Empty():
            return [Token("empty", "", 0)]
    raise AssertionError(leaf)


def _table(leaf: Table, inline: Inline) -> list[Token]:
    head, *rows = leaf.lines
    tokens = [Token("table_open", "table", 1), Token("thead_open", "thead", 1)]
    tokens += _row(head, "th", leaf.align, inline)
    tokens += [Token("thead_close", "thead", -1), Token("tbody_open", "tbody", 1)]
    for row in rows:
        tokens += _row(row, "td", leaf.align, inline)
    return [*tokens, Token("tbody_close", "tbody", -1), Token("table_close", "table", -1)]


def _row(line: str, tag: str, align: tuple[str, ...], inline: Inline) -> Iterator[Token]:
    yield Token("tr_open", "tr", 1)
    for cell, side in zip(row_of(line, len(align)), align, strict=True):
        attributes: dict[str, str | int | float] = {"style": f"text-align:{side}"} if side else {}
        yield Token(f"{tag}_open", tag, 1, attrs=attributes)
        yield inline(cell)
        yield Token(f"{tag}_close", tag, -1)
    yield Token("tr_close", "tr", -1)
