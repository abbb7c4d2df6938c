"""Ctrl-Z, wherever keys are read by an application: the program stops as it would without one."""

from __future__ import annotations

from functools import partial

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent

from mistral_chat.prompt.terminal import suspend


def suspending() -> KeyBindings:
    """The key that suspends."""
    keys = KeyBindings()

    @keys.add("c-z")
    def _suspend(event: KeyPressEvent) -> None:
        run_in_terminal(partial(suspend, event.app.input, event.app.output))

    return keys
