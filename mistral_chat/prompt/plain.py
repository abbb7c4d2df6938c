"""Lines from a terminal that knows no escape sequences (TERM=dumb): the kernel edits them, and nothing is drawn."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys

from mistral_chat.prompt.typeahead import append_typeahead
from mistral_chat.text import neutralise

_LEAVE = (b"\x03", b"\x04")


class Plain:
    """`write` puts text on the terminal."""

    def __init__(self, input: Input, write: Callable[[str], None]) -> None:
        self._input = input
        self._write = write
        self._interrupted = _nothing

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Ctrl-C throws a line away, as the kernel does, and a new one begins; it does not end the program.

        In an event loop, which hears of it between two writes and never in the middle of one.
        """
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: self._interrupted())
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    async def read(self, label: str, draft: str = "") -> str:
        """A message; it goes on in the next line where one ends in a backslash. Raises EOFError.

        A `draft` cannot be edited here: it is shown, and an empty line sends it.
        """
        if draft:
            self._write(f"{neutralise(draft)}\n(an empty line sends this)\n")
            append_typeahead(self._input, " ")
        lines = [await self.line(label)]
        while lines[-1].endswith("\\"):
            lines[-1] = lines[-1].removesuffix("\\")
            lines.append(await self.line("… "))
        return "\n".join(lines) or draft

    async def confirm(self, question: str) -> bool:
        return (await self.ask(f"{question} [y/N]")).lower() in ("y", "yes")

    async def ask(self, question: str, *, hidden: bool = False) -> str:
        """A line; empty when there is none."""
        try:
            return await self.line(neutralise(question) + " ", hidden=hidden)
        except EOFError:
            return ""

    async def line(self, label: str, *, hidden: bool = False) -> str:
        """What is typed before Enter, with what was typed before that. Raises EOFError."""
        keys = get_typeahead(self._input)
        if keys and keys[0].key == Keys.ControlD:
            raise EOFError
        typed, rest = _text(keys)
        if rest is not None:
            store_typeahead(self._input, rest)
            self._write(f"{label}{neutralise(typed)}\n")
            return typed
        arrived = asyncio.Queue[bytes]()
        data = b""

        def take() -> None:
            arrived.put_nowait(os.read(self._input.fileno(), 1 << 16))

        def begin_again() -> None:
            nonlocal typed, data
            typed, data = "", b""
            self._write("\n" + label)

        self._interrupted = begin_again
        self._write(label + neutralise(typed))
        with (self._input.raw_mode if hidden else self._input.cooked_mode)(), self._input.attach(take):
            while not data.endswith((b"\n", b"\r")):
                more = await arrived.get()
                if not more or more in _LEAVE:
                    break
                data += more
        self._interrupted = _nothing
        if hidden or not data.endswith(b"\n"):
            self._write("\n")
        if not (typed or data):
            raise EOFError
        return typed + data.decode("utf-8", "replace").rstrip("\r\n")


def _nothing() -> None:
    pass


def _text(keys: list[KeyPress]) -> tuple[str, list[KeyPress] | None]:
    """What keys type, up to Enter, and the keys after it; None when Enter is not among them."""
    typed = ""
    for number, key in enumerate(keys):
        if key.key in (Keys.ControlM, Keys.ControlJ):
            return typed, keys[number + 1 :]
        if not isinstance(key.key, Keys) or key.key == Keys.BracketedPaste:
            typed += key.data
    return typed, None
