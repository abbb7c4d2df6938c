"""A note that nothing has come for long, beside an answer that does not show by itself that it is waited for."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager

from mistral_chat.answers import Answer
from mistral_chat.conversation import Node
from mistral_chat.errors import ChatError
from mistral_chat.events import Event, Retrying
from mistral_chat.screen import Screen

PATIENCE = 10.0
"""Seconds without an event after which the note is given, once for each silence."""


class Watched:
    """An answer with that note: always before its first event, later only on stderr that is a terminal of its own."""

    def __init__(self, answer: Answer, screen: Screen) -> None:
        self._answer = answer
        self._screen = screen
        self._patience = PATIENCE
        self._begun = False
        self._news = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._answer.start()
        self._watching = asyncio.create_task(self._watch())

    def feed(self, event: Event) -> None:
        waits = isinstance(event, Retrying)
        self._begun = self._begun or not waits
        self._patience = PATIENCE + (event.seconds if isinstance(event, Retrying) else 0)
        self._news.set()
        self._answer.feed(event)

    def end(self, answer: Node | None, error: ChatError | None, session: str) -> None:
        if self._watching is not None:
            self._watching.cancel()
        self._answer.end(answer, error, session)

    def aside(self) -> AbstractContextManager[None]:
        return self._answer.aside()

    async def _watch(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._patience):
                    await self._news.wait()
            except TimeoutError:
                self._tell()
                await self._news.wait()
            self._news.clear()

    def _tell(self) -> None:
        if not self._begun:
            self._screen.note(f"no answer yet after {self._patience:.0f} s; Ctrl-C ends the wait")
        elif self._screen.notes.isatty() and not self._screen.answers.isatty():
            self._screen.note(f"nothing more has come for {self._patience:.0f} s; Ctrl-C ends the wait")
