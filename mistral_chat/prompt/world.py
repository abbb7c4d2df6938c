"""What the program around the prompt gives it: words that grow at run time, a status, rows to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mistral_chat.arguments import Offer

Piece = tuple[str, str]
"""A style name and a text."""

Preview = str | Sequence[Piece]
"""A text whose end is shown, or a sample in its styles."""


class World(Protocol):
    """Is asked while one types: it answers at once, from what is known, and raises nothing."""

    def offers(self, source: str) -> Sequence[Offer]:
        """The words of a kind's `source`: models, sessions, themes, branches ...; none when it is not known."""
        ...

    def see_background(self, told: str) -> None:
        """The terminal has told the colour of its background (OSC 11), in answer to `Prompt.ask_background`."""
        ...

    def status(self) -> tuple[Sequence[Sequence[Piece]], Sequence[Piece]]:
        """The line under the prompt: what stands at its left end, in ever shorter versions, and what at its right."""
        ...
