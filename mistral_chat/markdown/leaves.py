"""What a Markdown text is made of, for a reader who meets it line by line: leaves, and the containers round them.

    > 1. text        Paragraph, path (Quote, List, Item)
    >    more
    > 2. ---         Rule, path (Quote, List, Item): the same Quote and List, another Item

A text is a plain sequence of leaves, each with the path of containers from the outside in. Two leaves lie in the same
container if their paths hold the same object, which is why containers are compared by identity.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True, eq=False)
class Quote:
    """A block quotation."""


@dataclass(frozen=True, slots=True, eq=False)
class List:
    """A list. `marker` is the character that its items have in common: one of `-`, `*`, `+`, `.` and `)`."""

    marker: str

    @property
    def ordered(self) -> bool:
        return self.marker in ".)"


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """An item of a list, with its number if that is ordered; its further lines are indented by `indent` columns."""

    number: int | None
    indent: int


Container = Quote | List | Item
Path = tuple[Container, ...]


@dataclass(slots=True, eq=False)
class Leaf:
    """A block that holds no other block; `lines` are its own lines, without the marks of the containers."""

    path: Path
    lines: list[str] = field(default_factory=list)

    def fork(self) -> Self:
        """A leaf that can grow on its own."""
        twin = copy(self)
        twin.lines = self.lines.copy()
        return twin


@dataclass(slots=True, eq=False)
class Paragraph(Leaf):
    """Text. `may_head_a_table` says so of its last line: that line is neither lazy nor indented by four columns."""

    may_head_a_table: bool = True


@dataclass(slots=True, eq=False)
class Heading(Leaf):
    level: int = 1


@dataclass(slots=True, eq=False)
class Rule(Leaf):
    """A line across the page (a thematic break)."""


@dataclass(slots=True, eq=False)
class Empty(Leaf):
    """What stands for the content of an item or quotation that has none."""


@dataclass(slots=True, eq=False)
class Html(Leaf):
    """HTML, which is shown as it is written. It lasts until a line has `end` in it, or until a blank line."""

    end: re.Pattern[str] | None = None


@dataclass(slots=True, eq=False)
class Code(Leaf):
    """A block of code, the `number`-th of the text, counted from 1.

    `end` matches the line that closes a fenced block, and is None for an indented one. Up to `indent` columns were
    taken off each line. `complete` says that the block was closed: by its fence, or by text that is not indented.
    """

    number: int = 1
    info: str = ""
    end: re.Pattern[str] | None = None
    indent: int = 4
    complete: bool = False

    @property
    def language(self) -> str:
        """The first word of the info string, such as `python`; may be empty."""
        words = self.info.split(maxsplit=1)
        return words[0] if words else ""


@dataclass(slots=True, eq=False)
class Table(Leaf):
    """A table: `lines[0]` is its head, the others are its rows; `align` has `left`, `right`, `center` or ``."""

    align: tuple[str, ...] = ()
