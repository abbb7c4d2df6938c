"""The prompt as the program sees it: read a message, listen while an answer streams, ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit.application import Application
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.input import Input
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.styles import Style

from mistral_chat.command import Commands
from mistral_chat.prompt.draft import Draft
from mistral_chat.prompt.history import History
from mistral_chat.prompt.keys import bindings
from mistral_chat.prompt.menu import Menu
from mistral_chat.prompt.paste import Pastes
from mistral_chat.prompt.terminal import ESCAPE_SECONDS, held, open_input, open_output, read_quickly
from mistral_chat.prompt.window import layout
from mistral_chat.text import repair

if TYPE_CHECKING:
    from mistral_chat.prompt.world import World

DEPTHS = (ColorDepth.DEPTH_1_BIT, ColorDepth.DEPTH_4_BIT, ColorDepth.DEPTH_8_BIT, ColorDepth.DEPTH_24_BIT)


class Prompt:
    """Holds the terminal while it is entered: keys are then neither echoed nor lost between two prompts.

    `styles` is what `theme.prompt_styles` gives and `depth` how many colours, as `screen.Depth` numbers them.
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
        self.world = world
        self.draft = Draft(History(history), Pastes())
        self._sent = ("", "")
        self._held = ExitStack()
        self._menu = Menu(self.draft, commands, world)
        self._app: Application[str] = Application(
            layout=layout(self.draft, commands, world, self.output, accessible=accessible),
            key_bindings=bindings(self.draft, self._menu, accessible=accessible),
            style=Style(list(styles.items())),
            include_default_pygments_style=False,
            color_depth=DEPTHS[depth],
            editing_mode=EditingMode.VI if edit_mode == "vi" else EditingMode.EMACS,
            input=self.input,
            output=self.output,
        )
        self._app.ttimeoutlen = ESCAPE_SECONDS
        if not accessible:
            self._app.before_render += self._before_render

    def __enter__(self) -> Prompt:
        self._held.enter_context(held(self.input, self.output))
        return self

    def __exit__(self, *exception: object) -> None:
        self._held.close()

    async def read(self, draft: str = "") -> str:
        """One message or command; `draft` is there at first. Raises EOFError on Ctrl-D in an empty prompt."""
        folded, whole = self._sent
        self.draft.begin(folded if draft == whole else draft)
        text = await self._app.run_async()
        self.draft.keep()
        self._sent = text, self.draft.whole
        return repair(self.draft.whole)

    def _before_render(self, app: Application[str]) -> None:
        self._menu.follow()
        self.draft.suggest()

    def listening(self, stop: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """While an answer streams: Esc and Ctrl-C call `stop` at once, other keys wait for the next prompt."""
        from mistral_chat.prompt.typeahead import listening

        return listening(self.input, self.output, stop)

    async def confirm(self, question: str) -> bool:
        """Whether the user presses y. What was typed before the question is no answer to it, and stays."""
        from mistral_chat.prompt.question import confirm

        return await confirm(self._app, question)
