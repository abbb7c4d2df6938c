"""While an answer streams: Esc or Ctrl-C stops it at once, and every other key stands in the next prompt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager

from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import Output

from mistral_chat.prompt.terminal import ESCAPE_SECONDS, may_be_over, suspend


@asynccontextmanager
async def listening(
    input: Input, output: Output, stop: Callable[[], None], aside: Callable[[], AbstractContextManager[None]]
) -> AsyncIterator[None]:
    """Reads the keys meanwhile, in an event loop. Ctrl-Z suspends the program, with what is being drawn put `aside`."""
    loop = asyncio.get_running_loop()
    flushing: asyncio.TimerHandle | None = None

    def read() -> None:
        nonlocal flushing
        if flushing is not None:
            flushing.cancel()
        take(input.read_keys())
        if may_be_over(input):
            flushing = loop.call_later(ESCAPE_SECONDS, lambda: take(input.flush_keys()))
        if input.closed:
            stop()

    def take(keys: list[KeyPress]) -> None:
        kept = []
        for key in keys:
            if _is_stop(key):
                stop()
            elif key.key == Keys.ControlZ:
                with aside():
                    suspend(input, output)
            else:
                kept.append(key)
        store_typeahead(input, kept)

    with input.raw_mode(), input.attach(read):
        take(get_typeahead(input))
        try:
            yield
        finally:
            if flushing is not None:
                flushing.cancel()
            if may_be_over(input):
                take(input.flush_keys())


def _is_stop(key: KeyPress) -> bool:
    """Ctrl-C and Esc; not the Alt of another key."""
    return key.key == Keys.ControlC or (key.key == Keys.Escape and key.data == "\x1b")


def append_typeahead(input: Input, line_end: Keys | str = Keys.ControlJ) -> None:
    """Makes what was typed ahead go on where a given draft ends, in a new line; what would send the draft does not."""
    keys = get_typeahead(input)
    while keys and keys[-1].key == Keys.ControlM:
        keys.pop()
    end = KeyPress(line_end)
    if keys:
        store_typeahead(input, [end, *(end if key.key == Keys.ControlM else key for key in keys)])
