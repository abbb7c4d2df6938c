"""What the prompt asks of the program around it: words that grow at run time, and what stands under the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mistral_chat.arguments import Offer

Piece = tuple[str, str]
"""A style name and a text."""


class World(Protocol):
    def offers(self, source: str) -> Sequence[Offer]:
        """The words of a kind's `source`: models, sessions, themes, branches ...; none when it is not known."""
        ...

    def status(self) -> tuple[Sequence[Piece], Sequence[Piece]]:
        """The line under the prompt: what stands at its left end and what at its right."""
        ...
