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

_LEAVE = (b"\x03", b"\x04")


class Plain:
    """`write` puts text on the terminal."""

    def __init__(self, input: Input, write: Callable[[str], None]) -> None:
        self._input = input
        self._write = write

    async def read(self, label: str, draft: str = "") -> str:
        """A message; it goes on in the next line where one ends in a backslash. Raises EOFError.

        A `draft` cannot be edited here: it is shown, and an empty line sends it.
        """
        if draft:
            self._write(f"{draft}\n(an empty line sends this)\n")
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
            return await self.line(question + " ", hidden=hidden)
        except EOFError:
            return ""

    async def line(self, label: str, *, hidden: bool = False) -> str:
        """What is typed before Enter, with what was typed before that. Raises EOFError."""
        typed, rest = _text(get_typeahead(self._input))
        self._write(label + typed)
        if rest is not None:
            store_typeahead(self._input, rest)
            self._write("\n")
            return typed
        loop = asyncio.get_running_loop()
        arrived = asyncio.Queue[bytes]()
        data = b""

        def take() -> None:
            arrived.put_nowait(os.read(self._input.fileno(), 1 << 16))

        def begin_again() -> None:
            nonlocal typed, data
            typed, data = "", b""
            self._write("\n" + label)

        modes = self._input.raw_mode if hidden else self._input.cooked_mode
        with modes(), self._input.attach(take), _interrupted(loop, begin_again):
            while not data.endswith((b"\n", b"\r")):
                more = await arrived.get()
                if not more or more in _LEAVE:
                    break
                data += more
        if hidden or not data.endswith(b"\n"):
            self._write("\n")
        if not (typed or data):
            raise EOFError
        return typed + data.decode("utf-8", "replace").rstrip("\r\n")


def _text(keys: list[KeyPress]) -> tuple[str, list[KeyPress] | None]:
    """What keys type, up to Enter, and the keys after it; None when Enter is not among them."""
    typed = ""
    for number, key in enumerate(keys):
        if key.key in (Keys.ControlM, Keys.ControlJ):
            return typed, keys[number + 1 :]
        if not isinstance(key.key, Keys) or key.key == Keys.BracketedPaste:
            typed += key.data
    return typed, None


@contextmanager
def _interrupted(loop: asyncio.AbstractEventLoop, begin_again: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C throws the line away, as the kernel does, and a new one begins."""
    before = signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, begin_again)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
