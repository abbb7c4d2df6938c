"""The line under the prompt: a hint, how the command being typed is used, or what the program has to tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.output import Output

from mistral_chat.command import Commands
from mistral_chat.prompt.completion import usage
from mistral_chat.prompt.draft import Draft
from mistral_chat.prompt.terminal import in_encoding
from mistral_chat.prompt.world import Piece, World
from mistral_chat.text import cells, one_line, truncate

FROM_COLUMNS = 40
"""A narrower terminal has no such line."""


class Status:
    """Asks the world once for each prompt, since nothing changes while one types."""

    def __init__(self, draft: Draft, commands: Commands, world: World, output: Output) -> None:
        self._draft = draft
        self._commands = commands
        self._world = world
        self._output = output
        self._told: tuple[Sequence[Sequence[Piece]], Sequence[Piece]] = ([()], ())

    def refresh(self) -> None:
        self._told = self._world.status()

    def has_room(self) -> bool:
        return self._output.get_size().columns >= FROM_COLUMNS

    def line(self) -> StyleAndTextTuples:
        return in_encoding(self._pieces(), self._output)

    def _pieces(self) -> StyleAndTextTuples:
        width = self._output.get_size().columns
        if self._draft.hint:
            return list(fitted([[("note", " " + self._draft.hint)]], (), width))
        if used := usage(self._draft.document.text_before_cursor, self._commands):
            return list(fitted([[("status.active", f" {used[0]}"), ("status", f"  {used[1]}")]], (), width))
        return list(fitted(*self._told, width))


def fitted(versions: Sequence[Sequence[Piece]], right: Sequence[Piece], width: int) -> Iterator[tuple[str, str]]:
    """A line with the first version of its left end that fits, or as much of the last as does.

    The pieces of the right end are there if there is room for both.
    """
    taken = 0
    for style, text in next((version for version in versions if _cells(version) <= width), versions[-1]):
        text = truncate(one_line(text), width - taken)
        taken += cells(text)
        yield f"class:{style}", text
    if right and taken + _cells(right) + 2 <= width:
        yield "class:status", " " * (width - taken - _cells(right))
        for style, text in right:
            yield f"class:{style}", one_line(text)


def _cells(pieces: Iterable[Piece]) -> int:
    return sum(cells(one_line(text)) for _, text in pieces)
