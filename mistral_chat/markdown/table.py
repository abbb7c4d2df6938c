"""Tables: how a line is cut into cells, and which few rows make a table as wide as all of them do."""

from __future__ import annotations

import re

from rich.cells import cell_len

_DELIMITERS = re.compile(r"(?:[|:]|-(?![ \t]))[-:|\s]+$")
_DELIMITER = re.compile(r"(:?)-+(:?)$")
_PIPE = re.compile(r"(?<!\\)\|")
_ALIGN = {("", ""): "", (":", ""): "left", ("", ":"): "right", (":", ":"): "center"}


def alignment_of(line: str) -> tuple[str, ...]:
    """What the line under the head of a table says of each column; empty if it is no such line."""
    if not _DELIMITERS.match(line):
        return ()
    parts = line.strip().split("|")
    if not parts[0].strip():
        del parts[0]
    if parts and not parts[-1].strip():
        del parts[-1]
    found = [_DELIMITER.match(part.strip()) for part in parts]
    return tuple(_ALIGN[match[1], match[2]] for match in found if match) if all(found) else ()


def cells_of(line: str) -> list[str]:
    """The cells of a row, as Markdown; a pipe after a backslash is text."""
    cells = _PIPE.split(line.strip())
    if cells and not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        del cells[-1]
    return [cell.replace("\\|", "|").strip() for cell in cells]


def row_of(line: str, columns: int) -> list[str]:
    """As many cells as a table has columns. What a row has more, as by a pipe in code, is in the last one."""
    cells = cells_of(line) + [""] * columns
    return [*cells[: columns - 1], " | ".join(filter(None, cells[columns - 1 :]))]


class Witnesses:
    """The rows of a growing table that alone decide how wide its columns are: for each column the one with the longest
    cell and the one with the longest word. Lengths are those of the Markdown, which is near enough for a preview.
    """

    def __init__(self) -> None:
        self.rows: list[str] = []
        self._seen = 0
        self._longest: dict[tuple[int, str], tuple[int, str]] = {}

    def add(self, lines: list[str], columns: int) -> None:
        """Look at those of the table's lines that have come since the last call."""
        for line in lines[self._seen :]:
            for column, cell in enumerate(row_of(line, columns)):
                word = max(map(cell_len, cell.split()), default=0)
                for kind, length in (("cell", cell_len(cell)), ("word", word)):
                    if length > self._longest.get((column, kind), (0, ""))[0]:
                        self._longest[column, kind] = length, line
        if len(lines) > self._seen:
            self._seen = len(lines)
            self.rows = list(dict.fromkeys(line for _, line in self._longest.values()))
