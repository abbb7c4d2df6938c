"""A person at the prompt: waits for it, sends a line, reads what there is."""

import re

from tests.e2e.terminal import Terminal

EMPTY = re.compile(r"^›$", re.MULTILINE)


def opened(terminal: Terminal) -> Terminal:
    """The terminal, with an empty prompt on it."""
    terminal.wait_for(EMPTY)
    return terminal


def line(terminal: Terminal, text: str) -> None:
    """Types a line and sends it."""
    terminal.type(text)
    terminal.press("enter")


def words(terminal: Terminal) -> str:
    """All that can be read, on one line."""
    return " ".join(terminal.text().split())
