"""The prompt as the program sees it: read a message, listen while an answer streams, ask, let choose."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Self

from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import has_focus
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import ConditionalKeyBindings, merge_key_bindings
from prompt_toolkit.key_binding.bindings.auto_suggest import load_auto_suggest_bindings
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.styles import Style

from mistral_chat.arguments import Row
from mistral_chat.command import Commands
from mistral_chat.prompt import keys, search
from mistral_chat.prompt.draft import Draft
from mistral_chat.prompt.history import History, read, written
from mistral_chat.prompt.menu import Menu
from mistral_chat.prompt.paste import Pastes
from mistral_chat.prompt.plain import Plain
from mistral_chat.prompt.search import Search
from mistral_chat.prompt.status import Status
from mistral_chat.prompt.suspending import suspending
from mistral_chat.prompt.terminal import (
    BACKGROUND_ASKED,
    ESCAPE_SECONDS,
    held,
    is_dumb,
    open_input,
    open_output,
    read_quickly,
    tells_pastes,
)
from mistral_chat.prompt.typeahead import append_typeahead
from mistral_chat.prompt.unsent import Unsent
from mistral_chat.prompt.window import layout
from mistral_chat.prompt.world import Preview, World
from mistral_chat.text import one_line, repair

DEPTHS = (ColorDepth.DEPTH_1_BIT, ColorDepth.DEPTH_4_BIT, ColorDepth.DEPTH_8_BIT, ColorDepth.DEPTH_24_BIT)
SAVED_AFTER = 0.5
"""Seconds after which a change of the draft is on disk."""


class Prompt:
    """Holds the terminal while it is entered: keys are then neither echoed nor lost between two prompts.

    `styles` is what `theme.prompt_styles` gives and `depth` how many colours, as `screen.Depth` numbers them. What is
    sent is kept in the file `history`, and what is being typed beside it.
    """

    def __init__(
        self,
        *,
        commands: Commands,
        world: World,
        history: Path | None,
        styles: Mapping[str, str],
        depth: int = 0,
        edit_mode: str = "emacs",
        accessible: bool = False,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self.input = input or open_input()
        self.output = output or open_output()
        read_quickly(self.input)
        self._plain = Plain(self.input, self._tell) if is_dumb() else None
        self.draft = Draft(History(history), Pastes())
        self._unsent = Unsent(history)
        self._is_first = True
        self._saving: asyncio.TimerHandle | None = None
        self._saved = ""
        self._sent = ("", "")
        self.typed = False
        """Whether each @ in what was read last was typed here; False where pastes cannot be told from keys."""
        self._held = ExitStack()
        self._menu = Menu(self.draft, commands, world, self.output)
        self._accessible = accessible
        self._hint_told = ""
        self._status = Status(self.draft, commands, world, self.output)
        looking = Search(self.draft)
        self.app: Application[None] = Application(
            layout=layout(self.draft, looking, self._status, self.output, accessible=accessible),
            key_bindings=merge_key_bindings(
                [
                    ConditionalKeyBindings(
                        keys.bindings(self.draft, self._menu, looking, accessible=accessible), has_focus(self.draft)
                    ),
                    keys.terminal_bindings(world),
                    search.bindings(looking),
                    suspending(),
                    load_auto_suggest_bindings(),
                ]
            ),
            style=Style(list(styles.items())),
            include_default_pygments_style=False,
            color_depth=DEPTHS[depth],
            editing_mode=EditingMode.VI if edit_mode == "vi" else EditingMode.EMACS,
            input=self.input,
            output=self.output,
        )
        self.app.ttimeoutlen = ESCAPE_SECONDS
        self.app.before_render += self._before_render
        self.app.after_render += lambda app: self.draft.refresh()

    def __enter__(self) -> Self:
        self._held.enter_context(held(self.input, self.output) if self._plain is None else self._plain.holding())
        return self

    def __exit__(self, *exception: object) -> None:
        self._held.close()
        self._unsent.close()

    async def read(self, draft: str = "") -> str:
        """One message or command; `draft` is there at first, and is given up by Ctrl-C, which returns "".

        Raises EOFError on Ctrl-D in an empty prompt, and when the terminal is gone.
        """
        if self._plain is not None:
            return await self._plain.read("You: ", draft)
        self._begin(draft)
        self.app.erase_when_done = False
        if self.draft.given:
            append_typeahead(self.input)
        self._status.refresh()
        self._hint_told = ""
        try:
            with _failing(self.app):
                await self.app.run_async(set_exception_handler=False)
        except BaseException:
            self._save()
            raise
        finally:
            self._stop_saving()
        self.draft.keep()
        self._unsent.keep("")
        self._sent = self.draft.text, self.draft.whole
        self.typed = self.draft.typed and tells_pastes()
        return repair(self.draft.whole)

    def _begin(self, text: str) -> None:
        hint, typed = "", False
        if not text and self._is_first and (line := self._unsent.left_behind()):
            text, hint = read(line, self.draft.pastes), "this was not sent last time; Ctrl-C clears it"
        elif text == self._sent[1]:
            text, typed = self._sent[0], self.typed
        self._is_first = False
        self._saved = ""
        self.draft.begin(text, hint, given=bool(text and not hint), typed=typed)

    def _before_render(self, app: Application[None]) -> None:
        if not self._accessible:
            self._menu.follow()
            self.draft.suggest()
        elif self.draft.hint != self._hint_told:
            self._hint_told = self.draft.hint
            if self._hint_told:
                run_in_terminal(partial(self._tell, f"{self._hint_told}\n"))
        if self._saving is None and self.draft.text != self._saved and not app.is_done:
            self._saving = asyncio.get_running_loop().call_later(SAVED_AFTER, self._save)

    def _save(self) -> None:
        self._stop_saving()
        self._saved = self.draft.text
        self._unsent.keep(written(self._saved, self.draft.pastes))

    def _stop_saving(self) -> None:
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None

    def wear(self, styles: Mapping[str, str]) -> None:
        """Takes other styles, as `theme.prompt_styles` gives them."""
        self.app.style = Style(list(styles.items()))

    def _tell(self, text: str) -> None:
        self.output.write_raw(text.replace("\n", "\r\n"))
        self.output.flush()

    def ask_background(self) -> None:
        """Asks the terminal for the colour of its background; the answer, if there is one, goes to the world."""
        self.output.write_raw(BACKGROUND_ASKED)
        self.output.flush()

    def listening(
        self, stop: Callable[[], None], aside: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> AbstractAsyncContextManager[None]:
        """While an answer streams: Esc and Ctrl-C call `stop` at once, other keys wait for the next prompt.

        While Ctrl-Z leaves the terminal to the shell, the program is within `aside`.
        """
        from mistral_chat.prompt.typeahead import listening

        return listening(self.input, self.output, stop, aside)

    async def confirm(self, question: str) -> bool:
        """Whether the user presses y. What was typed before the question is no answer to it, and stays."""
        if self._plain is not None:
            return await self._plain.confirm(question)
        from mistral_chat.prompt.question import confirm

        return await confirm(self.app, question)

    async def ask(self, question: str, *, hidden: bool = False) -> str:
        """A line of text, as stars when `hidden`; empty when the user leaves the question."""
        if self._plain is not None:
            return await self._plain.ask(question, hidden=hidden)
        from mistral_chat.prompt.question import ask

        return await ask(self.app, question, hidden=hidden)

    async def pick(
        self,
        title: str,
        rows: Sequence[Row],
        preview: Callable[[Row], Preview],
        styles: Callable[[Row], Mapping[str, str]] | None = None,
        start: str = "",
    ) -> Row | None:
        """The row the user chooses from a list; None when the list is left, or empty.

        `preview` gives what is shown below the list: the end of a text, or a sample as pieces. With `styles`,
        everything is drawn in those of the row that the cursor is on, at first the one of the value `start`.
        """
        from mistral_chat.prompt.picker import numbered, pick

        if not rows:
            return None
        if self._accessible or self._plain is not None:
            self._tell(numbered(title, rows))
            number = (await self.ask("Number:")).strip()
            if number.isdecimal() and 0 < int(number) <= len(rows):
                return rows[int(number) - 1]
            if number:
                self._tell(one_line(f"there is no number {number}; nothing is chosen") + "\n")
            return None
        return await pick(self.app, title, rows, preview, styles, start)


@contextmanager
def _failing(app: Application[Any]) -> Iterator[None]:
    """A mistake in the handling of a key ends the application, instead of being printed over it."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def fail(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None and app.is_running and not app.is_done:
            app.exit(exception=error)
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(fail)
    try:
        yield
    finally:
        loop.set_exception_handler(before)
