"""Finds the blocks of a Markdown text, reading one line at a time and no line twice.

markdown-it reads a whole text at once, so that whoever streams has to have the open block read again for every piece
that arrives. The block structure of CommonMark needs no such thing: each line says which containers go on, which
begin, and whether the open leaf goes on (spec, appendix "A parsing strategy"). So a line costs `Blocks` the same
whatever came before it, and a leaf that it has given back is final. The text within a leaf is left to markdown-it.

It finds what markdown-it finds, save that

* there are no link reference definitions: they would change text that is already on the screen;
* the head of a table is a line of a paragraph, as GFM says; markdown-it makes tables of headings and items too;
* containers nested deeper than `DEEPEST` are left as text, where markdown-it drops the text within.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, replace
from typing import Self

from markdown_it.rules_block.html_block import HTML_SEQUENCES

from mistral_chat.markdown.leaves import (
    Code,
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
from mistral_chat.markdown.table import alignment_of, cells_of

DEEPEST = 100
CODE_INDENT = 4
NEVER = 1 << 30  # an indent that no line has

_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ITEM = re.compile(r"([-*+]|(\d{1,9})[.)])(?=[ \t]|$)")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_CLOSING_HASHES = re.compile(r"(?:^|(?<![ \t])[ \t]+)#+[ \t]*$")
_FENCE = re.compile(r"(`{3,})(?!.*`)|(~{3,})")
_UNDERLINE = re.compile(r"(?:(=+)|-+)[ \t]*$")


@dataclass(slots=True)
class _Line:
    """What is still to be read of a line, and the column at which that begins."""

    text: str
    column: int = 0

    @property
    def blank(self) -> bool:
        return not self.text.strip(" \t")

    @property
    def indent(self) -> int:
        """The columns that the blanks at the front take; a tab reaches to the next multiple of four."""
        column = self.column
        for char in self.text:
            if char == " ":
                column += 1
            elif char == "\t":
                column += 4 - column % 4
            else:
                break
        return column - self.column

    @property
    def body(self) -> str:
        return self.text.lstrip(" \t")

    def skip(self, columns: int) -> None:
        """Drop as many columns of blanks, or all that there are; what is left of a tab becomes spaces."""
        end = self.column + columns
        while self.column < end and self.text[:1] in (" ", "\t"):
            width = 4 - self.column % 4 if self.text[0] == "\t" else 1
            self.text = " " * (self.column + width - end) + self.text[1:]
            self.column = min(self.column + width, end)

    def take(self, chars: int) -> None:
        """Drop the blanks at the front and as many characters after them."""
        self.skip(self.indent)
        self.text = self.text[chars:]
        self.column += chars


class Blocks:
    """The state between two lines: the `path` of open containers and the open `leaf`."""

    def __init__(self) -> None:
        self.path: Path = ()
        self.leaf: Leaf | None = None
        self._childless = False  # the innermost container has nothing in it yet
        self._codes = 0

    def fork(self) -> Self:
        """The same state once more, to see what a line would do that may still go on."""
        twin = copy(self)
        twin.leaf = self.leaf and self.leaf.fork()
        return twin

    def read(self, line: str) -> list[Leaf]:
        """Read a line, given without its line end, and return the leaves that it shows to be finished."""
        done: list[Leaf] = []
        rest = _Line(line)
        depth = self._go_on(rest)
        if depth == len(self.path) and self._go_on_verbatim(rest, done):
            return done
        if opened := self._open_containers(rest, depth, done):
            depth = len(self.path)
        inside = depth == len(self.path)
        if rest.blank:
            self._close(depth, done)
            if not opened:
                self._end_empty_item(done)
        elif inside and self._underline(rest, done):
            pass
        elif leaf := self._begin(rest):
            self._close(depth, done)
            self._add(leaf, done)
        elif inside and isinstance(self.leaf, Table):
            self.leaf.lines.append(rest.body)
        elif isinstance(self.leaf, Paragraph):
            self.leaf.lines.append(rest.body)
            self.leaf.may_head_a_table = inside and rest.indent < CODE_INDENT
        else:
            self._close(depth, done)
            self._add(Paragraph((), [rest.body]), done)
        return done

    def end(self) -> list[Leaf]:
        """There are no more lines: return the leaves that were still open."""
        done: list[Leaf] = []
        self._close(0, done)
        return done

    def _go_on(self, rest: _Line) -> int:
        """Take the marks of the open containers off the line; return how many of them go on."""
        # A list goes on as far as is known here: what follows says whether with an item.
        for depth, container in enumerate(self.path):
            if isinstance(container, Quote):
                if rest.indent >= CODE_INDENT or not rest.body.startswith(">"):
                    return depth
                rest.take(1)
                rest.skip(1)
            elif isinstance(container, Item):
                if rest.indent < container.indent and not rest.blank:
                    return depth
                rest.skip(container.indent)
        return len(self.path)

    def _go_on_verbatim(self, rest: _Line, done: list[Leaf]) -> bool:
        """Add the line to the open leaf, if that is code or HTML and goes on or ends with it."""
        leaf = self.leaf
        if isinstance(leaf, Code):
            if leaf.end is None:
                if rest.indent < CODE_INDENT and not rest.blank:
                    return False
            elif rest.indent < CODE_INDENT and leaf.end.match(rest.body):
                leaf.complete = True
                self._finish(done)
                return True
            rest.skip(leaf.indent)
            leaf.lines.append(rest.text)
            return True
        if isinstance(leaf, Html):
            if leaf.end is None and rest.blank:
                return False
            leaf.lines.append(rest.text)
            if leaf.end and leaf.end.search(rest.text):
                self._finish(done)
            return True
        return False

    def _open_containers(self, rest: _Line, depth: int, done: list[Leaf]) -> bool:
        """Open the quotations and items that begin here, in place of all that lies deeper than `depth`."""
        interrupted = self.leaf if depth == len(self.path) else None
        opened = False
        while rest.indent < CODE_INDENT and len(self.path) < DEEPEST:
            body = rest.body
            new: Path
            if body.startswith(">"):
                rest.take(1)
                rest.skip(1)
                new = (Quote(),)
            elif (mark := _ITEM.match(body)) and not _RULE.match(body):
                empty = not body[mark.end() :].strip(" \t")
                if isinstance(interrupted, Paragraph) and (empty or int(mark[2] or 1) != 1):
                    break
                indent = rest.indent
                rest.take(mark.end())
                gap = rest.indent if rest.indent <= CODE_INDENT and not empty else 1
                rest.skip(gap)
                new = self._item(mark, indent + mark.end() + gap, depth)
            else:
                break
            self._close(depth, done)
            if not isinstance(new[0], Item):
                self._leave_list()
            self.path += new
            self._childless, interrupted, opened, depth = True, None, True, len(self.path)
        return opened

    def _item(self, mark: re.Match[str], indent: int, depth: int) -> Path:
        """The containers that an item adds at `depth`: itself, and its list if it does not go on with the one there."""
        marker = mark[1][-1]
        before = self.path[max(depth - 1, 0) : depth + 1]
        match before:
            case (List(marker=same), Item(number=number)) if same == marker:
                return (Item(None if number is None else number + 1, indent),)
        return (List(marker), Item(int(mark[2]) if mark[2] else None, indent))

    def _underline(self, rest: _Line, done: list[Leaf]) -> bool:
        """If the line makes the open paragraph a heading, or its last line the head of a table, let it."""
        leaf, body = self.leaf, rest.body
        if not isinstance(leaf, Paragraph) or rest.indent >= CODE_INDENT:
            return False
        if align := leaf.may_head_a_table and alignment_of(body):
            head = leaf.lines[-1]
            if "|" in head and len(cells_of(head)) == len(align):
                leaf.lines.pop()
                if leaf.lines:
                    self._finish(done)
                self.leaf = Table(self.path, [head], align)
                return True
        if underline := _UNDERLINE.match(body):
            self.leaf = Heading(self.path, leaf.lines, 1 if underline[1] else 2)
            self._finish(done)
            return True
        return False

    def _begin(self, rest: _Line) -> Leaf | None:
        """The leaf that begins with this line, if it is not a paragraph."""
        body = rest.body
        if rest.indent >= CODE_INDENT:
            if isinstance(self.leaf, Paragraph):
                return None  # text that goes on
            rest.skip(CODE_INDENT)
            return Code((), [rest.text])
        if heading := _HEADING.match(body):
            return Heading((), [_CLOSING_HASHES.sub("", body[heading.end() :])], len(heading[1]))
        if _RULE.match(body):
            return Rule(())
        if fence := _FENCE.match(body):
            end = re.compile(f"{fence[0]}{fence[0][0]}*[ \t]*$")
            return Code((), info=body[fence.end() :].strip(), end=end, indent=rest.indent)
        if body.startswith("<"):
            for start, stop, may_interrupt in HTML_SEQUENCES:
                if start.search(body):
                    if not may_interrupt and isinstance(self.leaf, Paragraph | Table):
                        return None
                    return Html((), [rest.text], end=None if stop.search("") else stop)
        return None

    def _add(self, leaf: Leaf, done: list[Leaf]) -> None:
        """Put a leaf into the innermost container."""
        self._leave_list()
        self._childless = False
        leaf.path, self.leaf = self.path, leaf
        if isinstance(leaf, Code):
            self._codes += 1
            leaf.number = self._codes
        one_line = isinstance(leaf, Html) and leaf.end and leaf.end.search(leaf.lines[0])
        if one_line or isinstance(leaf, Heading | Rule):
            self._finish(done)

    def _leave_list(self) -> None:
        """Close a list that stands between two items: it goes on with an item or not at all."""
        if self.path and isinstance(self.path[-1], List):
            self.path = self.path[:-1]

    def _finish(self, done: list[Leaf]) -> None:
        """The open leaf, if there is one, is as it will remain."""
        leaf, self.leaf = self.leaf, None
        if isinstance(leaf, Code) and leaf.end is None:
            leaf.complete = True
            while not leaf.lines[-1].strip(" \t"):
                leaf.lines.pop()
        if leaf:
            done.append(leaf)

    def _close(self, depth: int, done: list[Leaf]) -> None:
        """Finish the open leaf and all containers deeper than `depth`."""
        self._finish(done)
        if depth < len(self.path):
            if self._childless:
                done.append(Empty(self.path))
            self._childless = False
            self.path = self.path[:depth]

    def _end_empty_item(self, done: list[Leaf]) -> None:
        """Nothing after a blank line belongs to an item that has nothing in it up to there."""
        if self._childless and isinstance(item := self.path[-1], Item):
            done.append(Empty(self.path))
            self.path = (*self.path[:-1], replace(item, indent=NEVER))
            self._childless = False
